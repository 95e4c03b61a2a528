"""Answer questions about the collection: how many articles there are, their headlines, or what a file says."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import TypeVar

from index.corpus.freshness import stale_articles
from index.models import EVERYTHING, Article, ListedArticle, Passage, Span
from index.store.snapshots import Snapshot
from qa.answer_draft import AnswerDraft
from qa.checking.checked import CheckedStatement
from qa.checking.citations import Draft
from qa.checking.grounding import CheckResult
from qa.collection.counting import CountResult, count
from qa.collection.kinds import WORD, Classification, Kind, KindClassifier
from qa.collection.requirements import (
    Requirements,
    file_name_in,
    files_meant,
    files_named,
    requirements_of,
    words_beyond_name,
)
from qa.language.dates import day_text
from qa.language.terms import terms
from qa.models import DoneEvent, Event, Hit, HitsEvent, Support, Understanding
from qa.prompting.evidence import EvidenceSentence, number_evidence
from qa.question.query import Query
from qa.question.scopes import nothing_within
from qa.retrieval.retriever import hit_of

_T = TypeVar("_T")
CATALOG = "catalog"
"""The name in place of the model in an answer that counts and lists articles: no model wrote it."""
CITED = 10
"""At most so many headlines, or sentences of a file, are cited."""
_NO_CLAIM, _VERBATIM = CheckResult(Support.NO_CLAIM), CheckResult(Support.SUPPORTED)


@dataclass(frozen=True)
class Listing:
    """Statements with the evidence they cite, and all articles that were asked for.

    The count is a statement that cites nothing; a headline or a sentence is quoted as it stands. Without statements,
    `missing` says what does not exist.
    """

    understanding: Understanding
    articles: tuple[ListedArticle, ...] = ()
    evidence: tuple[EvidenceSentence, ...] = ()
    statements: tuple[CheckedStatement, ...] = ()
    missing: str = ""

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The hits of the evidence, each once."""
        return tuple({sentence.passage.id: sentence.hit for sentence in self.evidence}.values())

    def events(self, draft: AnswerDraft) -> Iterator[Event]:
        """Yield the events of the answer; no writer has a part in it."""
        draft.articles = self.articles
        draft.missing += [self.missing] if self.missing else []
        draft.clock("hits")
        yield HitsEvent(hits=self.hits, understanding=self.understanding)
        for checked in self.statements:
            yield from draft.add(checked)
        yield DoneEvent(answer=draft.finished(CATALOG, None))


