"""Row F24 of the fault table: a word is found by its plain form, however the article writes it."""

import asyncio
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import WordReader
from hypothesis import given, settings
from hypothesis import strategies as st
from stub_model import service_of

from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder, Snapshot
from index.sync.syncing import sync
from index.text.normal_form import normalised
from qa.language.terms import names, terms, words
from qa.service import QAService
from qa.writing.writer import ExtractiveWriter

DISGUISES: dict[str, tuple[str, Callable[[str], str]]] = {
    "a ligature": ("Effingham", lambda word: word.replace("ffi", "\ufb03")),
    "a soft hyphen": ("Northport", lambda word: f"{word[:4]}\u00ad{word[4:]}"),
    "zero width": ("Westford", lambda word: "\u200b".join(word)),
    "joiners": ("Eastholm", lambda word: "\u200d\u2060".join(word)),
    "tags": ("Sandwick", lambda word: f"{word[:3]}\U000e0061{word[3:]}"),
    "directions": ("Marlbury", lambda word: f"\u2066{word[:3]}\u200e{word[3:]}\u2069"),
    "full width": ("Kingsmere", lambda word: "".join(chr(ord(char) + 0xFEE0) for char in word)),
    "mathematical letters": ("Oakwell", lambda word: "".join(chr(ord(char) + 0x1D3B9) for char in word.lower())),
    "apart from its accents": ("Bés\u00e9gny", lambda word: unicodedata.normalize("NFD", word)),
    "under many accents": ("Deanport", lambda word: "\u0301\u0302\u0303".join(word)),
}


def _article(written: str) -> str:
    return f"The council of {written} opened a library on Monday. Children from every school came to read there."


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, embedder: MiniLM) -> Path:
    folder = tmp_path_factory.mktemp("disguised")
    (folder / "corpus").mkdir()
    for name, (town, disguise) in DISGUISES.items():
        (folder / "corpus" / f"{name}.txt").write_text(_article(disguise(town)), encoding="utf-8")
    sync(folder / "corpus", DataFolder(folder / "data"), embedder)
    return folder / "corpus"


@pytest.fixture(scope="module")
def snapshot(corpus: Path) -> Iterator[Snapshot]:
    opened = Snapshot(DataFolder(corpus.parent / "data").require_current())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def service(corpus: Path, embedder: MiniLM) -> Iterator[QAService]:
    made = service_of(corpus.parent / "data", embedder, ExtractiveWriter(WordReader()))
    yield made
    made.close()


@pytest.mark.parametrize("name", DISGUISES)
def test_a_word_is_found_by_its_plain_form(snapshot: Snapshot, name: str) -> None:
    town, disguise = DISGUISES[name]
    for asked in (town, disguise(town)):
        [(found, _)] = snapshot.lexical.search(asked, 10)
        assert snapshot.catalog.passages([found])[found].path == f"{name}.txt"


@pytest.mark.parametrize("name", DISGUISES)
def test_an_answer_cites_the_characters_of_the_file_as_it_is(service: QAService, corpus: Path, name: str) -> None:
    town, disguise = DISGUISES[name]
    answer = asyncio.run(service.ask(f"What did the council of {town} open on Monday?"))
    text = (corpus / f"{name}.txt").read_text(encoding="utf-8")
    assert [citation.path for citation in answer.citations] == [f"{name}.txt"]
    for citation in answer.citations:
        assert text[citation.start : citation.end] == citation.quote
        assert disguise(town) in citation.quote


@pytest.mark.parametrize("name", DISGUISES)
def test_a_disguised_word_is_the_same_term_and_name(name: str) -> None:
    town, disguise = DISGUISES[name]
    disguised, shown = _article(disguise(town)), _article(town)
    assert terms(disguised) == terms(shown)
    if name not in ("mathematical letters", "under many accents"):  # these show lower case, and accents
        assert (words(disguised), names(disguised)) == (words(shown), names(shown))


@pytest.mark.parametrize(
    "text", ["Google™ and 5 m² of it¹", "½ of № 5 … and “more” – 4 °C", "straße", "東京 タワー", "नमस्ते"]
)
def test_what_is_no_disguise_stays_as_it_is(text: str) -> None:
    assert normalised(text) == text


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.text())
def test_the_plain_form_is_final_and_ascii_has_none_other(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)
    assert normalised(text.encode("ascii", "ignore").decode()) == text.encode("ascii", "ignore").decode()
