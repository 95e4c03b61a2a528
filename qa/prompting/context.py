"""Choose the evidence of a prompt: the hits and the passages around them, in a good order, as many as fit."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from index.models import Passage
from qa.llm.budget import Budget
from qa.llm.model import Message
from qa.models import Hit, Turn
from qa.models.errors import ModelUnavailable
from qa.prompting.evidence import EvidenceSentence, number_evidence

PassagesOf = Callable[[str], Sequence[Passage]]
"""The passages of an article in the order of its text, by its path."""
_HISTORY_SHARE = 4
_BEST = 3
"""The passages around so many of the best hits come before the other hits.

On one half of `newsquestions` dev, by article, no more of them cost other evidence its place; see `docs/figures.md`.
"""


@dataclass(frozen=True)
class Context:
    """The evidence that a prompt holds, the prompt, its nonce, and notes for the reader."""

    evidence: tuple[EvidenceSentence, ...]
    messages: tuple[Message, ...]
    nonce: str
    notes: tuple[str, ...] = ()


def ordered_evidence(chosen: Sequence[Hit]) -> list[EvidenceSentence]:
    """Return the sentences of passages, which come best first, numbered in the order in which they are shown.

    Passages of one article stand together, in the order of its text. The article of the best one comes first and that
    of the second best last: models use the ends of a long prompt better than its middle (Liu et al. 2023, 2307.03172).
    """
    articles: dict[str, list[Hit]] = {}
    for hit in chosen:
        articles.setdefault(hit.passage.path, []).append(hit)
    best, *others = articles.values()
    in_order = (best, *others[1:], *others[:1])
    return number_evidence([hit for article in in_order for hit in sorted(article, key=lambda hit: hit.passage.start)])


Render = Callable[[Sequence[EvidenceSentence], Sequence[Turn]], tuple[Message, ...]]


def fit_into_budget(
    hits: Sequence[Hit], passages_of: PassagesOf, history: Sequence[Turn], budget: Budget, render: Render
) -> tuple[list[EvidenceSentence], tuple[Message, ...], int]:
    """Return the evidence, the prompt with it, and how many hits were left out, the least likely first.

    Earlier turns get a quarter of the budget at most. Room that the hits leave is filled with the passages around them.
    Raises ModelUnavailable when not even one passage fits.
    """
    turns = list(history)
    # The oldest turn goes first.
    while turns and budget.count(render((), turns)) - budget.count(render((), ())) > budget.room // _HISTORY_SHARE:
        turns.pop(0)
    room = _Room(budget.room, lambda passages: budget.count(_rendered(passages, turns, render)[1]))
    chosen = _chosen(hits, passages_of, room)
    evidence, prompt = _rendered(chosen, turns, render)
    # The sum of the lengths of the articles is an estimate of that of all.
    while chosen and not budget.holds(prompt):
        chosen.pop()
        evidence, prompt = _rendered(chosen, turns, render)
    if hits and not chosen:
        raise ModelUnavailable(
            f"No passage fits into the {budget.room:,} tokens that QA_MODEL takes beside its reply. Ask a shorter "
            "question, lower QA_MAX_TOKENS, or choose a model with a larger window"
        )
    shown = {hit.passage.id for hit in chosen}
    return evidence, prompt, sum(hit.passage.id not in shown for hit in hits)


def _rendered(
    chosen: Sequence[Hit], turns: Sequence[Turn], render: Render
) -> tuple[list[EvidenceSentence], tuple[Message, ...]]:
    evidence = ordered_evidence(chosen) if chosen else []
    return evidence, render(evidence, turns)


class _Room:
    """The passages taken for a prompt, and the tokens that are left; the heading of an article is paid for once."""

    def __init__(self, room: int, length: Callable[[Sequence[Hit]], int]) -> None:
        self._length = length
        self._bare = length(())
        self._left = room - self._bare
        self._articles: dict[str, tuple[list[Hit], int]] = {}
        self.taken: dict[str, Hit] = {}

    def take(self, hit: Hit) -> bool:
        """Take a passage, once; return False where it does not fit. One that is too long does not cost the others."""
        if hit.passage.id in self.taken:
            return True
        passages, length = self._articles.get(hit.passage.path, ([], self._bare))
        longer = self._length([*passages, hit])
        if longer - length > self._left:
            return False
        self._left -= longer - length
        self._articles[hit.passage.path] = [*passages, hit], longer
        self.taken[hit.passage.id] = hit
        return True


def _chosen(hits: Sequence[Hit], passages_of: PassagesOf, room: _Room) -> list[Hit]:
    """Return what fits: the best hits with the passages around them, the other hits, then the passages around these."""
    passages_of = cache(passages_of)
    best, others = hits[:_BEST], hits[_BEST:]
    for hit in best:
        for passage in (hit, *_around(hit, passages_of)):
            room.take(passage)
    for hit in others:
        room.take(hit)
    for hit in others:
        # When one does not fit, the room is as good as used.
        if not all(map(room.take, _around(hit, passages_of))):
            break
    return list(room.taken.values())


def _around(hit: Hit, passages_of: PassagesOf) -> Iterator[Hit]:
    """Yield the passages before and after a hit; they are of its article, so all but the passage is as in the hit."""
    for before, after in pairwise(passages_of(hit.passage.path)):
        if hit.passage.id in (before.id, after.id):
            yield hit.model_copy(update={"passage": before if hit.passage.id == after.id else after})
