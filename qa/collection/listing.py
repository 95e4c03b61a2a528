"""Answers to questions about the collection: how many articles there are, their headlines, or what a file says."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import TypeVar

from index.corpus.freshness import stale_articles
from index.models import Article, ListedArticle, Passage, Span
from index.store.snapshots import Snapshot
from qa.answer_draft import AnswerDraft
from qa.checking.checked import Checked
from qa.checking.citations import Draft
from qa.checking.grounding import Verdict
from qa.collection.counting import Counted, count
from qa.collection.kinds import WORD, Asked, Kind, Kinds
from qa.collection.wanted import Wanted, beside_the_name, file_name_in, files_meant, files_named, wanted
from qa.language.dates import said_day
from qa.language.terms import terms
from qa.models import DoneEvent, Event, Hit, HitsEvent, Support, Understanding
from qa.prompting.evidence import EvidenceSentence, number_evidence
from qa.question.query import Query
from qa.retrieval.retriever import hit_of

_T = TypeVar("_T")
CATALOG = "catalog"
"""What stands for the model in an answer that counts and lists articles: none wrote it."""
CITED = 10
"""So many headlines, or sentences of a file, are cited at most."""
_NO_CLAIM, _VERBATIM = Verdict(Support.NO_CLAIM), Verdict(Support.SUPPORTED)


@dataclass(frozen=True)
class Listing:
    """What the service tells: statements with the evidence they cite, and all articles that were asked for.

    The count is a statement that cites nothing; a headline or a sentence is quoted as it stands. Without statements,
    `missing` says what there is not.
    """

    understanding: Understanding
    articles: tuple[ListedArticle, ...] = ()
    evidence: tuple[EvidenceSentence, ...] = ()
    statements: tuple[Checked, ...] = ()
    missing: str = ""

    @property
    def hits(self) -> tuple[Hit, ...]:
        """What the evidence stands in, each once."""
        return tuple({sentence.passage.id: sentence.hit for sentence in self.evidence}.values())

    def told(self, draft: AnswerDraft) -> Iterator[Event]:
        """Yield it as the events of an answer; no writer has a part in it."""
        draft.articles = self.articles
        draft.missing += [self.missing] if self.missing else []
        draft.clock("hits")
        yield HitsEvent(hits=self.hits, understanding=self.understanding)
        for checked in self.statements:
            yield from draft.tell(checked)
        yield DoneEvent(answer=draft.finished(CATALOG, None))


class Collection:
    """Answers what a snapshot's catalog can answer."""

    def __init__(self, kinds: Kinds, clock: Callable[[], date] = date.today) -> None:
        """Judge questions by `kinds`; `clock` says which day it is, for "last week"."""
        self._kinds, self._clock = kinds, clock

    def listing(self, snapshot: Snapshot, query: Query) -> Listing | None:
        """Return what answers a question about the collection; None for any other question.

        Each part must be about the collection: the first says what of it is asked. A part that names no topic takes
        that of the turns it leans on.
        """
        asked = [self._kinds.read(part) for part in query.parts]
        name = file_name_in(query.question)
        named = files_named(query.question, snapshot.catalog.paths()) if name else []
        if not named and any(one.kind is Kind.NONE for one in asked):
            return None
        kind, found = asked[0].kind, self._wanted(snapshot, query, asked)
        entries = list(snapshot.catalog.listed())
        if kind in (Kind.FILE, Kind.NONE):
            if name and not named:
                return Listing(self._understood(query, found), missing=f"No file here is named {name}.")
            paths = set(named or files_meant(query.question, [one.path for one in entries]))
            return self._of_files(snapshot, query, [one for one in entries if one.path in paths], found)
        if named:
            entries = [one for one in entries if one.path in named]
        return self._of_articles(snapshot, query, kind, entries, found)

    def _wanted(self, snapshot: Snapshot, query: Query, asked: Sequence[Asked]) -> Wanted:
        read = list(zip(query.parts, asked, strict=True))
        if query.carried and not self._part(snapshot, *read[0]).topic:
            read.append((query.carried, self._kinds.read(query.carried)))
        parts = [self._part(snapshot, *one) for one in read]
        return Wanted(
            outlets=_together(part.outlets for part in parts),
            windows=_together(part.windows for part in parts),
            phrases=_together(part.phrases for part in parts),
            words=_together(part.words for part in parts),
        )

    def _part(self, snapshot: Snapshot, text: str, asked: Asked) -> Wanted:
        """Return what one part wants; of a question that is not about the collection, all words are its topic."""
        words = tuple(Span(*word.span()) for word in WORD.finditer(text))
        return wanted(text, words if asked.kind is Kind.NONE else asked.topic, snapshot.outlets, self._clock())

    def _understood(self, query: Query, found: Wanted) -> Understanding:
        return Understanding(
            parts=query.parts,
            carried=query.carried,
            outlets=found.outlets,
            names=found.phrases,
            windows=tuple((window.first, window.last) for window in found.windows),
            today=self._clock(),
        )

    def _of_articles(
        self, snapshot: Snapshot, query: Query, kind: Kind, entries: Sequence[ListedArticle], found: Wanted
    ) -> Listing | None:
        """Return the articles that have what is wanted, with the headlines of the first."""
        counted = count(snapshot, entries, found, snapshot.catalog.counts()[0])
        understanding = self._understood(query, found)
        if not counted.articles:
            # Of a report that no article is about, the articles' sentences may still tell.
            return None if kind in (Kind.AUTHOR, Kind.DATE) else Listing(understanding, missing=counted.said)
        opening, articles, rows = _rows(kind, counted)
        evidence = _headlines(snapshot, [article for article, _ in rows[:CITED]])
        if not evidence:
            return None
        cited = {sentence.passage.path: sentence.number for sentence in evidence}
        drafts = [Draft((opening,))]
        drafts += [
            Draft((f"- {text} ", (cited[article.path],)), "\n") for article, text in rows if article.path in cited
        ]
        if len(rows) > len(evidence):
            drafts.append(Draft((f"These are {len(evidence)} of {len(rows):,}.",), "\n\n"))
        return Listing(understanding, articles, tuple(evidence), _checked(drafts, evidence))

    def _of_files(
        self, snapshot: Snapshot, query: Query, entries: Sequence[ListedArticle], found: Wanted
    ) -> Listing | None:
        """Return the first sentences of files, or those that hold most of the topic's words."""
        chosen = entries[:CITED]
        hits = [
            hit for entry in chosen for hit in _hits(snapshot, entry.path, snapshot.catalog.passages_of(entry.path))
        ]
        evidence = number_evidence(hits)
        drafts: list[Draft] = []
        for entry in chosen:
            sentences = [one for one in evidence if one.passage.path == entry.path]
            stems = set(terms(" ".join(beside_the_name(found.topic, entry.path))))
            shown = _telling(sentences, stems, max(1, CITED // len(chosen)))
            if not shown:
                continue
            more = f" (sentences shown: {len(shown)} of {len(sentences):,})" if len(shown) < len(sentences) else ""
            drafts.append(Draft((f"{entry.path}, {_row(entry)}, says{more}:",), "\n\n"))
            drafts += [Draft((f"{one.text} ", (one.number,)), "\n" if at == 0 else " ") for at, one in enumerate(shown)]
        if not drafts:
            return None
        return Listing(self._understood(query, found), tuple(entries), tuple(evidence), _checked(drafts, evidence))


def _together(values: Iterable[tuple[_T, ...]]) -> tuple[_T, ...]:
    """Return the values of several, each once."""
    return tuple(dict.fromkeys(chain.from_iterable(values)))


def _rows(kind: Kind, counted: Counted) -> tuple[str, tuple[ListedArticle, ...], list[tuple[ListedArticle, str]]]:
    """Return the first sentence, the articles to be listed, and a row of text with the article it cites."""
    said, articles = counted.said, counted.articles
    dated = [one.published for one in articles if one.published]
    if kind in (Kind.NEWEST, Kind.OLDEST) and dated:
        day = max(dated) if kind is Kind.NEWEST else min(dated)
        articles = tuple(one for one in articles if one.published == day)
        said = f"{said} The {kind} {'is' if len(articles) == 1 else 'are'} of {said_day(day)}:"
    if kind is Kind.OUTLETS:
        by_outlet = Counter(one.outlet or "no outlet named" for one in articles)
        first = {one.outlet or "no outlet named": one for one in reversed(articles)}
        said = f"{said} By outlet:"
        return (
            said,
            articles,
            [
                (first[name], f"{name}: {number:,}, the newest {_row(first[name])}")
                for name, number in by_outlet.most_common()
            ],
        )
    return said, articles, [(one, _row(one, kind)) for one in articles]


def _row(article: ListedArticle, kind: Kind = Kind.LIST) -> str:
    """Return an article as a row of text: headline, author, outlet and day; what was asked for, also if not known."""
    title = f"“{article.headline}”" if article.headline else article.path
    by = f", by {article.author}" if article.author else ", no author named" if kind is Kind.AUTHOR else ""
    day = [said_day(article.published)] if article.published else ["no date"] if kind is Kind.DATE else []
    about = ", ".join([article.outlet, *day] if article.outlet else day)
    return f"{title}{by}{f' ({about})' if about else ''}"


def _headlines(snapshot: Snapshot, entries: Sequence[ListedArticle]) -> list[EvidenceSentence]:
    """Return each article's headline where it stands in the text, else its first sentence."""
    hits: list[Hit] = []
    for entry in entries:
        article = snapshot.catalog.article(entry.path)
        passage = _heading(article) if article else None
        if passage is None:
            passage = next((_first_sentence(one) for one in snapshot.catalog.passages_of(entry.path)), None)
        if passage:
            hits += _hits(snapshot, entry.path, [passage])
    return number_evidence(hits)


def _heading(article: Article) -> Passage | None:
    """Return the headline as a passage of its own; the passages that are searched begin behind it."""
    start = article.text.find(article.headline) if article.headline else -1
    if start < 0 or not article.headline:
        return None
    span = Span(start, start + len(article.headline))
    stored = "\x1f".join((article.path, str(start), article.headline))
    identity = hashlib.sha256(stored.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Passage(id=identity, path=article.path, start=start, end=span.end, text=article.headline, sentences=(span,))


def _first_sentence(passage: Passage) -> Passage:
    return passage.model_copy(update={"sentences": passage.sentences[:1]})


def _hits(snapshot: Snapshot, path: str, passages: Sequence[Passage]) -> Iterator[Hit]:
    article = snapshot.catalog.article(path)
    if article is None:
        return
    stale = stale_articles(snapshot.corpus, [article], snapshot.manifest.fields)
    for passage in passages:
        yield hit_of(snapshot, article, passage, stale, score=0.0, similarity=0.0)


def _telling(sentences: Sequence[EvidenceSentence], stems: set[str], limit: int) -> list[EvidenceSentence]:
    """Return the sentences that hold most of some stems, in their order; the first where none holds any."""
    held = {one.number: len(stems & set(terms(one.text))) for one in sentences}
    telling = [one for one in sentences if held[one.number]]
    best = sorted(telling, key=lambda one: -held[one.number])[:limit] or sentences[:limit]
    return sorted(best, key=lambda one: one.number)


def _checked(drafts: Sequence[Draft], evidence: Sequence[EvidenceSentence]) -> tuple[Checked, ...]:
    """Return drafts with their verdict: what cites a text holds it word for word, the rest counts the catalog."""
    by_number = {sentence.number: sentence for sentence in evidence}
    found = []
    for draft in drafts:
        cited = tuple(by_number[at] for piece in draft.pieces if not isinstance(piece, str) for at in piece)
        found.append(Checked(draft, cited, _VERBATIM if cited else _NO_CLAIM))
    return tuple(found)
