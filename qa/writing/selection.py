"""Choose the sentences to show, and say how sure that is: an answer, the nearest sentences, or nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from qa.checking.citations import runs_of
from qa.checking.figures import missing_dates
from qa.language.dates import Day, calendar_days, days, full_days, tells_of, without_days
from qa.language.terms import fold, listed, names, terms
from qa.models import Hit, Status
from qa.question.outlets import mentions
from qa.question.periods import asks_for_the_latest
from qa.question.query import Query
from qa.reader.reading import ForeignSentences, RankedSentence, Reader, Reading, TermStatistics
from qa.retrieval.retriever import Retrieval
from qa.writing.differing import Side, sides

ANSWERED, NEAREST = 0.45, 0.24
"""The marks of the probability, chosen on half of the development articles of `newsquestions`.

There, asked of all articles and of folders of five, 0.72 of the answerable questions and 0.21 of the others reach the
first, 0.92 and 0.48 the second (`python -m evals.training.calibration`).
"""
SHARED_WORDS = 0.4
"""The least share of a question's words in the best sentence where the reader does not know the language.

Of the questions of `evals/languages.jsonl` in the language of their article 0.9 reach it, of those that no article
answers 0.1.
"""
NEAR_IN_MEANING = 0.8
"""The least cosine, by multilingual-e5-small, of a sentence in another language that shares too few words.

