"""How long a prompt may be: the window of a model, less the room for its reply, counted in its own tokens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

Prompt = Sequence[Mapping[str, str]]
UNKNOWN_WINDOW = 8192
"""The window in tokens of a model whose own is not known."""
_MARGIN = 0.05
"""Tokens of models without a public tokenizer are counted with another's."""


@dataclass(frozen=True)
class Budget:
    """The most tokens of a prompt, and a function that counts them; `is_chosen` where the window would take more."""

    room: int
    count: Callable[[Prompt], int]
    is_chosen: bool = False

    @classmethod
    def of(cls, window: int | None, reply: int, count: Callable[[Prompt], int]) -> "Budget":
        """Return the budget that a window of so many tokens leaves beside a reply of `reply` tokens."""
        return cls(max(0, int((window or UNKNOWN_WINDOW) * (1 - _MARGIN)) - reply), count)

    def within(self, tokens: int) -> "Budget":
        """Return the budget with at most so many tokens."""
        return replace(self, room=tokens, is_chosen=True) if tokens < self.room else self

    def holds(self, prompt: Prompt) -> bool:
        """Return whether a prompt is short enough."""
        return self.count(prompt) <= self.room
