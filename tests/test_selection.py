import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from conftest import WordEmbedder, WordReader, service_of

from index.passages.chunking import chunk
from index.store.snapshots import DataFolder
from index.sync.ingesting import read_article
from index.sync.syncing import sync
from qa.answer_draft import NEAREST
from qa.models import Answer, Hit, Status
from qa.reader.reading import ForeignSentences, RankedSentence, Reading, TermStatistics
from qa.writing.writer import ExtractiveWriter

HEAD = "{title}\nJo Reed | {outlet} | {day}T09:00:00+00:00 | https://example.org/x\n\n{text}\n"
ARTICLES = {
    "bridge.txt": (
        "A bridge",
        "Harbour Post",
        "2023-05-04",
        "The bridge opened on Monday. Its towers are high. It rains.",
    ),
    "later.txt": ("A bridge again", "Northern News", "2023-06-04", "The bridge opened late, the mayor said."),
    "ferry.txt": (
        "A ferry",
        "Harbour Post",
        "2023-05-05",
        "The ferry sank in the storm. Nobody was hurt on the ferry.",
    ),
}
Ask = Callable[..., Answer]


@pytest.fixture
def ask(tmp_path: Path, word_embedder: WordEmbedder) -> Ask:
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, (title, outlet, day, text) in ARTICLES.items():
        (folder / name).write_text(HEAD.format(title=title, outlet=outlet, day=day, text=text), encoding="utf-8")
    sync(folder, DataFolder(tmp_path / "data"), word_embedder)

    def asked(question: str, reader: WordReader) -> Answer:
        service = service_of(tmp_path / "data", word_embedder, ExtractiveWriter(reader))
        try:
            return asyncio.run(service.ask(question))
        finally:
            service.close()

    return asked


@pytest.mark.parametrize(("probability", "status"), [(0.9, Status.ANSWERED), (0.0, Status.NOT_IN_ARTICLES)])
def test_the_probability_decides_the_status(probability: float, status: Status, ask: Ask) -> None:
    assert ask("When did the bridge open?", WordReader(probability)).status is status


def test_what_comes_nearest_is_shown_as_that(ask: Ask) -> None:
    answer = ask("When did the ferry sink in a storm?", WordReader(0.35))
    assert answer.status is Status.NEAREST
    assert answer.text.startswith(f"{NEAREST}\n\nThe ferry sank in the storm. [1]")
    assert answer.statements[0].text == "The ferry sank in the storm. [1]"


@pytest.mark.parametrize(
    ("when", "status"),
    [
        ("", Status.ANSWERED),
        (" in 1987", Status.NEAREST),  # no article tells of that year
        (" in 2023", Status.ANSWERED),  # the article is of that year
    ],
)
def test_an_article_that_tells_of_no_year_in_the_question_is_no_sure_answer(
    when: str, status: Status, ask: Ask
) -> None:
    assert ask(f"Which ferry sank in the storm{when}?", WordReader(0.9)).status is status


class Foreign(WordReader):
    """A reader that knows the language of nothing, or of the last sentence alone, which is no answer."""

    def __init__(self, shared: float, language: str, *, knows_one: bool = False) -> None:
        super().__init__(0.99)
        self._shared, self._language, self._knows_one = shared, language, knows_one

    def rank(self, question: str, hits: Sequence[Hit], words: TermStatistics) -> Reading:
        sentences = super().rank(question, hits, words).sentences
        unread = ForeignSentences(sentences, self._shared, languages=(self._language,))
        return Reading(sentences[-1:] if self._knows_one else (), foreign=unread)


def test_a_language_that_the_reader_cannot_read_is_named_and_never_answered_for_sure(ask: Ask) -> None:
    answer = ask("When did the ferry sink?", Foreign(0.9, "Spanish"))
    assert answer.status is Status.NEAREST
    assert answer.notes[0].startswith("The articles found are in Spanish, which the bundled reader cannot read.")


def test_where_too_few_words_are_shared_the_language_is_named_in_place_of_do_not_say(ask: Ask) -> None:
    answer = ask("When did the ferry sink?", Foreign(0.1, "Spanish"))
    assert answer.status is Status.NOT_IN_ARTICLES
    assert answer.text == "The articles found are in Spanish, which the bundled reader cannot read."
    assert answer.missing == "Nothing in the articles answers: When did the ferry sink?"


def test_where_some_could_be_read_it_is_said_that_others_could_not(ask: Ask) -> None:
    answer = ask("When did the ferry sink?", Foreign(0.1, "Spanish", knows_one=True))
    assert answer.text == "Some of the articles found are in Spanish, which the bundled reader cannot read."


def test_beside_an_answered_part_what_only_comes_near_another_is_missing(ask: Ask) -> None:
    answer = ask("When did the ferry sink, and when did the bridge open?", WordReader(0.9, {"bridge": 0.35}))
    assert answer.status is Status.PARTIAL
    assert answer.missing == "The articles may not say: when did the bridge open?"
    assert {one.path for one in answer.citations} == {"ferry.txt"}


def test_each_of_several_outlets_answers_or_is_said_to_be_silent(ask: Ask) -> None:
    both = ask("What did the Harbour Post and the Northern News say on how the bridge opened?", WordReader(0.9))
    assert {one.path for one in both.citations} >= {"bridge.txt", "later.txt"}
    silent = ask("What did the Harbour Post and the Northern News say of the ferry?", WordReader(0.9))
    assert silent.missing is None or "Northern News" in silent.missing


def test_the_latest_is_that_of_the_newest_article(ask: Ask) -> None:
    answer = ask("What is the latest on how the bridge opened?", WordReader(0.9))
    assert {one.published for one in answer.citations} == {date(2023, 6, 4)}


def test_two_sentences_of_one_article_stand_in_its_order(ask: Ask) -> None:
    answer = ask("Was nobody hurt on the ferry, which sank in the storm?", WordReader(0.9))
    assert answer.text == "The ferry sank in the storm. Nobody was hurt on the ferry. [1]"
    assert answer.citations[0].quote == "The ferry sank in the storm. Nobody was hurt on the ferry."


def scored(*shares: float, same: bool = False) -> tuple[RankedSentence, ...]:
    said = ["It rained." if same else f"It rained {at} times." for at in range(len(shares))]
    [passage] = chunk(read_article("rain.txt", f"Rain\n\n{' '.join(said)}\n".encode()))
    hit = Hit(passage=passage, score=1, similarity=1)
    spans = [span for span in passage.sentences if "rained" in passage.sentence(span)]
    return tuple(RankedSentence(hit, span, share) for span, share in zip(spans, shares, strict=True))


@pytest.mark.parametrize(
    ("shares", "shown"),
    [((0.9, 0.1), 1), ((0.6, 0.3, 0.1), 2), ((0.3, 0.28, 0.27, 0.15), 3), ((0.17, 0.16, 0.16, 0.16, 0.15, 0.15), 5)],
)
def test_more_is_shown_only_of_what_is_nearly_as_likely(shares: tuple[float, ...], shown: int) -> None:
    assert len(Reading(scored(*shares)).top_sentences) == shown


def test_what_is_said_twice_is_shown_once() -> None:
    assert len(Reading(scored(0.5, 0.5, same=True)).top_sentences) == 1
