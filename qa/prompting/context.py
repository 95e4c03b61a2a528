"""What a model is shown: passages with the sentences that they lean on, in a good order, never more than fits."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.models import Passage, Span
from qa.errors import ModelUnavailable
from qa.llm.budget import Budget
from qa.llm.model import Message
from qa.models import Hit, Turn
from qa.prompting.evidence import EvidenceSentence

PassagesOf = Callable[[str], Sequence[Passage]]
"""The passages of an article in the order of its text, by its path."""
_HISTORY_SHARE = 4
_MAX_LENT = 2
_LEANS = re.compile(
    r"[\"“'‘]?(?:he|she|it|they|his|her|its|their|this|that|these|those|there|but|and|so|however|instead|also|then|"
    r"the (?:former|latter|same|move|decision|meeting|incident|visit|two))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Context:
    """The evidence that a prompt holds, the prompt, its nonce, and what the reader should know of it."""

    evidence: tuple[EvidenceSentence, ...]
    messages: tuple[Message, ...]
    nonce: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Excerpt:
    """A hit as it is shown: its own sentences, and those of the passages beside it that it cannot do without."""

    hit: Hit
    before: tuple[tuple[Hit, Span], ...] = ()
    after: tuple[tuple[Hit, Span], ...] = ()

    @property
    def rows(self) -> list[tuple[Hit, Span]]:
        """The sentences in the order of the text, each with the passage that it stands in."""
        return [*self.before, *((self.hit, span) for span in self.hit.passage.sentences), *self.after]


def excerpts(hits: Sequence[Hit], passages_of: PassagesOf) -> list[Excerpt]:
    """Return the hits as excerpts, in their order; a sentence that another hit shows is not shown twice."""
    own = {hit.passage.id for hit in hits}
    return [_excerpt(hit, own, passages_of) for hit in hits]


def _excerpt(hit: Hit, own: set[str], passages_of: PassagesOf) -> Excerpt:
    passage = hit.passage
    first = passage.sentence(passage.sentences[0]) if passage.sentences else ""
    lacks_start, lacks_end = _open_quotations(passage.text)
    leans = lacks_start or bool(_LEANS.match(first))
    if not (leans or lacks_end):
        return Excerpt(hit)
    around = list(passages_of(passage.path))
    at = next((at for at, one in enumerate(around) if one.id == passage.id), None)
    if at is None:
        return Excerpt(hit)
    previous = around[at - 1] if at else None
    following = around[at + 1] if at + 1 < len(around) else None
    before = _lent(hit, previous, own, "“" if lacks_start else "", last=True) if leans else ()
    return Excerpt(hit, before, _lent(hit, following, own, "”", last=False) if lacks_end else ())


def _open_quotations(text: str) -> tuple[bool, bool]:
    """Whether a quotation in curly marks began before the text, and whether one goes on after it."""
    marks = re.findall("[“”]", text)
    return bool(marks) and marks[0] == "”", bool(marks) and marks[-1] == "“"


def _lent(hit: Hit, beside: Passage | None, own: set[str], until: str, *, last: bool) -> tuple[tuple[Hit, Span], ...]:
    """Return the sentences of the passage beside a hit that are next to it: one, or up to where a quotation ends."""
    if beside is None or beside.id in own:
        return ()
    nearest = beside.sentences[::-1] if last else beside.sentences
    lent: list[Span] = []
    for span in nearest[:_MAX_LENT]:
        lent.append(span)
        if until in beside.sentence(span):
            break
    host = hit.model_copy(update={"passage": beside})
    return tuple((host, span) for span in sorted(lent))


def ordered(chosen: Sequence[Excerpt]) -> list[EvidenceSentence]:
    """Return the sentences of excerpts, which come best first, numbered in the order in which they are shown.

    Excerpts of one article stand together, in the order of its text. The article of the best one comes first and that
    of the second best last: models use the ends of a long prompt better than its middle (Liu et al. 2023, 2307.03172).
    """
    articles: dict[str, list[Excerpt]] = {}
    for excerpt in chosen:
        articles.setdefault(excerpt.hit.passage.path, []).append(excerpt)
    best, *others = articles.values()
    shown = [best, *others[1:], *others[:1]]
    rows = dict.fromkeys(
        (row[0].passage.id, row[1])
        for article in shown
        for excerpt in sorted(article, key=lambda one: one.hit.passage.start)
        for row in excerpt.rows
    )
    hosts = {row[0].passage.id: row[0] for excerpt in chosen for row in excerpt.rows}
    return [EvidenceSentence(number, hosts[of], span) for number, (of, span) in enumerate(rows, start=1)]


Render = Callable[[Sequence[EvidenceSentence], Sequence[Turn]], tuple[Message, ...]]


def fitted(
    found: Sequence[Excerpt], history: Sequence[Turn], budget: Budget, render: Render
) -> tuple[list[EvidenceSentence], tuple[Message, ...], int]:
    """Return the evidence, the prompt with it, and how many excerpts were left out, the least likely first.

    Earlier turns get a quarter of the budget at most. Raises ModelUnavailable when not even one excerpt fits.
    """
    told = list(history)
    while told and budget.count(render((), told)) - budget.count(render((), ())) > budget.room // _HISTORY_SHARE:
        told.pop(0)
    chosen = list(found)
    evidence, prompt = _rendered(chosen, told, render)
    if not budget.holds(prompt):
        chosen = _likeliest(found, told, budget, render)
        evidence, prompt = _rendered(chosen, told, render)
        while chosen and not budget.holds(prompt):
            chosen.pop()
            evidence, prompt = _rendered(chosen, told, render)
    if found and not chosen:
        raise ModelUnavailable(
            f"No passage fits into the {budget.room:,} tokens that QA_MODEL takes beside its reply. Ask a shorter "
            "question, lower QA_MAX_TOKENS, or choose a model with a larger window"
        )
    return evidence, prompt, len(found) - len(chosen)


def _rendered(
    chosen: Sequence[Excerpt], told: Sequence[Turn], render: Render
) -> tuple[list[EvidenceSentence], tuple[Message, ...]]:
    evidence = ordered(chosen) if chosen else []
    return evidence, render(evidence, told)


def _likeliest(found: Sequence[Excerpt], told: Sequence[Turn], budget: Budget, render: Render) -> list[Excerpt]:
    """Take the excerpts, best first, that fit by their own length; one that is too long does not cost the others."""
    bare = budget.count(render((), told))
    left, chosen = budget.room - bare, []
    for excerpt in found:
        cost = budget.count(_rendered([excerpt], told, render)[1]) - bare
        if cost <= left:
            chosen.append(excerpt)
            left -= cost
    return chosen
