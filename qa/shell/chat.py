"""Answers and errors as text for a terminal, answers printed as they are made, and the conversation at the prompt."""

import asyncio
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import aclosing, suppress
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING

from index.errors import IndexingError
from index.models import ListedArticle
from index.text.file_names import printable
from qa.answer_draft import DECLINED, unchecked_note
from qa.errors import QAError
from qa.models import (
    Answer,
    DoneEvent,
    Hit,
    Statement,
    StatementEvent,
    Status,
    Support,
    Turn,
    VerdictEvent,
    history_of,
)

if TYPE_CHECKING:
    from qa.service import QAService

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_COMMAND = re.compile(r"/\w+")
_PROMPT = "> "
_HELP = "Ask a question. /new begins anew; /quit or Ctrl-D ends; Ctrl-C stops an answer."
_NEAREST, _LISTED = 5, 100


async def converse(service: "QAService", lines: Iterator[str]) -> None:
    """Answer one line after the other, each with the turns before it, until the lines end or one of them is `/quit`.

    `/new` forgets the turns. Ctrl-C stops the answer in progress; where a line is waited for, it ends the conversation.
    An error of one question is said. A question that got no answer is no turn.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # asyncio's would not end the wait for a line
    turns: list[Answer] = []
    try:
        for line in map(str.strip, lines):
            if line == "/quit":
                return
            if line == "/new":
                turns.clear()
                print("A new conversation.", file=sys.stderr)
            elif _COMMAND.fullmatch(line):
                print(f"There is no command {line}. There are /new and /quit", file=sys.stderr)
            elif line and (answer := await _answered(service, line, turns)):
                turns.append(answer)
    except KeyboardInterrupt:
        print(file=sys.stderr)


async def _answered(service: "QAService", question: str, turns: Sequence[Answer]) -> Answer | None:
    """Print the answer and return it; None where an error or Ctrl-C came between, which is said."""
    loop = asyncio.get_running_loop()
    answering = asyncio.ensure_future(print_answer(service, question, history_of(turns)))
    loop.add_signal_handler(signal.SIGINT, answering.cancel)
    try:
        answer = await answering
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) and task.cancelling():  # the end of all, as by SIGTERM
            raise
        print("Stopped.", file=sys.stderr)
        return None
    except BrokenPipeError:
        raise
    except (QAError, IndexingError, OSError) as error:
        print_error(error)
        return None
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    print(flush=True)
    return answer


def typed() -> Iterator[str]:
    """Yield the lines of stdin; where that is a terminal, ask for each with a prompt."""
    if sys.stdin is None:  # it is closed
        return
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    terminal = sys.stdin.isatty()
    edited = terminal and sys.stdout.isatty()
    if edited:
        with suppress(ImportError):
            import_module("readline")  # `input` edits the line with it
    if terminal:
        print(_HELP, file=sys.stderr)
    while True:
        if terminal and not edited:
            print(_PROMPT, end="", file=sys.stderr, flush=True)
        try:
            line = input(_PROMPT if edited else "")
        except EOFError:
            if terminal:
                print(file=sys.stderr)
            return
        yield line


async def print_answer(service: "QAService", question: str, history: Sequence[Turn] = ()) -> Answer:
    """Print each statement as it is told, then the verdicts and what they rest on; return the answer.

    Raises as the service does. An answer that breaks off ends its line, and says what was found amiss until then.
    """
    said = ""
    statements: list[Statement] = []
    try:
        async with aclosing(service.stream(question, history)) as events:
            async for event in events:
                if isinstance(event, StatementEvent):
                    piece = event.separator + event.statement.text
                    said += piece
                    statements.append(event.statement)
                    print(plain(piece), end="", flush=True)
                elif isinstance(event, VerdictEvent):
                    statements[event.index] = event.on(statements[event.index])
                elif isinstance(event, DoneEvent):
                    rest, said = rendered(event.answer).removeprefix(said), ""
                    print(plain(rest), flush=True)
                    return event.answer
    finally:
        if said:
            print(plain("".join(f"\n\n{one}" for one in _checks(statements))), flush=True)
    raise QAError("The answer was not finished. Ask again")


def print_error(error: Exception) -> None:
    """Say what went wrong, and what was found before: on stderr, for stdout is for answers."""
    hint = ". Check the folder's name and rights, and the room on the disk" if isinstance(error, OSError) else ""
    print(f"newsdesk: {error}{hint}", file=sys.stderr)
    if isinstance(error, QAError) and error.hits:
        print(f"Passages found:\n{plain(listed(error.hits[:_NEAREST]))}", file=sys.stderr)


def plain(text: str) -> str:
    """Return text without what a terminal would obey."""
    return _CONTROLS.sub(lambda found: repr(found.group())[1:-1], text)


def listed(hits: Sequence[Hit]) -> str:
    """Return passages as text for a terminal, with their files and offsets."""
    rows = []
    for at, hit in enumerate(hits, start=1):
        about = ", ".join(str(part) for part in (hit.outlet, hit.published, hit.headline) if part)
        place = f"{printable(hit.passage.path)} {hit.passage.start}-{hit.passage.end}"
        rows.append(f"[{at}] {hit.score:.3f}  {place}{f' ({about})' if about else ''}\n    {hit.passage.text}")
    return "\n".join(rows)


def rendered(answer: Answer) -> str:
    """Return an answer as text: statements with their problems, then the quotes with their files and offsets."""
    parts = [answer.text, *_checks(answer.statements)]
    if answer.status is Status.DECLINED:
        parts.append(f"Note: {DECLINED}")
    if answer.missing:
        parts.append(f"Missing: {answer.missing}")
    parts += [f"Note: {note}" for note in answer.notes]
    for citation in answer.citations:
        about = ", ".join(
            str(part) for part in (citation.outlet, citation.published, citation.headline, citation.speaker) if part
        )
        place = f"{printable(citation.path)} {citation.start}-{citation.end}"
        stale = f"; {citation.since.in_words}" if citation.since else ""
        parts.append(f"[{citation.marker}] {place}{f' ({about})' if about else ''}{stale}\n    {citation.quote}")
    if len(answer.articles) > len(answer.citations) or any(article.url for article in answer.articles):
        parts.append(_listed(answer.articles))
    return "\n\n".join(parts)


def _listed(articles: Sequence[ListedArticle]) -> str:
    """Return a list of articles as rows of text, cut off where it is long."""
    rows = [f"Articles listed: {len(articles):,}"]
    for article in articles[:_LISTED]:
        known = (article.outlet, article.published, article.author, article.headline, article.url)
        about = ", ".join(str(part) for part in known if part)
        rows.append(f"    {printable(article.path)}{f' ({about})' if about else ''}")
    if len(articles) > _LISTED:
        rows.append(f"    {len(articles) - _LISTED:,} more. To have them all: newsdesk ask --json")
    return "\n".join(rows)


def _checks(statements: Sequence[Statement]) -> list[str]:
    """Return each statement that is not borne out, with why, then how many were not checked whole."""
    lines = []
    for statement in statements:
        if statement.problems and statement.support is not Support.UNCHECKED:
            why = " ".join(problem.text for problem in statement.problems)
            lines.append(f"({statement.support}: {statement.text}: {why})")
    if unchecked := sum(statement.support is Support.UNCHECKED for statement in statements):
        lines.append(f"Note: {unchecked_note(unchecked)}")
    return lines
