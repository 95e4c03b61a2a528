"""Judge the answer to one case against its evidence: counts only, which the metrics add up."""

from collections.abc import Mapping, Sequence

from pydantic import Field

from evals.asking.outcomes import Outcome
from evals.known.cases import Case, Kind, Place
from evals.scoring.wording import figures_said, says, token_f1
from index.models import Article, Record, Span
from index.passages.chunking import sentences
from qa.language.terms import terms
from qa.models import Answer, Citation, Hit, Statement, Status, Support


class Score(Record):
    """What one answer got right; a case with an error has found, cited and said nothing, and has not abstained.

    An answer that quotes what comes nearest claims nothing: it is an abstention, and cites nothing. A reply that was
    declined is neither: it does not say that the articles are silent, so it is no abstention, and it rests on none of
    them, so it is no answer, whatever its words happen to say. A statement that is unchecked claims something and is
    not known to be supported: it counts as one that is not.
    """

    id: str
    kind: Kind
    group: str = ""
    held_out: bool = False
    answerable: bool
    error: str | None = None
    status: Status | None = None
    fact_ranks: tuple[int | None, ...] = Field(default=(), description="per fact, the first hit (from 1) that has it")
    lacking: tuple[str, ...] = Field(default=(), description="required groups that the answer has no string of")
    forbidden: int = Field(default=0, description="strings that the answer must not have")
    forbidden_said: tuple[str, ...] = Field(default=(), description="those that it has all the same")
    numbers: int = Field(default=0, description="required groups with a figure")
    numbers_said: int = 0
    f1: float | None = Field(default=None, description="words in common with the reference; None: it is no answer")
    facts_cited: int = 0
    citations: int = 0
    citations_on_evidence: int = 0
    sentences: int = Field(default=0, description="of articles, that the citations hold")
    quotes: int = Field(default=0, description="citations, and what is quoted as coming nearest")
    quotes_exact: int = 0
    verdicts: dict[Support, int] = Field(default_factory=dict, description="statements of each verdict")
    statements_supported: int = Field(default=0, description="those that are supported, and cite")
    statements_right: int = Field(default=0, description="those that say something required")
    statements_misattributed: int = Field(default=0, description="of these, those that cite no evidence")
    statements_false: int = Field(default=0, description="those that say something forbidden")
    statements_falsely_supported: int = Field(default=0, description="of these, those that the service calls supported")
    uses: int = Field(default=0, description="citations, each counted in every statement that it stands in")
    uses_supported: int = Field(default=0, description="those in a supported statement that are not superfluous")
    abstained: bool = False
    nearest: bool = Field(default=False, description="whether it abstained, and quoted what comes nearest")
    declined: bool = Field(default=False, description="whether the model's words cite no article")
    tokens: int = Field(default=0, description="of the prompts and replies of all model calls")
    cost: float | None = Field(default=None, description="US dollars; None when the price is not known")
    judged: bool | None = Field(
        default=None, description="whether a judge found the answer right; None: none was asked"
    )
    seconds: dict[str, float] = Field(default_factory=dict, description="the answer's own timings")

    @property
    def facts(self) -> int:
        """How many facts the case has."""
        return len(self.fact_ranks)

    @property
    def statements(self) -> int:
        """How many statements claim something."""
        return sum(number for verdict, number in self.verdicts.items() if verdict is not Support.NO_CLAIM)

    @property
    def complete(self) -> bool:
        """Whether the question has an answer, and the answer says all that is required and nothing forbidden."""
        amiss = self.error or self.abstained or self.declined or self.lacking or self.forbidden_said
        return self.answerable and not amiss

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
        group=case.group_name,
        held_out=case.held_out,
        answerable=case.answerable,
        error=outcome.error,
        judged=outcome.judged,
        fact_ranks=(None,) * len(case.evidence),
        lacking=tuple(map(_shown, case.required)),
        forbidden=len(case.forbidden),
        numbers=figures_said("", case.required)[1],
        f1=0.0 if case.answerable else None,
    )
    if not outcome.answer:
        return blank
    answer = outcome.answer
    counts = _said(case, answer) | _cited(case, answer, articles) | _claimed(case, answer) | _spent(answer)
    return blank.model_copy(update=counts)


