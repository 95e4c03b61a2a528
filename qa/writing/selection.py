"""Choose what to show of what the reader ranks, and say how sure that is: an answer, what comes nearest, or nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from qa.checking.figures import missing_dates
from qa.language.dates import Day, calendar_days, days, full_days, tells_of, without
from qa.language.terms import fold, names, terms
from qa.models import Hit, Status
from qa.question.outlets import mentions
from qa.question.periods import asks_for_the_latest
from qa.question.query import Query
from qa.reader.reading import Reader, Reading, Scored, Unread, Words
from qa.retrieval.retriever import Retrieval
from qa.writing.differing import Side, sides

ANSWERED, NEAREST = 0.45, 0.24
"""The marks of the probability, chosen on half of the development articles of `newsquestions`.

There, asked of all articles and of folders of five, 0.72 of the answerable questions and 0.21 of the others reach the
first, 0.92 and 0.48 the second (`python -m evals.training.calibration`).
"""
SHARED = 0.4
"""So many of a question's words the best sentence must share where the reader does not know the language.

Of the questions of `evals/languages.jsonl` in the language of their article 0.9 reach it, of those that no article
answers 0.1.
"""
NEAR_IN_MEANING = 0.8
"""So near must a sentence in another language come that shares too few words, by multilingual-e5-small.

