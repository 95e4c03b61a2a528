"""Show drafts to a person, each beside its evidence, and keep what the person decides."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path

from evals.errors import BadConfiguration
from evals.known.cases import Case
from evals.known.files import read_cases, write_cases
from evals.scoring.wording import says


class Decision(StrEnum):
    """What may be done with a draft; anything else that is typed is the question in other words."""

    ACCEPT = "a"
    SKIP = "s"
    DELETE = "d"
    QUIT = "q"


ASKED = "[a]ccept, [s]kip, [d]elete, [q]uit, or type the question in other words: "


def accept(file: Path, ids: Sequence[str], ask: Callable[[str], str], say: Callable[[str], None]) -> int:
    """Go through the drafts of a file and write it after each decision; return how many were accepted.

    With `ids` those are accepted unasked. `ask` shows a prompt and returns what was typed; `say` shows a text. Raises
    BadConfiguration for an id that is no draft, and for a draft whose question holds its own answer.
    """
    cases = {written.case.id: written.case for written in read_cases(file)}
    drafts = [name for name, case in cases.items() if case.draft]
    if unknown := [name for name in ids if name not in drafts]:
        raise BadConfiguration(f"{unknown[0]!r} is no draft of {file}. The drafts are: {', '.join(drafts) or 'none'}")
    accepted = 0
    for at, name in enumerate(ids or drafts, start=1):
        case = cases[name]
        say(shown(case, f"{at} of {len(ids or drafts)}"))
        decided = _accepted(case) if ids else _decided(case, ask, say)
        if decided is Decision.QUIT:
            break
        if decided is Decision.DELETE:
            del cases[name]
        elif isinstance(decided, Case):
            cases[name] = decided
            accepted += 1
        write_cases(file, _kept(cases.values()))
    return accepted


def shown(case: Case, place: str = "") -> str:
    """Return a case as a person reads it: the question, what an answer must say, and the evidence."""
    lines = [f"{case.id} ({case.kind}) {place}".rstrip()]
    lines += [f"  asked before  {question}" for question in case.earlier]
    lines += [f"  question      {case.question}"]
    lines += [f"  answer has    {' or '.join(group)}" for group in case.required] or ["  answer        none: abstain"]
    lines += [f"  not           {string}" for string in case.forbidden]
    lines += [f"  evidence      {place.path}: {place.quote}" for fact in case.evidence for place in fact]
    lines += [f"  note          {case.note}"] if case.note else []
    return "\n".join(lines)


def _decided(case: Case, ask: Callable[[str], str], say: Callable[[str], None]) -> Case | Decision:
    """Ask until there is a decision; an end of the input is one to quit."""
    while True:
        try:
            typed = ask(ASKED).strip()
        except EOFError:
            return Decision.QUIT
        if typed in (Decision.SKIP, Decision.DELETE, Decision.QUIT):
            return Decision(typed)
        if not typed:
            continue
        try:
            return _accepted(case if typed == Decision.ACCEPT else case.model_copy(update={"question": typed}))
        except BadConfiguration as error:
            say(str(error))


def _accepted(case: Case) -> Case:
    held = [string for group in case.required for string in group if says(case.question, string)]
    if held:
        raise BadConfiguration(f"The question of {case.id!r} holds its own answer, {held[0]!r}. Ask without it")
    return case.model_copy(update={"draft": False})


def _kept(cases: Iterable[Case]) -> list[Case]:
    kept = list(cases)
    if not kept:
        raise BadConfiguration("The last case is not deleted, for a file of cases holds at least one. Delete the file")
    return kept
