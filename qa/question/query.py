"""Understand a question without a model: its parts, and the turns that a follow-up leans on."""

import re
from collections.abc import Sequence

from pydantic import Field

from index.models import EVERYTHING, Record, Scope
from qa.language.terms import STOPWORDS, names, terms
from qa.models import Turn
from qa.models.errors import InvalidQuestion

MAX_QUESTION = 4000
_MAX_CARRIED_TURNS = 3
_SHORT_TERMS = 3


class Query(Record):
    """A question as understood: the parts to search for, and the text carried over from earlier turns."""

    question: str
    parts: tuple[str, ...] = Field(description="each is searched and answered on its own")
    carried: str = Field(default="", description="text of earlier turns that a follow-up leans on")
    rewritten: str = Field(default="", description="the follow-up as a question that stands alone; `parts` are its")
    scope: Scope = Field(default=EVERYTHING, description="the articles that are asked")

    def with_rewriting(self, text: str) -> "Query":
        """Return the query with the parts of a rewriting; raise InvalidQuestion as `understand`."""
        rewritten = understand(text)
        return self.model_copy(update={"parts": rewritten.parts, "carried": "", "rewritten": rewritten.question})

    def topic_of(self, part: str) -> str:
        """Return the text that a part leans on: earlier turns, or, where it leaves its topic open, the first part."""
        if part == self.parts[0]:
            return self.carried
        return self.parts[0] if _is_follow_up(part, self.parts[0]) else ""

    def full_text(self, part: str) -> str:
        """Return a part with the text that it leans on."""
        return f"{part} {self.topic_of(part)}".strip()


# A part ends at a question mark or a semicolon, or where "and" goes on with a word that asks.
_PART = re.compile(
    r"(?:,|;)?\s+(?:and|as well as)\s+(?=(?:also\s+)?(?:(?:to|for|in|from|by|at|on|with|of)\s+)?"
    r"(?:what|which|who|whom|whose|when|where|why|how|did|does|do|is|are|was|were|has|have|will|can|could)\b)"
    r"|\?\s+(?=\S)|;\s+",
    re.IGNORECASE,
)
# Each of two things that are compared is searched by itself.
_COMPARED = re.compile(
    r"^\s*(?:please\s+)?compare\s+(?P<one>.+?)\s+(?:with|to|and|against|versus|vs\.?)\s+(?P<other>.+)$"
    r"|^\s*(?:what is |what's )?the difference between\s+(?P<first>.+?)\s+and\s+(?P<second>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_REFERS = re.compile(
    r"\b(?:it|its|they|them|their|he|him|his|she|her|this|that|these|those|there|then|the same|such)\b"
    r"|^\s*(?:and|but|also|what about|how about|who else|what else|how so)\b",
    re.IGNORECASE,
)
"""Words that refer to the turn before, or go on with it."""
_LEFT_OPEN = re.compile(r"^\s*(?:why|for what reasons?|when|where)\b", re.IGNORECASE)
"""Words that ask about an event without naming it."""
_FUNCTION = rf"(?:{'|'.join(sorted(STOPWORDS))}|(?:any|every|some|no)(?:one|body|thing)|people|none|others?)\b"
_BARE = rf"(?:an?\s+)?(?!{_FUNCTION})"
_GENERIC = re.compile(
    rf"\b(?!{_FUNCTION})\w+\s+(?:(?:is|are)\s+)?(?:of|for|in|on|at|from|between)\s+{_BARE}\w"
    rf"|^\s*what(?:'s|’s|\s+is|\s+are)\s+{_BARE}(?!\w+(?:ed|ing)\b)\w"
    rf"|\b(?:is|are|do|does|can|should)\s+{_BARE}[\w'’-]+\s+(?!\w+ed\b)\w",
    re.IGNORECASE,
)
"""A thing in general, which the turn before need not name: "the price of bread", "what is inflation"."""


def understand(question: str, history: Sequence[Turn] = (), scope: Scope = EVERYTHING) -> Query:
    """Return the question as a Query; raise InvalidQuestion when it is empty or too long."""
    # No half of a surrogate pair is left, which neither the index nor a model can take.
    text = " ".join(question.encode(errors="surrogatepass").decode(errors="replace").split())
    if not any(char.isalnum() for char in text):
        raise InvalidQuestion("The question is empty. Type a question in plain words")
    if len(text) > MAX_QUESTION:
        raise InvalidQuestion(
            f"The question is {len(text):,} characters long; the limit is {MAX_QUESTION:,}. Ask for one thing at a time"
        )
    parts = _parts(text)
    return Query(question=text, parts=parts, carried=_carried(parts[0], history), scope=scope)


def _parts(text: str) -> tuple[str, ...]:
    if compared := _COMPARED.match(text):
        return tuple(side.strip(" ?.,") for side in compared.groups() if side)
    # What is cut off has to mean something alone; else the question is one part.
    parts = [part.strip(" ,;") for part in _PART.split(text) if part and part.strip(" ,;?")]
    return tuple(parts) if len(parts) > 1 and all(terms(part) for part in parts) else (text,)


def _carried(text: str, history: Sequence[Turn]) -> str:
    """Return the earlier questions that a follow-up leans on: back to the last one that stands on its own."""
    carried: list[str] = []
    for turn in reversed(history[-_MAX_CARRIED_TURNS:]):
        if not _is_follow_up(text, turn.question):
            break
        text = turn.question
        carried.insert(0, text)
    return " ".join(carried)


def _is_follow_up(text: str, before: str) -> bool:
    """Return whether a question leans on the one before: it refers to it, or leaves its topic open.

    A topic of its own, a name or a thing in general, leaves nothing open, unless the question before shares it.
    """
    named, own = names(text), terms(text)
    if _REFERS.search(text):
        return not named or len(own) < _SHORT_TERMS
    if len(own) >= _SHORT_TERMS and (named or not _LEFT_OPEN.search(text)):
        return False
    return not _has_a_topic(text) or not set(own).isdisjoint(terms(before))


def _has_a_topic(text: str) -> bool:
    return bool(names(text) or _GENERIC.search(text))
