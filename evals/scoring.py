"""Judge the answer to one case against its evidence: counts only, which the metrics add up."""

import re
from collections.abc import Mapping, Sequence

from pydantic import Field

from evals.cases import Case, Kind, Place
from evals.runner import Outcome
from index.models import Article, Record, Span
from index.passages.chunking import sentences
from qa.language.terms import fold
from qa.markers import MARKER
from qa.models import Answer, Citation, Hit, Status, Support


class Score(Record):
    """What one answer got right; a case with an error has found, cited and said nothing, and has not abstained.

    An answer that quotes what comes nearest claims nothing: it is an abstention, and cites nothing. A reply that was
    declined is neither: it does not say that the articles are silent, so it is no abstention, and it rests on none of
    them, so it is no answer, whatever its words happen to say. A statement that is unchecked claims something and is
    not known to be supported: it counts as one that is not.
    """

    id: str
    kind: Kind
    answerable: bool
    error: str | None = None
    fact_ranks: tuple[int | None, ...] = Field(default=(), description="per fact, the first hit (from 1) that has it")
    lacking: tuple[str, ...] = Field(default=(), description="required groups that the answer has no string of")
    facts_cited: int = 0
    citations: int = 0
    citations_on_evidence: int = 0
    sentences: int = Field(default=0, description="of articles, that the citations hold")
    quotes: int = Field(default=0, description="citations, and what is quoted as coming nearest")
    quotes_exact: int = 0
    statements: int = Field(default=0, description="those that claim something")
    statements_supported: int = 0
    statements_unchecked: int = 0
    uses: int = Field(default=0, description="citations, each counted in every statement that it stands in")
    uses_supported: int = 0
    abstained: bool = False
    nearest: bool = Field(default=False, description="whether it abstained, and quoted what comes nearest")
    declined: bool = Field(default=False, description="whether the model's words cite no article")
    seconds: dict[str, float] = Field(default_factory=dict, description="the answer's own timings")

    @property
    def facts(self) -> int:
        """How many facts the case has."""
        return len(self.fact_ranks)

    @property
    def complete(self) -> bool:
        """Whether the question has an answer, and the answer says all that is required."""
        return self.answerable and not (self.error or self.abstained or self.declined or self.lacking)

    @property
    def first_rank(self) -> int | None:
        """The rank of the first hit that holds any evidence."""
        return min((rank for rank in self.fact_ranks if rank is not None), default=None)

    def facts_within(self, k: int) -> int:
        """Return how many facts the first `k` hits hold."""
        return sum(1 for rank in self.fact_ranks if rank is not None and rank <= k)


def score(outcome: Outcome, articles: Mapping[str, Article]) -> Score:
    """Return the score of an outcome; `articles` are those indexed, by path."""
    case = outcome.case
    blank = Score(
        id=case.id,
        kind=case.kind,
        answerable=case.answerable,
        error=outcome.error,
        fact_ranks=(None,) * len(case.evidence),
        lacking=tuple(map(_shown, case.required)),
    )
    return blank.model_copy(update=_counts(case, outcome.answer, articles)) if outcome.answer else blank


def _counts(case: Case, answer: Answer, articles: Mapping[str, Article]) -> dict[str, object]:
    nearest = answer.status is Status.NEAREST
    statements, citations = ((), ()) if nearest else (answer.statements, answer.citations)
    claims = [one for one in statements if one.support is not Support.NO_CLAIM]
    supported = [one for one in claims if one.support is Support.SUPPORTED and one.markers]
    places = [place for fact in case.evidence for place in fact]
    return {
        "fact_ranks": tuple(_rank(fact, answer.hits) for fact in case.evidence),
        "lacking": tuple(_shown(group) for group in case.required if not any(says(answer.text, one) for one in group)),
        "facts_cited": sum(any(on_evidence(one, fact) for one in citations) for fact in case.evidence),
        "citations": len(citations),
        "citations_on_evidence": sum(on_evidence(one, places) for one in citations),
        "sentences": _sentences(citations),
        "quotes": len(answer.citations),
        "quotes_exact": sum(_exact(one, articles) for one in answer.citations),
        "statements": len(claims),
        "statements_supported": len(supported),
        "statements_unchecked": sum(one.support is Support.UNCHECKED for one in claims),
        "uses": sum(len(one.markers) for one in statements),
        "uses_supported": sum(len(one.markers) for one in supported),
        "abstained": nearest or answer.status is Status.NOT_IN_ARTICLES,
        "nearest": nearest,
        "declined": answer.status is Status.DECLINED,
        "seconds": answer.timings,
    }


def says(text: str, required: str) -> bool:
    """Return whether an answer has the required string as whole words and whole figures.

    Markers are left out; case, accents, the form of quotes and hyphens, and the amount of white space do not count.
    "10 new" is not in "110 new", and "25,000" is not in "25,000,000".
    """
    said, wanted = _plain(text), _plain(required)
    before = r"(?<!\w)(?<!\d[.,])" if wanted[0].isalnum() else ""
    after = r"(?!\w)(?![.,]\d)" if wanted[-1].isalnum() else ""
    return bool(re.search(before + re.escape(wanted) + after, said))


def on_evidence(citation: Citation, places: Sequence[Place]) -> bool:
    """Return whether a citation overlaps any of the places: the same file, and at least one character in common."""
    return any(_overlap(place, citation.path, citation.start, citation.end) for place in places)


def _plain(text: str) -> str:
    return " ".join(fold(MARKER.sub("", text)).split())


def _shown(group: Sequence[str]) -> str:
    return " or ".join(map(repr, group))


def _rank(fact: Sequence[Place], hits: Sequence[Hit]) -> int | None:
    for rank, hit in enumerate(hits, start=1):
        if any(_overlap(place, hit.passage.path, hit.passage.start, hit.passage.end) for place in fact):
            return rank
    return None


def _overlap(place: Place, path: str, start: int, end: int) -> bool:
    return place.path == path and place.start < end and start < place.end


def _sentences(citations: Sequence[Citation]) -> int:
    """Return how many sentences of articles the citations hold, each counted once."""
    return len(
        {
            (one.path, one.start + sentence.start)
            for one in citations
            for sentence in sentences(one.quote, Span(0, len(one.quote)))
        }
    )


def _exact(citation: Citation, articles: Mapping[str, Article]) -> bool:
    article = articles.get(citation.path)
    return article is not None and article.text[citation.start : citation.end] == citation.quote
