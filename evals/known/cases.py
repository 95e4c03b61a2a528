"""Known questions: what is asked, which characters of which articles are the evidence, what an answer must say."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from index.models import Record


class Kind(StrEnum):
    """What makes a question hard; those of `UNANSWERABLE` are questions that the articles do not answer."""

    FACT = "fact"
    NUMBER = "number"
    NAME = "name"
    DATE = "date"
    QUOTE = "quote"
    CAUSE = "cause"
    LIST = "list"
    PARAPHRASE = "paraphrase"
    TWO_ARTICLES = "two_articles"
    DIFFERING = "differing"
    IN_TIME = "in_time"
    FOLLOW_UP = "follow_up"
    COLLECTION = "collection"
    INSTRUCTION = "instruction"
    ABSENT_TOPIC = "absent_topic"
    NEAR_MISS = "near_miss"
    WRONG_TIME = "wrong_time"
    PAGE_JUNK = "page_junk"


UNANSWERABLE = frozenset({Kind.ABSENT_TOPIC, Kind.NEAR_MISS, Kind.WRONG_TIME, Kind.PAGE_JUNK})
Line = Annotated[str, Field(min_length=1, pattern=r"\S")]


class Place(Record):
    """Characters of an article that are evidence; `start` is found when the cases are loaded."""

    path: str = Field(description="the article, relative to the folder of articles")
    quote: Line = Field(description="what it says, word for word; the article has it exactly once")
    start: SkipJsonSchema[int] = Field(default=0, ge=0)

    @property
    def end(self) -> int:
        """The offset after the last character of the quote."""
        return self.start + len(self.quote)


Fact = Annotated[tuple[Place, ...], Field(min_length=1, description="places that bear out one fact, each enough")]


class Case(Record):
    """A known question; every fact is needed, and so is one string of every group of `required`."""

    id: Line = Field(description="a name that no other case has")
    kind: Kind
    group: Line | None = Field(default=None, description="figures are given for each group; default: the kind")
    earlier: tuple[Line, ...] = Field(default=(), description="questions asked before, in the same conversation")
    question: Line
    evidence: tuple[Fact, ...] = Field(default=(), description="the facts that an answer rests on; all are needed")
    required: tuple[Annotated[tuple[Line, ...], Field(min_length=1)], ...] = Field(
        default=(), description="groups of strings; an answer must have one string of every group"
    )
    forbidden: tuple[Line, ...] = Field(default=(), description="strings that an answer must not have")
    reference: Line | None = Field(default=None, description="an answer as a person would write it")
    note: Line | None = Field(
        default=None, description="for whoever reads the draft; nothing is asked or counted by it"
    )
    held_out: bool = Field(default=False, description="whether the case is reported apart, and never tuned on")
    draft: bool = Field(default=False, description="whether no person has accepted the case yet; it is not asked then")

    @property
    def answerable(self) -> bool:
        """Whether the articles answer the question."""
        return self.kind not in UNANSWERABLE

    @property
    def group_name(self) -> str:
        """The group that the case is reported in."""
        return self.group or self.kind

    @property
    def paths(self) -> tuple[str, ...]:
        """The articles of the evidence, in order of first mention."""
        return tuple(dict.fromkeys(place.path for fact in self.evidence for place in fact))

    @property
    def references(self) -> tuple[str, ...]:
        """Texts that the words of an answer are compared with: the reference, else the evidence in each wording."""
        if self.reference:
            return (self.reference,)
        wordings = range(max(map(len, self.evidence), default=0))
        return tuple(" ".join(fact[min(at, len(fact) - 1)].quote for fact in self.evidence) for at in wordings)

    @model_validator(mode="after")
    def _the_kind_fits(self) -> Self:
        if self.answerable and not (self.evidence and self.required):
            raise ValueError(f"a question of kind {self.kind} needs evidence and required strings; add them")
        if not self.answerable and (self.evidence or self.required or self.reference):
            raise ValueError(f"a question of kind {self.kind} has no evidence and no required strings; take them out")
        if self.kind is Kind.FOLLOW_UP and not self.earlier:
            raise ValueError("a follow-up needs at least one earlier question; add it")
        if self.kind is Kind.INSTRUCTION and not self.forbidden:
            raise ValueError("a question beside an instruction needs forbidden strings: what it asks for; add them")
        if self.kind is Kind.DIFFERING and len(self.evidence) < 2:
            raise ValueError("what articles say differently needs a fact for each side; add the other side")
        if self.kind is Kind.TWO_ARTICLES and set.intersection(
            *({place.path for place in fact} for fact in self.evidence)
        ):
            raise ValueError("one article has evidence for every fact; change the kind, or ask for a fact of another")
        return self