def _said(case: Case, answer: Answer) -> dict[str, object]:
    """Count the answer's words; one that claims nothing has said nothing."""
    nearest, declined = answer.status is Status.NEAREST, answer.status is Status.DECLINED
    abstained = nearest or answer.status is Status.NOT_IN_ARTICLES
    found: dict[str, object] = {
        "status": answer.status,
        "abstained": abstained,
        "nearest": nearest,
        "declined": declined,
        "fact_ranks": tuple(_rank(fact, answer.hits) for fact in case.evidence),
        "lacking": tuple(_shown(group) for group in case.required if not any(says(answer.text, one) for one in group)),
        "forbidden_said": tuple(one for one in case.forbidden if says(answer.text, one)),
    }
    if case.answerable and not (abstained or declined):
        found["numbers_said"] = figures_said(answer.text, case.required)[0]
        found["f1"] = max(token_f1(answer.text, reference) for reference in case.references)
    return found


def _cited(case: Case, answer: Answer, articles: Mapping[str, Article]) -> dict[str, object]:
    # What comes nearest is no answer, and a list of articles cites headlines, which are no evidence of a fact.
    citations = () if answer.status is Status.NEAREST or answer.articles else answer.citations
    places = [place for fact in case.evidence for place in fact]
    return {
        "facts_cited": sum(any(on_evidence(one, fact) for one in citations) for fact in case.evidence),
        "citations": len(citations),
        "citations_on_evidence": sum(on_evidence(one, places) for one in citations),
        "sentences": _sentences(citations),
        "quotes": len(answer.citations),
        "quotes_exact": sum(_exact(one, articles) for one in answer.citations),
    }


def _claimed(case: Case, answer: Answer) -> dict[str, object]:
    statements = () if answer.status is Status.NEAREST else answer.statements
    cited = {one.marker: one for one in answer.citations}
    places = [place for fact in case.evidence for place in fact]
    supported = [one for one in statements if one.support is Support.SUPPORTED and one.markers]
    right = [one for one in statements if any(says(one.text, string) for group in case.required for string in group)]
    false = [one for one in statements if any(says(one.text, string) for string in case.forbidden)]
    strayed = [
        one for one in right if one.markers and not any(on_evidence(cited[marker], places) for marker in one.markers)
    ]
    return {
        "verdicts": {verdict: number for verdict in Support if (number := _count(statements, verdict))},
        "statements_supported": len(supported),
        "statements_right": len(right),
        "statements_misattributed": len(strayed),
        "statements_false": len(false),
        "statements_falsely_supported": _count(false, Support.SUPPORTED),
        "uses": sum(len(one.markers) for one in statements),
        "uses_supported": sum(_needed(one, [cited[marker].quote for marker in one.markers]) for one in supported),
    }


def _spent(answer: Answer) -> dict[str, object]:
    usage = answer.usage
    return {
        "tokens": usage.prompt_tokens + usage.completion_tokens,
        "cost": usage.cost,
        "seconds": answer.timings,
    }


def on_evidence(citation: Citation, places: Sequence[Place]) -> bool:
    """Return whether a citation overlaps any of the places: the same file, and at least one character in common."""
    return any(_overlap(place, citation.path, citation.start, citation.end) for place in places)


def _count(statements: Sequence[Statement], verdict: Support) -> int:
    return sum(one.support is verdict for one in statements)


def _needed(statement: Statement, quotes: Sequence[str]) -> int:
    """Return how many quotes of a supported statement are not superfluous, as ALCE says it of its citations.

    A quote is superfluous when it does not bear the statement out alone and the others do without it. In place of
    entailment: which of the statement's words a quote has.
    """
    said = set(terms(statement.text))
    held = [said & set(terms(quote)) for quote in quotes]
    whole = set().union(*held)
    others = [set().union(*held[:at], *held[at + 1 :]) for at in range(len(held))]
    return sum(own == whole or rest != whole for own, rest in zip(held, others, strict=True))


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
