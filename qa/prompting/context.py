"""Choose the evidence of a prompt: passages with the sentences that they lean on, in a good order, as many as fit."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.models import Passage, Span
from qa.llm.budget import Budget
from qa.llm.model import Message
from qa.models import Hit, Turn
from qa.models.errors import ModelUnavailable
from qa.prompting.evidence import EvidenceSentence

PassagesOf = Callable[[str], Sequence[Passage]]
"""The passages of an article in the order of its text, by its path."""
_HISTORY_SHARE = 4
_MAX_NEIGHBOURS = 2
_LEANS = re.compile(
    r"[\"“'‘]?(?:he|she|it|they|his|her|its|their|this|that|these|those|there|but|and|so|however|instead|also|then|"
    r"the (?:former|latter|same|move|decision|meeting|incident|visit|two))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Context:
    """The evidence that a prompt holds, the prompt, its nonce, and notes for the reader."""

    evidence: tuple[EvidenceSentence, ...]
    messages: tuple[Message, ...]
    nonce: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Excerpt:
    """A hit as it is shown: its own sentences, and those of the neighbouring passages that it cannot do without."""

    hit: Hit
    before: tuple[tuple[Hit, Span], ...] = ()
    after: tuple[tuple[Hit, Span], ...] = ()

    @property
    def rows(self) -> list[tuple[Hit, Span]]:
        """The sentences in the order of the text, each with its passage."""
        return [*self.before, *((self.hit, span) for span in self.hit.passage.sentences), *self.after]


def excerpts(hits: Sequence[Hit], passages_of: PassagesOf) -> list[Excerpt]:
    """Return the hits as excerpts, in their order; a sentence that another hit shows is not shown twice."""
    hit_ids = {hit.passage.id for hit in hits}
    return [_excerpt(hit, hit_ids, passages_of) for hit in hits]


def _excerpt(hit: Hit, hit_ids: set[str], passages_of: PassagesOf) -> Excerpt:
    passage = hit.passage
    first = passage.sentence(passage.sentences[0]) if passage.sentences else ""
    lacks_start, lacks_end = _open_quotations(passage.text)
    # A passage that begins with a pronoun, or inside a quotation, says little without what stands before.
    leans = lacks_start or bool(_LEANS.match(first))
    if not (leans or lacks_end):
        return Excerpt(hit)
    passages = list(passages_of(passage.path))
    index = next((index for index, other in enumerate(passages) if other.id == passage.id), None)
    if index is None:
        return Excerpt(hit)
    before: tuple[tuple[Hit, Span], ...] = ()
    after: tuple[tuple[Hit, Span], ...] = ()
    if leans and index > 0:
        before = _neighbours(hit, passages[index - 1], hit_ids, "“" if lacks_start else "", from_end=True)
    if lacks_end and index + 1 < len(passages):
        after = _neighbours(hit, passages[index + 1], hit_ids, "”", from_end=False)
    return Excerpt(hit, before, after)


def _open_quotations(text: str) -> tuple[bool, bool]:
    """Return whether a quotation in curly marks began before the text, and whether one goes on after it."""
    marks = re.findall("[“”]", text)
    return bool(marks) and marks[0] == "”", bool(marks) and marks[-1] == "“"


def _neighbours(
    hit: Hit, neighbour: Passage, hit_ids: set[str], until: str, *, from_end: bool
) -> tuple[tuple[Hit, Span], ...]:
    """Return the sentences of a neighbouring passage nearest to a hit: one, or up to where a quotation ends."""
    if neighbour.id in hit_ids:
        return ()
    nearest = neighbour.sentences[::-1] if from_end else neighbour.sentences
    spans: list[Span] = []
    for span in nearest[:_MAX_NEIGHBOURS]:
        spans.append(span)
        # An empty `until` is in every sentence: one is enough.
        if until in neighbour.sentence(span):
            break
    # The neighbour is of the same article, so all but the passage is as in the hit.
    host = hit.model_copy(update={"passage": neighbour})
    return tuple((host, span) for span in sorted(spans))


def ordered_evidence(chosen: Sequence[Excerpt]) -> list[EvidenceSentence]:
    """Return the sentences of excerpts, which come best first, numbered in the order in which they are shown.

    Excerpts of one article stand together, in the order of its text. The article of the best one comes first and that
    of the second best last: models use the ends of a long prompt better than its middle (Liu et al. 2023, 2307.03172).
    """
    articles: dict[str, list[Excerpt]] = {}
    for excerpt in chosen:
        articles.setdefault(excerpt.hit.passage.path, []).append(excerpt)
    best, *others = articles.values()
    hosts = {host.passage.id: host for excerpt in chosen for host, _ in excerpt.rows}
    # A dict as a set in order: a sentence that two excerpts hold is shown once.
    rows: dict[tuple[str, Span], None] = {}
    for article in (best, *others[1:], *others[:1]):
        for excerpt in sorted(article, key=lambda excerpt: excerpt.hit.passage.start):
            rows |= dict.fromkeys((host.passage.id, span) for host, span in excerpt.rows)
    return [EvidenceSentence(number, hosts[identity], span) for number, (identity, span) in enumerate(rows, start=1)]


Render = Callable[[Sequence[EvidenceSentence], Sequence[Turn]], tuple[Message, ...]]


def fit_into_budget(
    candidates: Sequence[Excerpt], history: Sequence[Turn], budget: Budget, render: Render
) -> tuple[list[EvidenceSentence], tuple[Message, ...], int]:
    """Return the evidence, the prompt with it, and how many excerpts were left out, the least likely first.

    Earlier turns get a quarter of the budget at most. Raises ModelUnavailable when not even one excerpt fits.
    """
    turns = list(history)
    # The oldest turn goes first.
    while turns and budget.count(render((), turns)) - budget.count(render((), ())) > budget.room // _HISTORY_SHARE:
        turns.pop(0)
    chosen = list(candidates)
    evidence, prompt = _rendered(chosen, turns, render)
    if not budget.holds(prompt):
        chosen = _likeliest(candidates, turns, budget, render)
        evidence, prompt = _rendered(chosen, turns, render)
        # Their lengths one by one are an estimate of that of all: headings are shared, and turns were counted apart.
        while chosen and not budget.holds(prompt):
            chosen.pop()
            evidence, prompt = _rendered(chosen, turns, render)
    if candidates and not chosen:
        raise ModelUnavailable(
            f"No passage fits into the {budget.room:,} tokens that QA_MODEL takes beside its reply. Ask a shorter "
            "question, lower QA_MAX_TOKENS, or choose a model with a larger window"
        )
    return evidence, prompt, len(candidates) - len(chosen)


def _rendered(
    chosen: Sequence[Excerpt], turns: Sequence[Turn], render: Render
) -> tuple[list[EvidenceSentence], tuple[Message, ...]]:
    evidence = ordered_evidence(chosen) if chosen else []
    return evidence, render(evidence, turns)


def _likeliest(candidates: Sequence[Excerpt], turns: Sequence[Turn], budget: Budget, render: Render) -> list[Excerpt]:
    """Return the excerpts, best first, that fit by their own length; one that is too long does not cost the others."""
    bare = budget.count(render((), turns))
    left, chosen = budget.room - bare, []
    for excerpt in candidates:
        cost = budget.count(_rendered([excerpt], turns, render)[1]) - bare
        if cost <= left:
            chosen.append(excerpt)
            left -= cost
    return chosen