Of the English questions of that file 0.8 reach it, and 0.3 where the article that answers is taken away.
"""
_NOT_READ = "{} in {}, which the bundled reader cannot read."
_BY_WORDS = " These sentences come nearest to the question by its words alone."
_ORDER = (Status.NOT_IN_ARTICLES, Status.NEAREST, Status.ANSWERED)
_NEARLY = 0.3
"""An article answers nearly as well as the best one with this share of its `answer_share`."""
Quote = tuple[RankedSentence, ...]
"""Sentences that follow one another."""


@dataclass(frozen=True)
class Selection:
    """The quotes for one part of a question, how sure they are, and what is missing.

    `language_note` names languages that the reader does not know, and so did not read.
    """

    quotes: tuple[Quote, ...] = ()
    sides: tuple[Side, ...] = ()
    status: Status = Status.NOT_IN_ARTICLES
    missing: str | None = None
    language_note: str | None = None


def select(query: Query, retrieval: Retrieval, reader: Reader, statistics: TermStatistics) -> list[Selection]:
    """Return a selection for each part of the query."""
    return [_selected(query, part, retrieval, reader, statistics) for part in query.parts]


def _selected(query: Query, part: str, retrieval: Retrieval, reader: Reader, statistics: TermStatistics) -> Selection:
    """Answer one part; where it names several outlets that have hits, each of them answers in turn."""
    outlets = [mention.outlet for mention in mentions(part, retrieval.understanding.outlets)]
    question = query.full_text(part)
    readings = {
        outlet: _of_the_years(question, hits, retrieval, _reading_of(question, hits, retrieval, reader, statistics))
        for outlet, hits in _by_outlet(outlets, retrieval.hits).items()
    }
    latest = asks_for_the_latest(part)
    # Outlets that are asked one by one, and the latest alone, are no articles that contradict each other.
    differing = () if len(readings) > 1 or latest else sides(next(iter(readings.values())))
    if differing:  # two articles that answer the same question come near at least
        readings = {outlet: _at_least(reading, NEAREST) for outlet, reading in readings.items()}
    status = max(map(_status, readings.values()), key=_ORDER.index)
    if status is Status.NOT_IN_ARTICLES:
        return _foreign(part, readings.values())
    answering = {outlet: reading for outlet, reading in readings.items() if _status(reading) is status}
    quotes = [quote for reading in answering.values() for quote in quotes_of(_latest(reading) if latest else reading)]
    silent = [outlet for outlet in outlets if outlet not in answering] if len(outlets) > 1 else []
    missing = f"Nothing found of {' or '.join(silent)} answers: {part}" if silent else None
    return Selection(tuple(_newest_first(quotes, differing)), differing, status, missing)


def _by_outlet(outlets: Sequence[str], hits: Sequence[Hit]) -> dict[str, list[Hit]]:
    """Return the hits of each outlet that has any; all hits together, under no name, where fewer than two have."""
    groups: dict[str, list[Hit]] = {outlet: [] for outlet in outlets}
    for hit in hits:
        if hit.outlet in groups:
            groups[hit.outlet].append(hit)
    groups = {outlet: group for outlet, group in groups.items() if group}
    return groups if len(groups) > 1 else {"": list(hits)}


def _newest_first(quotes: Sequence[Quote], differing: Sequence[Side]) -> list[Quote]:
    first = []
    for side in differing:
        # A side may be no quote of its own: then its sentence becomes one.
        first.append(next((quote for quote in quotes if side.sentence in quote), (side.sentence,)))
    return [*first, *(quote for quote in quotes if quote not in first)]


def _at_least(reading: Reading, probability: float) -> Reading:
    return replace(reading, probability=max(reading.probability, probability))


def _reading_of(
    question: str, hits: Sequence[Hit], retrieval: Retrieval, reader: Reader, statistics: TermStatistics
) -> Reading:
    """Read the hits that tell of the days that a question names; where none does, read all, and be not sure.

    A passage tells of a day by naming or implying it ("on Monday", by the article's date); the words of a day with its
    year are not read. A day that narrowed the search, as in "reported before October 22, 2023", is ignored.
    """
    asked_days = [] if retrieval.understanding.windows else calendar_days(question)
    if not asked_days:
        return _of_speakers(question, reader.rank(question, hits, statistics))
    of_days = [hit for hit in hits if _tells_of_any(hit, question, asked_days)]
    # A question for a day is read without it: the hits are of that day already.
    reading = reader.rank(without_days(question, full_days(question)), of_days or hits, statistics)
    if not terms(without_days(question, asked_days)):
        return _of_days(asked_days, reading)
    return reading if of_days else _at_most(reading, NEAREST)


def _at_most(reading: Reading, probability: float) -> Reading:
    return replace(reading, probability=min(reading.probability, probability))


def _of_the_years(question: str, hits: Sequence[Hit], retrieval: Retrieval, reading: Reading) -> Reading:
    """Return a reading that is not sure if the hits of the likeliest article tell of no year in the question.

    Of 49 answerable questions of `newsquestions` dev with a year but no day, it takes one answer, and that is wrong.
    """
    years = [] if retrieval.understanding.windows else [day for day in days(question) if day.year and not day.day]
    if not years or not reading.sentences:
        return reading
    # Only the likeliest article: others may name the year and answer nothing.
    likeliest = reading.sentences[0].hit.passage.path
    if any(_tells_of_any(hit, question, years) for hit in hits if hit.passage.path == likeliest):
        return reading
    return _at_most(reading, NEAREST)


def _of_days(asked_days: Sequence[Day], reading: Reading) -> Reading:
    """Return the first sentence of each article that tells of the days, where a question asks for nothing but them."""
    first: dict[str, RankedSentence] = {}
    # In the order of the text: the first sentence of an article that tells of the day.
    for sentence in sorted(reading.sentences, key=lambda sentence: sentence.span):
        if any(tells_of(sentence.text, day, _published(sentence.hit)) for day in asked_days):
            first.setdefault(sentence.hit.passage.path, sentence)
    chosen = [sentence for sentence in reading.sentences if sentence in first.values()]
    # None is likelier than another: all that was asked of them is the day.
    equal = tuple(replace(sentence, answer_share=1 / len(chosen)) for sentence in chosen)
    return Reading(equal, NEAREST if chosen else 0.0)


def _foreign(part: str, readings: Iterable[Reading]) -> Selection:
    """Select sentences in other languages that share enough words with a question; else name the languages."""
    readings = list(readings)
    nothing = Selection(missing=f"Nothing in the articles answers: {part}")
    foreign = [reading.foreign for reading in readings if reading.foreign]
    if not foreign:
        return nothing
    best = max(foreign, key=lambda sentences: (sentences.shared_words, sentences.similarity))
    note = _language_note(best, any(reading.sentences for reading in readings))
    if best.shared_words < SHARED_WORDS and best.similarity < NEAR_IN_MEANING:
        return replace(nothing, language_note=note)
    quotes = tuple(quotes_of(Reading(best.sentences)))
    return Selection(quotes, status=Status.NEAREST, language_note=note and note + _BY_WORDS)


def _language_note(foreign: ForeignSentences, others_read: bool) -> str | None:
    """Return a sentence that names the languages that the reader did not read; None where none has a name."""
    if foreign.languages:
        subject = "Some of the articles found are" if others_read else "The articles found are"
        return _NOT_READ.format(subject, listed(foreign.languages))
    if foreign.question_languages:
        return _NOT_READ.format("The question is", listed(foreign.question_languages))
    return None


def _of_speakers(question: str, reading: Reading) -> Reading:
    """Keep the sentences of speakers that a question names, in a transcript: they come near at least."""
    asked_names = [set(fold(name).split()) for name in names(question)]
    sentences = []
    for sentence in reading.sentences:
        speaker = set(fold(sentence.speaker or "").split())
        # A first or last name is enough.
        if speaker and any(name <= speaker for name in asked_names):
            sentences.append(sentence)
    return _at_least(replace(reading, sentences=tuple(sentences)), NEAREST) if sentences else reading


def _tells_of_any(hit: Hit, question: str, named_days: Sequence[Day]) -> bool:
    texts = [question[day.start : day.end] for day in named_days]
    return any(not missing_dates(text, hit.passage.text, hit.headline or "", _published(hit)) for text in texts)


def _published(hit: Hit) -> list[date]:
    return [hit.published] if hit.published else []


def _status(reading: Reading) -> Status:
    if reading.probability >= ANSWERED:
        return Status.ANSWERED
    return Status.NEAREST if reading.probability >= NEAREST else Status.NOT_IN_ARTICLES


def _latest(reading: Reading) -> Reading:
    """Return the sentences of the newest of the articles that answer nearly as well as the best one."""
    best: dict[str, RankedSentence] = {}
    for sentence in reading.sentences:
        best.setdefault(sentence.hit.passage.path, sentence)
    bar = _NEARLY * reading.sentences[0].answer_share
    near = [sentence.hit for sentence in best.values() if sentence.answer_share >= bar]
    newest = max(near, key=lambda hit: hit.published or date.min).passage.path
    sentences = tuple(sentence for sentence in reading.sentences if sentence.hit.passage.path == newest)
    return Reading(sentences, reading.probability)


def quotes_of(reading: Reading) -> list[Quote]:
    """Return the top sentences by article, that of the likeliest first, in its order; neighbours are one quote."""
    top = reading.top_sentences
    paths = list(dict.fromkeys(sentence.hit.passage.path for sentence in top))
    ordered = sorted(top, key=lambda sentence: (paths.index(sentence.hit.passage.path), sentence.span))
    return [tuple(run) for run in runs_of(ordered)]
