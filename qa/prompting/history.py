"""Earlier turns as lines of a prompt: the newest with the beginning of its answer, older ones in a line each."""

from collections.abc import Sequence

from qa.models import Turn
from qa.models.markers import unmarked
from qa.prompting.evidence import prompt_safe

MAX_TURNS = 4
# The newest turn has most room: it is the one that a follow-up leans on.
_QUESTION_CHARS = 400
_NEWEST_CHARS = 600
_OLDER_CHARS = 160


def history_text(history: Sequence[Turn]) -> str:
    """Return the last turns as lines of a prompt, shortened by rule; they only say what a question means."""
    lines: list[str] = []
    recent = history[-MAX_TURNS:]
    # The newest has the age 0, those before it are negative.
    for age, turn in enumerate(recent, start=1 - len(recent)):
        answer = prompt_safe(unmarked(turn.answer))
        lines.append(f"Earlier question: {_cut(prompt_safe(turn.question), _QUESTION_CHARS)}")
        lines.append(f"Earlier answer: {_cut(answer, _OLDER_CHARS if age else _NEWEST_CHARS)}")
    return "\n".join([*lines, "", ""]) if lines else ""


def _cut(text: str, size: int) -> str:
    """Return the sentences of a text that fit into so many characters, or the words of its first one."""
    if len(text) <= size:
        return text
    # Two characters are left for the space and the ellipsis.
    head = text[: size - 2]
    stop = max(head.rfind(mark) for mark in (". ", "? ", "! ", "。", "۔ ", "। "))
    return head[: stop + 1] if stop > 0 else f"{head.rpartition(' ')[0] or head} …"
