"""Choose the sentences of the hits that answer a question, or find that none does.

A sentence answers when it is near enough to the question in meaning and words, holds the kind of thing that is asked
for (a number, a date, a person), speaks of the same side's officials, and stands in an article that knows the names
and years of the question. Where one does, the likeliest is quoted, and as many of its neighbours as it takes.
"""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from index.models import Article
from qa.attributes import asks_who_holds_an_office
from qa.differing import Quote, rivals
from qa.outlets import mentions
from qa.questions import Query
from qa.retrieval import Retrieval
from qa.signals import WEIGHTS, Signals, Weights, demanded, knowing, signals_of
from qa.terms import terms
from qa.thesaurus import Thesaurus
from qa.windows import asks_for_the_latest

_SAME = 0.6


LIKELIHOOD: Mapping[str, float] = {
    "similarity": 5.72,
    "coverage": 1.31,
    "context": 3.04,
    "topic": 2.12,
    "fit": 2.09,
    "unfit": -1.33,
    "whole": 2.60,
    "standing": 3.66,
    "opening": 0.81,
    "stated": 2.43,
}
"""Weights of the likelihood of a sentence, a softmax over all; fitted by `evals.benchmarks.sentence_weights`.

Only `stated` is of the latest fit: with all of them the likeliest sentence is right more often, the quotes are not.
"""
_OFFICIAL = 2.0
_ENOUGH = 0.9
_ENOUGH_OF_TWO = 0.5
_MOST = 3
_UNSURE = 0.3
_NEIGHBOUR = 0.05
_RIVAL = 0.4
_RIVAL_ELSEWHERE = 0.6
_ITEM = 0.3
_TOPIC = 0.5
_NEARLY = 0.8


@dataclass(frozen=True)
class Selection:
    """The quotes that answer one part of a question, the likeliest first, or what is missing."""

    quotes: tuple[Quote, ...] = ()
    missing: str | None = None


def select(query: Query, retrieval: Retrieval, thesaurus: Thesaurus) -> list[Selection]:
    """Return a selection for each part of the query."""
    selections = []
    for part, signals in zip(query.parts, judged(query, retrieval, thesaurus), strict=True):
        outlets = [mention.outlet for mention in mentions(part, retrieval.understanding.outlets)]
        groups = _by_outlet(outlets, signals, retrieval.articles)
        quotes = [quote for group in groups for quote in quotes_of(_latest(part, group, retrieval.articles))]
        quoted = {retrieval.articles[quote[0].passage.path].outlet for quote in quotes}
        if quotes:
            quotes += rivals(part, quotes, signals, retrieval.hits, quotes_of)
        missing = _silent(outlets, quoted, part) if quotes else _missing(part, bool(signals), retrieval)
        selections.append(Selection(tuple(quotes), missing))
    return selections


def judged(query: Query, retrieval: Retrieval, thesaurus: Thesaurus) -> list[list[Signals]]:
    """Return for each part the signals of the sentences in articles that know its names."""
    articles = {path: _known_text(article) for path, article in retrieval.articles.items()}
    best = max((hit.score for hit in retrieval.hits), default=0.0)
    standings = {hit.passage.id: hit.score - best for hit in retrieval.hits}
    found = []
    for part, relevant, candidates in zip(query.parts, retrieval.parts, retrieval.candidates, strict=True):
        known = knowing(part, candidates, articles, thesaurus, retrieval.understanding.outlets)
        known = knowing(query.carried_by(part), known, articles, thesaurus) or known
        found.append(signals_of(part, known, articles, thesaurus, relevant, standings))
    return found


def _by_outlet(outlets: Sequence[str], signals: list[Signals], articles: Mapping[str, Article]) -> list[list[Signals]]:
    """Return the signals of each of the outlets that a question names, to be quoted in turn; all where one has any."""
    groups = [[one for one in signals if articles[one.path].outlet == outlet] for outlet in outlets]
    return [group for group in groups if group] if sum(map(bool, groups)) > 1 else [signals]


def _latest(part: str, signals: list[Signals], articles: Mapping[str, Article]) -> list[Signals]:
    """Return the signals of the newest article, where that is asked for, or who holds an office and some say so."""
    if asks_for_the_latest(part):
        return _newest(signals, articles)
    if not asks_who_holds_an_office(part):
        return signals
    return _newest([one for one in signals if one.stated and articles[one.path].published], articles) or signals


def _newest(signals: Sequence[Signals], articles: Mapping[str, Article]) -> list[Signals]:
    """Return the signals of the newest of the articles that answer nearly as well as the best one."""
    best: dict[str, float] = {}
    for one in signals:
        best[one.path] = max(best.get(one.path, 0.0), one.weighed(WEIGHTS))
    near = [path for path, score in best.items() if score >= _NEARLY * max(best.values())]
    newest = max(near, key=lambda path: articles[path].published or date.min, default=None)
    return [one for one in signals if one.path == newest]


