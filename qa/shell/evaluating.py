"""`newsdesk eval` and its commands. They import the package evals, which does the work, when they run."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from qa.process import Exit
from qa.settings import load_settings
from qa.shell.chat import print_error, terminal_safe

app = typer.Typer(
    help="Ask the known questions and compare the figures with their thresholds and a baseline.",
    rich_markup_mode=None,
)
File = Annotated[Path, typer.Argument(help="a file of cases, JSON Lines or YAML")]


@app.callback(invoke_without_command=True)
def evaluate(
    context: typer.Context,
    cases: Annotated[Path | None, typer.Option(help="questions, JSON Lines or YAML; default: the shipped ones")] = None,
    corpus: Annotated[Path | None, typer.Option(help="folder of articles to ask them about")] = None,
    thresholds: Annotated[Path | None, typer.Option(help="TOML with what to reach; default: the shipped one")] = None,
    baseline: Annotated[Path | None, typer.Option(help="an earlier run to compare with")] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="write this run as the baseline, and say what changed")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="write the report as JSON")] = None,
    markdown: Annotated[Path | None, typer.Option(help="write the report as Markdown")] = None,
    junit: Annotated[Path | None, typer.Option(help="write the report as JUnit XML")] = None,
    html: Annotated[Path | None, typer.Option(help="write the report as one HTML page")] = None,
    reader: Annotated[
        str | None, typer.Option(help="answer by this reader, such as `baseline`, the plain one to compare with")
    ] = None,
    times: Annotated[bool, typer.Option(help="measure times; without, the same run gives the same bytes")] = True,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="how many cases are asked at once")] = 1,
    repeats: Annotated[int, typer.Option(min=1, max=100, help="how often each case is asked")] = 1,
    max_cost: Annotated[float | None, typer.Option(min=0, help="US dollars that the run may cost")] = None,
    resume: Annotated[Path | None, typer.Option(help="file to keep finished cases in, and to go on from")] = None,
    judge: Annotated[bool, typer.Option("--judge", help="have QA_JUDGE, else QA_MODEL, grade the answers")] = False,
) -> None:
    """Ask the known questions and compare the figures with their thresholds and a baseline."""
    # Before any other local name: all that there is at this point are the options.
    options = {name: value for name, value in locals().items() if name != "context"}  # they have the names of Options
    if context.invoked_subcommand:
        return
    from evals.suite import Options, main_eval

    raise typer.Exit(main_eval(load_settings(), Options(**options)))


@app.command()
def init(
    corpus: Annotated[Path, typer.Option(help="the folder of articles to ask about")],
    out: Annotated[Path, typer.Option(help="file to write; JSON Lines, or YAML by its suffix")] = Path("cases.jsonl"),
    number: Annotated[int, typer.Option(min=1, help="how many drafts")] = 20,
) -> None:
    """Propose cases for a folder of articles: drafts, which are not asked until you accept them."""
    from evals.authoring import main_init

    _end_with(lambda: main_init(load_settings(), corpus, out, number))


@app.command()
def accept(
    file: File, ids: Annotated[list[str] | None, typer.Argument(help="accept these without being asked")] = None
) -> None:
    """Go through the drafts of a file, each beside its evidence, and accept, reword or delete it."""
    from evals.authoring import main_accept

    _end_with(
        lambda: main_accept(
            file, ids or [], lambda prompt: input(terminal_safe(prompt)), lambda text: print(terminal_safe(text))
        )
    )


@app.command()
def check(
    file: File, corpus: Annotated[Path, typer.Option(help="the folder of articles that the cases are about")]
) -> None:
    """Say what is not sound in cases: quotes that are not there once, strings without evidence, ids that come twice."""
    from evals.authoring import main_check

    _end_with(lambda: main_check(file, corpus))


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="a JSON report")],
    second: Annotated[Path, typer.Argument(help="another, of the same cases")],
) -> None:
    """Say by how much the second of two runs differs from the first, and in which cases."""
    from evals.reports.compared import comparison, read_run

    _end_with(lambda: print(terminal_safe(comparison(read_run(first), read_run(second)))) or 0)


@app.command()
def sweep(
    setting: Annotated[str, typer.Argument(help="a setting and its values, such as QA_HITS=2,4,8")],
    cases: Annotated[Path | None, typer.Option(help="questions; default: the shipped ones")] = None,
    corpus: Annotated[Path | None, typer.Option(help="folder of articles to ask them about")] = None,
    metrics: Annotated[str, typer.Option(help="which figures, comma-separated")] = "answer_recall,evidence_recall_at_5",
    svg: Annotated[Path | None, typer.Option(help="write the plot")] = None,
) -> None:
    """Ask the cases with each value of a setting, and show how the figures change."""
    from evals.sweep import main_sweep

    _end_with(lambda: main_sweep(load_settings(), setting, cases, corpus, metrics.split(","), svg))


@app.command()
def export(
    report: Annotated[Path, typer.Argument(help="a JSON report")],
    folder: Annotated[Path, typer.Argument(help="where to write; it is made")],
) -> None:
    """Write a report for other tools: a run and qrels in TREC's format, and samples for RAGAS."""
    from evals.exports import main_export

    _end_with(lambda: main_export(report, folder))


def _end_with(work: Callable[[], int]) -> None:
    """Do the work of a command, print what went wrong, and end with its exit code."""
    from evals.errors import BadConfiguration, EvalError

    try:
        code = work()
    except BadConfiguration as error:
        print_error(error)
        code = Exit.SKIPPED
    except EvalError as error:
        print_error(error)
        code = Exit.FAILED
    raise typer.Exit(code)