Of the English questions of that file 0.8 reach it, and 0.3 where the article that answers is taken away.
"""
_UNREAD = "{} in {}, which the bundled reader cannot read."
_BY_WORDS = " These sentences come nearest to the question by its words alone."
_ORDER = (Status.NOT_IN_ARTICLES, Status.NEAREST, Status.ANSWERED)
_NEARLY = 0.3
"""An article answers nearly as well as the best when its likeliest sentence is this many times as likely."""


@dataclass(frozen=True)
class Selection:
    """What is shown for one part of a question, how sure that is, and what is missing."""

    quotes: tuple[tuple[Scored, ...], ...] = ()
    sides: tuple[Side, ...] = ()
    status: Status = Status.NOT_IN_ARTICLES
    missing: str | None = None
    unread: str | None = None
    """What was found in languages that the reader does not know, and so did not read."""


def select(query: Query, retrieval: Retrieval, reader: Reader, words: Words) -> list[Selection]:
    """Return a selection for each part of the query."""
    return [_selected(query, part, retrieval, reader, words) for part in query.parts]


def _selected(query: Query, part: str, retrieval: Retrieval, reader: Reader, words: Words) -> Selection:
    """Answer one part; where it names several outlets that have something, each of them answers in turn."""
    outlets = [mention.outlet for mention in mentions(part, retrieval.understanding.outlets)]
    groups = {outlet: [hit for hit in retrieval.hits if hit.outlet == outlet] for outlet in outlets}
    groups = {outlet: hits for outlet, hits in groups.items() if hits}
    if len(groups) < 2:
        groups = {"": list(retrieval.hits)}
    asked = query.full_text(part)
    readings = {
        outlet: _of_the_years(asked, hits, retrieval, _read(asked, hits, retrieval, reader, words))
        for outlet, hits in groups.items()
    }
    latest = asks_for_the_latest(part)
    differing = () if len(groups) > 1 or latest else sides(next(iter(readings.values())))
    if differing:  # two articles that answer the same question come near at least
        readings = {outlet: _at_least(reading, NEAREST) for outlet, reading in readings.items()}
    status = max(map(_status, readings.values()), key=_ORDER.index)
    if status is Status.NOT_IN_ARTICLES:
        return _unread(part, readings.values())
    said = {outlet: reading for outlet, reading in readings.items() if _status(reading) is status}
    quotes = [run for reading in said.values() for run in runs(_latest(reading) if latest else reading)]
    silent = [outlet for outlet in outlets if outlet not in said] if len(outlets) > 1 else []
    missing = f"Nothing found of {' or '.join(silent)} answers: {part}" if silent else None
    return Selection(tuple(_newest_first(quotes, differing)), differing, status, missing)


def _newest_first(quotes: Sequence[tuple[Scored, ...]], differing: Sequence[Side]) -> list[tuple[Scored, ...]]:
    """Return the quotes of the sides in their order, then the others."""
    first = [next((run for run in quotes if side.sentence in run), (side.sentence,)) for side in differing]
    return [*first, *(run for run in quotes if run not in first)]


def _at_least(reading: Reading, probability: float) -> Reading:
    return replace(reading, probability=max(reading.probability, probability))


def _read(question: str, hits: Sequence[Hit], retrieval: Retrieval, reader: Reader, words: Words) -> Reading:
    """Read the hits that tell of the days that a question names; where none does, it is not sure.

    Such a day is a fact of the passage, named or meant ("on Monday", by the article's date); with its year it is no
    words to be found. One that narrowed the search, as in "reported before October 22, 2023", is done with.
    """
    said = [] if retrieval.understanding.windows else calendar_days(question)
    if not said:
        return _of_those_named(question, reader.rank(question, hits, words))
    told = [hit for hit in hits if any(_tells(hit, question[day.start : day.end]) for day in said)]
    reading = reader.rank(without(question, full_days(question)), told or hits, words)
    if not terms(without(question, said)):
        return _of_days(said, reading)
    return reading if told else replace(reading, probability=min(reading.probability, NEAREST))


def _of_the_years(question: str, hits: Sequence[Hit], retrieval: Retrieval, reading: Reading) -> Reading:
    """Return a reading that is not sure where what was found of the likeliest article tells of no year in the question.

    Of 49 answerable questions of `newsquestions` dev with a year but no day, it takes one answer, and that is wrong.
    """
    years = [] if retrieval.understanding.windows else [day for day in days(question) if day.year and not day.day]
    if not years or not reading.sentences:
        return reading
    likeliest = reading.sentences[0].hit.passage.path
    of_article = [hit for hit in hits if hit.passage.path == likeliest]
    if any(_tells(hit, question[year.start : year.end]) for hit in of_article for year in years):
        return reading
    return replace(reading, probability=min(reading.probability, NEAREST))


def _of_days(asked: Sequence[Day], reading: Reading) -> Reading:
    """Return the first sentence of each article that tells of the days, where a question asks for nothing but them."""
    first: dict[str, Scored] = {}
    for one in sorted(reading.sentences, key=lambda one: one.span):
        published = [one.hit.published] if one.hit.published else []
        if any(tells_of(one.text, day, published) for day in asked):
            first.setdefault(one.hit.passage.path, one)
    found = tuple(one for one in reading.sentences if one in first.values())
    alike = tuple(replace(one, share=1 / len(found)) for one in found)
    return Reading(alike, NEAREST if found else 0.0)


def _unread(part: str, readings: Iterable[Reading]) -> Selection:
    """Show what shares enough words with a question where the reader does not know the language; else name it."""
    nothing, readings = Selection(missing=f"Nothing in the articles answers: {part}"), list(readings)
    unread = [reading.unread for reading in readings if reading.unread]
    if not unread:
        return nothing
    best = max(unread, key=lambda one: (one.shared, one.near))
    said = _not_read(best, any(reading.sentences for reading in readings))
    if best.shared < SHARED and best.near < NEAR_IN_MEANING:
        return replace(nothing, unread=said)
    return Selection(tuple(runs(Reading(best.sentences))), status=Status.NEAREST, unread=said and said + _BY_WORDS)


def _not_read(unread: Unread, others_read: bool) -> str | None:
    """Return a sentence that names the languages of what the reader did not read; None where none is told."""
    if unread.languages:
        found = "Some of the articles found are" if others_read else "The articles found are"
        return _UNREAD.format(found, _listed(unread.languages))
    return _UNREAD.format("The question is", _listed(unread.asked_in)) if unread.asked_in else None


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _of_those_named(question: str, reading: Reading) -> Reading:
    """Keep, where a question names who speaks in a transcript, what those people say: that comes near at least."""
    asked = [set(fold(name).split()) for name in names(question)]
    speakers = {one.speaker for one in reading.sentences if one.speaker}
    named = {one for one in speakers if any(set(fold(one).split()) >= name for name in asked)}
    if not named:
        return reading
    kept = tuple(one for one in reading.sentences if one.speaker in named)
    return _at_least(replace(reading, sentences=kept), NEAREST)


def _tells(hit: Hit, day: str) -> bool:
    published = [hit.published] if hit.published else []
    return not missing_dates(day, hit.passage.text, hit.headline or "", published)


def _status(reading: Reading) -> Status:
    if reading.probability >= ANSWERED:
        return Status.ANSWERED
    return Status.NEAREST if reading.probability >= NEAREST else Status.NOT_IN_ARTICLES


def _latest(reading: Reading) -> Reading:
    """Return what the newest says of the articles that answer nearly as well as the best one."""
    best: dict[str, Scored] = {}
    for one in reading.sentences:
        best.setdefault(one.hit.passage.path, one)
    near = [one.hit for one in best.values() if one.share >= _NEARLY * reading.sentences[0].share]
    newest = max(near, key=lambda hit: hit.published or date.min)
    return Reading(
        tuple(one for one in reading.sentences if one.hit.passage.path == newest.passage.path), reading.probability
    )


def runs(reading: Reading) -> list[tuple[Scored, ...]]:
    """Return the sentences that are shown in the order of their articles; neighbours are one quote.

    The article of the likeliest sentence comes first.
    """
    shown = reading.shown
    paths = list(dict.fromkeys(one.hit.passage.path for one in shown))
    ordered = sorted(shown, key=lambda one: (paths.index(one.hit.passage.path), one.span))
    found: list[tuple[Scored, ...]] = []
    for one in ordered:
        if found and _follows(found[-1][-1], one):
            found[-1] = (*found[-1], one)
        else:
            found.append((one,))
    return found


def _follows(one: Scored, other: Scored) -> bool:
    spans: Sequence[object] = one.hit.passage.sentences
    passage = one.hit.passage
    if passage.id != other.hit.passage.id or passage.speaker(one.span) != passage.speaker(other.span):
        return False
    return spans.index(other.span) == spans.index(one.span) + 1