def quotes_of(signals: Sequence[Signals], weights: Weights = WEIGHTS) -> list[Quote]:
    """Return the quotes that answer, the likeliest first; none when all sentences are too weak.

    The likeliest sentence is quoted, and up to two more until they are likely to hold the answer: its neighbours, and
    others that are nearly as likely.
    """
    best = max(signals, key=lambda one: one.weighed(weights), default=None)
    if best is None or (best.lacks_a_name and not best.topic):
        return []
    best = max(signals, key=lambda one: one.certain(weights))
    if best.certain(weights) < weights.floor:
        return []
    shares = likelihoods(signals)
    ranked = sorted(range(len(signals)), key=lambda at: -shares[at])
    chosen = ranked[:1]
    nearest = signals.index(best)
    if shares[chosen[0]] < _UNSURE and _adds(signals, chosen, nearest):
        chosen.append(nearest)
    while not _enough(signals, shares, chosen):
        more = (at for at in ranked if at not in chosen and _may_join(signals, shares, chosen, at))
        if (at := next(more, None)) is None:
            break
        chosen.append(at)
    runs = [_with_what_it_leans_on(signals, run) for run in _runs(signals, chosen)]
    return [tuple(signals[at].candidate for at in run) for run in runs]


def likelihoods(signals: Sequence[Signals]) -> list[float]:
    """Return for each sentence how likely it holds the answer, given that one does; they add up to 1."""
    scores = [
        sum(LIKELIHOOD[name] * value for name, value in one.features().items()) + _OFFICIAL * one.official
        for one in signals
    ]
    raised = [math.exp(score - max(scores)) for score in scores]
    return [one / math.fsum(raised) for one in raised]


def _enough(signals: Sequence[Signals], shares: Sequence[float], chosen: Sequence[int]) -> bool:
    """Whether the chosen are likely enough to hold the answer; two need be less likely than one, to stay short."""
    if len(chosen) == _MOST:
        return True
    held = sum(shares[at] for at in chosen)
    return held >= (_ENOUGH if len(chosen) == 1 else _ENOUGH_OF_TWO) and not _lack_a_name(signals, chosen)


def _may_join(signals: Sequence[Signals], shares: Sequence[float], chosen: Sequence[int], at: int) -> bool:
    """Whether a sentence may be quoted too: one with the name that is asked for, a neighbour, or one as likely."""
    one, first = signals[at], signals[chosen[0]]
    if _lack_a_name(signals, chosen):
        return bool(one.fit) and one.topic >= _TOPIC and one.path == first.path
    if any(_neighbours(signals, at, other) for other in chosen):
        return shares[at] >= _NEIGHBOUR
    least = _ITEM if first.several else _RIVAL if one.path == first.path else _RIVAL_ELSEWHERE
    return shares[at] >= least * shares[chosen[0]] and _adds(signals, chosen, at)


def _adds(signals: Sequence[Signals], chosen: Sequence[int], at: int) -> bool:
    """Whether a sentence can stand beside the chosen, and says something else."""
    text = signals[at].candidate.text
    stands = at not in chosen and signals[at].whole and signals[at].fit is not False
    return stands and not any(_repeats(text, signals[other].candidate.text) for other in chosen)


def _lack_a_name(signals: Sequence[Signals], chosen: Sequence[int]) -> bool:
    return all(signals[at].lacks_a_name for at in chosen)


def _neighbours(signals: Sequence[Signals], one: int, other: int) -> bool:
    return abs(one - other) == 1 and signals[one].candidate.passage.id == signals[other].candidate.passage.id


def _with_what_it_leans_on(signals: Sequence[Signals], run: Sequence[int]) -> Sequence[int]:
    """Put the sentence before a lone "He said" into the quote: it says who he is."""
    first = run[0]
    leans = len(run) == 1 and first and signals[first].leans and _neighbours(signals, first - 1, first)
    return [first - 1, first] if leans else run


def _runs(signals: Sequence[Signals], chosen: Sequence[int]) -> list[list[int]]:
    """Group the chosen into runs of neighbours, the likeliest run first."""
    runs: list[list[int]] = []
    for at in sorted(chosen):
        if runs and _neighbours(signals, runs[-1][-1], at):
            runs[-1].append(at)
        else:
            runs.append([at])
    return sorted(runs, key=lambda run: min(map(chosen.index, run)))


def _missing(part: str, known: bool, retrieval: Retrieval) -> str:
    names = list(dict.fromkeys(demanded(part)))
    if names and retrieval.hits and not known:
        return f"No article found mentions {_together(names)}."
    return f"Nothing in the articles answers: {part}"


def _silent(outlets: Sequence[str], quoted: Container[str | None], part: str) -> str | None:
    """Return which of several outlets that a question names are not quoted, None where all are."""
    silent = [outlet for outlet in outlets if outlet not in quoted] if len(outlets) > 1 else []
    return f"Nothing found of {' or '.join(silent)} answers: {part}" if silent else None


def _together(names: Sequence[str]) -> str:
    """Name several things so that it is their standing in one article that is meant."""
    if len(names) < 3:
        return f"both {names[0]} and {names[1]}" if len(names) == 2 else names[0]
    return f"all of {', '.join(names[:-1])} and {names[-1]}"


def _repeats(text: str, other: str) -> bool:
    one, two = set(terms(text)), set(terms(other))
    return len(one & two) > _SAME * min(len(one), len(two))


def _known_text(article: Article) -> str:
    about = (article.headline, article.outlet, article.author, article.published)
    kept = (article.text[start:end] for start, end in article.kept)
    return " . ".join([*map(str, filter(None, about)), *kept])
