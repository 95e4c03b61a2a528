"""Row F21 of the fault table, at question time: a citation of a file that has changed says so, and keeps its text."""

import asyncio
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import WordReader
from format_files import COURT, FLOOD, FUEL
from stub_model import service_of

from index.corpus.freshness import stale_articles
from index.embedding.embedders import MiniLM
from index.models import Since
from index.store.snapshots import DataFolder, Snapshot
from index.sync.syncing import sync
from qa.models import Answer
from qa.shell.chat import answer_text
from qa.web.page.conversation import Exchange, nearest
from qa.web.page.panel import turn_of
from qa.writing.writer import ExtractiveWriter

FILE, WIRE = "sub/flood.txt", "wire.jsonl"
TEXTS = {FILE: FLOOD, "court": COURT, "fuel": FUEL}


def _wire(**texts: str) -> str:
    return "\n".join(json.dumps({"id": name, "text": text}) for name, text in texts.items())


@pytest.fixture
def corpus(tmp_path: Path, embedder: MiniLM) -> Path:
    folder = tmp_path / "corpus"
    (folder / "sub").mkdir(parents=True)
    (folder / FILE).write_text(FLOOD)
    (folder / WIRE).write_text(_wire(court=COURT, fuel=FUEL))
    sync(folder, DataFolder(tmp_path / "data"), embedder)
    return folder


@pytest.fixture
def snapshot(corpus: Path) -> Iterator[Snapshot]:
    opened = Snapshot(DataFolder(corpus.parent / "data").require_current())
    yield opened
    opened.close()


def _outcomes(corpus: Path, snapshot: Snapshot) -> dict[str, Since]:
    """What has become of each article, by its name in `TEXTS`."""
    articles = list(snapshot.catalog.articles())
    names = {article.path: name for article in articles for name, text in TEXTS.items() if article.text == text}
    return {names[path]: what for path, what in stale_articles(corpus, articles, {}).items()}


def _swap_for_a_link(corpus: Path) -> None:
    (corpus / FILE).rename(corpus.parent / "outside.txt")
    (corpus / FILE).symlink_to(corpus.parent / "outside.txt")


CHANGED, GONE = Since.CHANGED, Since.GONE
CHANGES: dict[str, tuple[Callable[[Path], object], dict[str, Since]]] = {
    "none": (lambda corpus: (corpus / "new.txt").write_text(FUEL), {}),
    "only touched": (lambda corpus: (corpus / WIRE).touch() or (corpus / FILE).touch(), {}),
    "rewritten": (lambda corpus: (corpus / FILE).write_text(FLOOD.replace("two", "six")), {FILE: CHANGED}),
    "deleted": (lambda corpus: (corpus / FILE).unlink(), {FILE: GONE}),
    "renamed": (lambda corpus: (corpus / "sub").rename(corpus / "other"), {FILE: GONE}),
    "now a link that leads out": (_swap_for_a_link, {FILE: CHANGED}),
    "now a folder": (lambda corpus: (corpus / FILE).unlink() or (corpus / FILE).mkdir(), {FILE: CHANGED}),
    "a line added": (lambda corpus: (corpus / WIRE).write_text(_wire(new=FLOOD, court=COURT, fuel=FUEL)), {}),
    "a line rewritten": (
        lambda corpus: (corpus / WIRE).write_text(_wire(court=COURT, fuel=FUEL + " Not so.")),
        {"fuel": CHANGED},
    ),
    "a line deleted": (lambda corpus: (corpus / WIRE).write_text(_wire(fuel=FUEL)), {"court": GONE}),
    "now no text": (lambda corpus: (corpus / WIRE).write_bytes(b"\0"), {"court": GONE, "fuel": GONE}),
    "several deleted at once": (lambda corpus: (corpus / WIRE).unlink(), {"court": GONE, "fuel": GONE}),
    "the folder is elsewhere": (lambda corpus: corpus.rename(corpus.parent / "moved"), {}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_has_become_of_each_article(corpus: Path, snapshot: Snapshot, name: str) -> None:
    change, expected = CHANGES[name]
    assert _outcomes(corpus, snapshot) == {}
    change(corpus)
    assert _outcomes(corpus, snapshot) == expected


def test_a_change_is_seen_in_a_file_that_has_been_read_before(corpus: Path, snapshot: Snapshot) -> None:
    time.sleep(2.1)  # until then a file counts as just changed, and is read each time
    times = (corpus / FILE).stat()
    assert _outcomes(corpus, snapshot) == _outcomes(corpus, snapshot) == {}
    (corpus / FILE).write_text(FLOOD.replace("two", "six"))
    os.utime(corpus / FILE, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert _outcomes(corpus, snapshot) == {FILE: CHANGED}
    (corpus / FILE).write_text(FLOOD)
    assert _outcomes(corpus, snapshot) == {}


def _asked(corpus: Path, embedder: MiniLM) -> Answer:
    service = service_of(corpus.parent / "data", embedder, ExtractiveWriter(WordReader()))
    try:
        return asyncio.run(service.ask("What closed the harbour of Northport?"))
    finally:
        service.close()


def test_an_answer_shows_the_text_as_indexed_and_says_that_the_file_has_changed(corpus: Path, embedder: MiniLM) -> None:
    fresh = _asked(corpus, embedder)
    (corpus / FILE).write_text("The harbour of Northport has been open all week.")
    changed = _asked(corpus, embedder)
    shutil.rmtree(corpus / "sub")
    gone = _asked(corpus, embedder)
    assert [answer.citations[0].since for answer in (fresh, changed, gone)] == [None, CHANGED, GONE]
    assert fresh.citations[0].quote == changed.citations[0].quote == gone.citations[0].quote == FLOOD
    said = "the file has since changed", "the article is no longer there"
    for answer, expected in zip((fresh, changed, gone), ((), said[:1], said[1:]), strict=True):
        exchange = Exchange.of("q").done(answer)
        uncited = exchange.model_copy(update={"sources": nearest(answer.hits)})
        page = " ".join(turn_of(shown)["articles"][0]["since"] for shown in (exchange, uncited))
        for text in (answer_text(answer), page):
            assert tuple(words for words in said if words in text) == expected
    again = sync(corpus.parent / "corpus", DataFolder(corpus.parent / "data"), embedder)
    assert again.removed == (FILE,)
