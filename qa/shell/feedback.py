"""`newsdesk feedback`: the feedback of readers as candidate cases for the evals."""

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from qa.answer_store.database import Database
from qa.answer_store.records import Feedback
from qa.answer_store.store import FILE
from qa.models.errors import AnswersUnavailable, QAError
from qa.settings import load_settings

_T = TypeVar("_T")
app = typer.Typer(help="What readers said of answers.", no_args_is_help=True)


@app.command()
def export(
    output: Annotated[
        Path | None, typer.Option(help="file to write, JSON Lines, or YAML by its suffix; default: stdout")
    ] = None,
) -> None:
    """Write what readers said as candidate cases: drafts that are not asked until `newsdesk eval accept` takes them."""
    from evals.errors import EvalError
    from evals.feedback import candidates
    from evals.known.files import text_of, write_cases

    if output and output.exists():
        raise QAError(f"{str(output)!r} is there already. Name another file: --output FILE")
    feedback, unread = _parse(_use_file(Database.feedback))
    drafts = candidates(feedback)
    if unread:
        print(f"{unread} verdicts are left out: another version of Newsdesk has written them", file=sys.stderr)
    if not drafts:
        print("There is no feedback.", file=sys.stderr)
    elif output is None:
        typer.echo(text_of(drafts).encode(), nl=False)
    else:
        try:
            write_cases(output, drafts)
        except EvalError as error:
            raise QAError(str(error)) from None
        print(f"Wrote {len(drafts)} drafts to {output}. Read and accept them: newsdesk eval accept {output}")


@app.command()
def clear() -> None:
    """Delete all that readers said; export it first."""
    print(f"Deleted {_use_file(Database.clear_feedback)} verdicts.")


def _use_file(work: Callable[[Database], _T]) -> _T:
    database = Database(load_settings().data_dir / FILE)
    try:
        return work(database)
    except sqlite3.Error as error:
        raise AnswersUnavailable(
            f"{str(database.file)!r} cannot be used: {error}. See to its disk and rights"
        ) from None


def _parse(rows: list[str]) -> tuple[list[Feedback], int]:
    """Return the feedback that can be read, and the number of rows that cannot."""
    feedback = []
    for row in rows:
        try:
            feedback.append(Feedback.model_validate_json(row))
        except ValidationError:
            continue
    return feedback, len(rows) - len(feedback)
