"""Answers and errors as text for a terminal, and the conversation at the prompt."""

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
from index.models import EVERYTHING, ListedArticle, Scope
from index.text.file_names import printable
from qa.answer_draft import DECLINED, unchecked_note
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
from qa.models.errors import QAError
from qa.question.scopes import scope_words

if TYPE_CHECKING:
    from qa.service import QAService

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_COMMAND = re.compile(r"/\w+")
_PROMPT = "> "
_HELP = "Ask a question. /new begins anew; /quit or Ctrl-D ends; Ctrl-C stops an answer."
_MAX_HITS, _MAX_ARTICLES = 5, 100
"""The most passages shown below an error, and the most rows of a list of articles."""


async def converse(service: "QAService", lines: Iterator[str], scope: Scope = EVERYTHING) -> None:
    """Answer line after line, each with the turns before it, until the lines end or a line is `/quit`.

    `/new` forgets the turns. Ctrl-C stops the answer in progress, and at the prompt ends the conversation. The error of
    a question is printed. A question without an answer is no turn.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the handler of asyncio would not end the wait for a line
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
            elif line and (answer := await _answered(service, line, turns, scope)):
                turns.append(answer)
    except KeyboardInterrupt:
        print(file=sys.stderr)


async def _answered(service: "QAService", question: str, turns: Sequence[Answer], scope: Scope) -> Answer | None:
    """Print and return the answer; after an error or Ctrl-C, print that and return None."""
    loop = asyncio.get_running_loop()
    answering = asyncio.ensure_future(print_answer(service, question, history_of(turns), scope))
    # Only the answer is cancelled by Ctrl-C, and the conversation goes on.
    loop.add_signal_handler(signal.SIGINT, answering.cancel)
    try:
        answer = await answering
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) and task.cancelling():  # the program ends, as by SIGTERM
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


def input_lines() -> Iterator[str]:
    """Yield the lines of stdin; at a terminal, print a prompt for each."""
    if sys.stdin is None:  # it is closed
        return
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    terminal = sys.stdin.isatty()
    edited = terminal and sys.stdout.isatty()
    if edited:
        # Where Python was built without it, the line is read without being edited.
        with suppress(ImportError):
            import_module("readline")  # `input` edits the line with it
    if terminal:
        print(_HELP, file=sys.stderr)
    while True:
        # What `input` prints would go to stdout, which is for answers.
        if terminal and not edited:
            print(_PROMPT, end="", file=sys.stderr, flush=True)
        try:
            line = input(_PROMPT if edited else "")
        except EOFError:
            if terminal:
                print(file=sys.stderr)
            return
        yield line


async def print_answer(
    service: "QAService", question: str, history: Sequence[Turn] = (), scope: Scope = EVERYTHING
) -> Answer:
    """Print each statement as it comes, then the verdicts and the citations; return the answer.

    Raises as the service does. Below an answer that breaks off stand the problems found until then.
    """
    printed = ""
    statements: list[Statement] = []
    try:
        async with aclosing(service.stream(question, history, scope=scope)) as events:
            async for event in events:
                if isinstance(event, StatementEvent):
                    piece = event.separator + event.statement.text
                    printed += piece
                    statements.append(event.statement)
                    print(terminal_safe(piece), end="", flush=True)
                elif isinstance(event, VerdictEvent):
                    statements[event.index] = event.on(statements[event.index])
                elif isinstance(event, DoneEvent):
                    # The end has what was printed before it; only the rest is new.
                    rest, printed = answer_text(event.answer).removeprefix(printed), ""
                    print(terminal_safe(rest), flush=True)
                    return event.answer
    # An answer that breaks off has printed its statements, and what is wrong with them has to follow.
    finally:
        if printed:
            print(terminal_safe("".join(f"\n\n{line}" for line in _checks(statements))), flush=True)
    raise QAError("The answer was not finished. Ask again")


def print_error(error: Exception) -> None:
    """Print an error, and the passages found before it, on stderr."""
    hint = ". Check the folder's name and rights, and the room on the disk" if isinstance(error, OSError) else ""
    print(f"newsdesk: {error}{hint}", file=sys.stderr)
    if isinstance(error, QAError) and error.hits:
        print(f"Passages found:\n{terminal_safe(hits_text(error.hits[:_MAX_HITS]))}", file=sys.stderr)


def terminal_safe(text: str) -> str:
    """Return text with control characters escaped, so that a terminal shows them."""
    return _CONTROLS.sub(lambda match: repr(match.group())[1:-1], text)


def hits_text(hits: Sequence[Hit]) -> str:
    """Return passages as text for a terminal, with their files and offsets."""
    rows = []
    for number, hit in enumerate(hits, start=1):
        about = ", ".join(str(part) for part in (hit.outlet, hit.published, hit.headline) if part)
        place = f"{printable(hit.passage.path)} {hit.passage.start}-{hit.passage.end}"
        rows.append(f"[{number}] {hit.score:.3f}  {place}{f' ({about})' if about else ''}\n    {hit.passage.text}")
    return "\n".join(rows)


def answer_text(answer: Answer) -> str:
    """Return an answer as text: statements with their problems, then the quotes with their files and offsets."""
    checks = [f"Note: {DECLINED}"] if answer.status is Status.DECLINED else _checks(answer.statements)
    parts = [answer.text, *checks]
    if answer.missing:
        parts.append(f"Missing: {answer.missing}")
    parts += [f"Note: {note}" for note in answer.notes]
    if words := scope_words(answer.scope):
        parts.append(f"Asked of articles {', '.join(words)} alone.")
    for citation in answer.citations:
        about = ", ".join(
            str(part) for part in (citation.outlet, citation.published, citation.headline, citation.speaker) if part
        )
        place = f"{printable(citation.path)} {citation.start}-{citation.end}"
        change = f"; {citation.since.in_words}" if citation.since else ""
        parts.append(f"[{citation.marker}] {place}{f' ({about})' if about else ''}{change}\n    {citation.quote}")
    if len(answer.articles) > len(answer.citations) or any(article.url for article in answer.articles):
        parts.append(_article_rows(answer.articles))
    return "\n\n".join(parts)


def _article_rows(articles: Sequence[ListedArticle]) -> str:
    """Return a list of articles as rows of text, cut off where it is long."""
    rows = [f"Articles listed: {len(articles):,}"]
    for article in articles[:_MAX_ARTICLES]:
        fields = (article.outlet, article.published, article.author, article.headline, article.url)
        about = ", ".join(str(part) for part in fields if part)
        rows.append(f"    {printable(article.path)}{f' ({about})' if about else ''}")
    if len(articles) > _MAX_ARTICLES:
        rows.append(f"    {len(articles) - _MAX_ARTICLES:,} more. To have them all: newsdesk ask --json")
    return "\n".join(rows)


def _checks(statements: Sequence[Statement]) -> list[str]:
    """Return a line for each statement with problems, then one with the number that is unchecked."""
    lines = []
    for statement in statements:
        if statement.problems and statement.support is not Support.UNCHECKED:
            why = " ".join(problem.text for problem in statement.problems)
            lines.append(f"({statement.support}: {statement.text}: {why})")
    if unchecked := sum(statement.support is Support.UNCHECKED for statement in statements):
        lines.append(f"Note: {unchecked_note(unchecked)}")
    return lines