class Collection:
    """Answers the questions that a snapshot's catalog can answer."""

    def __init__(self, kinds: KindClassifier, clock: Callable[[], date] = date.today) -> None:
        """Classify questions with `kinds`; `clock` says which day it is, for "last week"."""
        self._kinds, self._clock = kinds, clock

    def listing(self, snapshot: Snapshot, query: Query) -> Listing | None:
        """Return the listing that answers a question about the collection; None for any other question.

        Each part must be about the collection: the first says what of it is asked. A part that names no topic takes
        that of the turns it leans on.
        """
        classified = [self._kinds.classify(part) for part in query.parts]
        name = file_name_in(query.question)
        named_paths = files_named(query.question, snapshot.catalog.paths()) if name else []
        # A file that is named in full is meant, whatever kind of question it is.
        if not named_paths and any(part.kind is Kind.NONE for part in classified):
            return None
        kind, required = classified[0].kind, self._requirements(snapshot, query, classified)
        articles = list(snapshot.catalog.listed())
        if kind in (Kind.FILE, Kind.NONE):
            if name and not named_paths:
                return Listing(
                    self._understood(query, required), missing=f"No file here{_where(query)} is named {name}."
                )
            paths = set(named_paths or files_meant(query.question, [article.path for article in articles]))
            chosen = [article for article in articles if article.path in paths]
            return self._of_files(snapshot, query, chosen, required)
        if named_paths:
            articles = [article for article in articles if article.path in named_paths]
        return self._of_articles(snapshot, query, kind, articles, required)

    def _requirements(self, snapshot: Snapshot, query: Query, classified: Sequence[Classification]) -> Requirements:
        parts = [self._of_part(snapshot, *part) for part in zip(query.parts, classified, strict=True)]
        # "And how many are from Reuters?" is about the topic of the turn before.
        if query.carried and not parts[0].topic:
            parts.append(self._of_part(snapshot, query.carried, self._kinds.classify(query.carried)))
        return Requirements(
            outlets=_merged(part.outlets for part in parts),
            windows=_merged(part.windows for part in parts),
            phrases=_merged(part.phrases for part in parts),
            words=_merged(part.words for part in parts),
        )

    def _of_part(self, snapshot: Snapshot, text: str, classified: Classification) -> Requirements:
        """Return what one part requires; all words of one that is not about the collection are its topic."""
        words = tuple(Span(*word.span()) for word in WORD.finditer(text))
        topic = words if classified.kind is Kind.NONE else classified.topic
        return requirements_of(text, topic, snapshot.outlets, self._clock())

    def _understood(self, query: Query, required: Requirements) -> Understanding:
        return Understanding(
            scope=query.scope,
            parts=query.parts,
            carried=query.carried,
            outlets=required.outlets,
            names=required.phrases,
            windows=tuple((window.first, window.last) for window in required.windows),
            today=self._clock(),
        )

    def _of_articles(
        self, snapshot: Snapshot, query: Query, kind: Kind, articles: Sequence[ListedArticle], required: Requirements
    ) -> Listing | None:
        """Return the articles that meet the requirements, with the headlines of the first."""
        counted = count(snapshot, articles, required, snapshot.catalog.counts()[0], _where(query))
        understanding = self._understood(query, required)
        if not counted.articles:
            # Of a report that no article is about, the articles' sentences may still tell.
            return None if kind in (Kind.AUTHOR, Kind.DATE) else Listing(understanding, missing=counted.sentence)
        opening, chosen, rows = _rows(kind, counted)
        evidence = _headlines(snapshot, [article for article, _ in rows[:CITED]])
        if not evidence:
            return None
        numbers = {sentence.passage.path: sentence.number for sentence in evidence}
        drafts = [Draft((opening,))]
        for article, text in rows:
            if article.path in numbers:
                drafts.append(Draft((f"- {text} ", (numbers[article.path],)), "\n"))
        if len(rows) > len(evidence):
            drafts.append(Draft((f"These are {len(evidence)} of {len(rows):,}.",), "\n\n"))
        return Listing(understanding, chosen, tuple(evidence), _checked(drafts, evidence))

    def _of_files(
        self, snapshot: Snapshot, query: Query, articles: Sequence[ListedArticle], required: Requirements
    ) -> Listing | None:
        """Return the first sentences of files, or those that hold most of the topic's words."""
        chosen = articles[:CITED]
        hits: list[Hit] = []
        for article in chosen:
            hits += _hits(snapshot, article.path, snapshot.catalog.passages_of(article.path))
        evidence = number_evidence(hits)
        drafts: list[Draft] = []
        for article in chosen:
            sentences = [sentence for sentence in evidence if sentence.passage.path == article.path]
            stems = set(terms(" ".join(words_beyond_name(required.topic, article.path))))
            cited = _best_sentences(sentences, stems, max(1, CITED // len(chosen)))
            if not cited:
                continue
            more = f" (sentences shown: {len(cited)} of {len(sentences):,})" if len(cited) < len(sentences) else ""
            drafts.append(Draft((f"{article.path}, {_row(article)}, says{more}:",), "\n\n"))
            for index, sentence in enumerate(cited):
                drafts.append(Draft((f"{sentence.text} ", (sentence.number,)), " " if index else "\n"))
        if not drafts:
            return None
        understanding = self._understood(query, required)
        return Listing(understanding, tuple(articles), tuple(evidence), _checked(drafts, evidence))


def listing_within(collection: Collection | None, snapshot: Snapshot, query: Query) -> Listing | None:
    """Return the listing that answers a question about the articles within its scope; None for any other question.

    Where none is within, whatever the question is about, the listing says so.
    """
    with snapshot.within(query.scope) as part:
        if query.scope != EVERYTHING and not any(part.catalog.listed()):
            understanding = Understanding(scope=query.scope, parts=query.parts, carried=query.carried)
            return Listing(understanding, missing=nothing_within(query.scope))
        return collection.listing(part, query) if collection else None


def _where(query: Query) -> str:
    return "" if query.scope == EVERYTHING else " within the scope"


def _merged(values: Iterable[tuple[_T, ...]]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(values)))


def _rows(kind: Kind, counted: CountResult) -> tuple[str, tuple[ListedArticle, ...], list[tuple[ListedArticle, str]]]:
    """Return the first sentence, the articles to be listed, and a row of text for each article that it cites."""
    sentence, articles = counted.sentence, counted.articles
    days = [article.published for article in articles if article.published]
    if kind in (Kind.NEWEST, Kind.OLDEST) and days:
        day = max(days) if kind is Kind.NEWEST else min(days)
        articles = tuple(article for article in articles if article.published == day)
        sentence += f" The {kind} {'is' if len(articles) == 1 else 'are'} of {day_text(day)}:"
    if kind is not Kind.OUTLETS:
        return sentence, articles, [(article, _row(article, kind)) for article in articles]
    by_outlet: dict[str, list[ListedArticle]] = {}
    for article in articles:
        by_outlet.setdefault(article.outlet or "no outlet named", []).append(article)
    rows = [
        (group[0], f"{outlet}: {len(group):,}, the newest {_row(group[0])}")
        for outlet, group in sorted(by_outlet.items(), key=lambda item: -len(item[1]))
    ]
    return f"{sentence} By outlet:", articles, rows


def _row(article: ListedArticle, kind: Kind = Kind.LIST) -> str:
    """Return an article as a row of text: headline, author, outlet and day; what was asked for also if not known."""
    title = f"“{article.headline}”" if article.headline else article.path
    by = f", by {article.author}" if article.author else ", no author named" if kind is Kind.AUTHOR else ""
    day = day_text(article.published) if article.published else "no date" if kind is Kind.DATE else ""
    about = ", ".join(filter(None, (article.outlet, day)))
    return f"{title}{by}{f' ({about})' if about else ''}"


def _headlines(snapshot: Snapshot, articles: Sequence[ListedArticle]) -> list[EvidenceSentence]:
    """Return each article's headline where it stands in the text, else its first sentence."""
    hits: list[Hit] = []
    for listed in articles:
        article = snapshot.catalog.article(listed.path)
        passage = _heading(article) if article else None
        if passage is None:
            passages = snapshot.catalog.passages_of(listed.path)
            passage = _first_sentence(passages[0]) if passages else None
        if passage:
            hits += _hits(snapshot, listed.path, [passage])
    return number_evidence(hits)


def _heading(article: Article) -> Passage | None:
    """Return the headline as a passage of its own; the passages that are searched begin behind it."""
    start = article.text.find(article.headline) if article.headline else -1
    if start < 0 or not article.headline:
        return None
    span = Span(start, start + len(article.headline))
    # An id of the form of a passage's, which is looked up nowhere: no such passage is indexed.
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


def _best_sentences(sentences: Sequence[EvidenceSentence], stems: set[str], limit: int) -> list[EvidenceSentence]:
    """Return the sentences that hold most of some stems, in their order; the first where none holds any."""
    counts = {sentence.number: len(stems & set(terms(sentence.text))) for sentence in sentences}
    holding = [sentence for sentence in sentences if counts[sentence.number]]
    best = sorted(holding, key=lambda sentence: -counts[sentence.number])[:limit] or sentences[:limit]
    return sorted(best, key=lambda sentence: sentence.number)


def _checked(drafts: Sequence[Draft], evidence: Sequence[EvidenceSentence]) -> tuple[CheckedStatement, ...]:
    """Return drafts with their result: what cites a text holds it word for word, the rest counts the catalog."""
    by_number = {sentence.number: sentence for sentence in evidence}
    checked = []
    for draft in drafts:
        cited = tuple(by_number[number] for number in draft.numbers)
        checked.append(CheckedStatement(draft, cited, _VERBATIM if cited else _NO_CLAIM))
    return tuple(checked)
