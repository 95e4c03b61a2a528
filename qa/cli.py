"""The commands of `newsdesk`. `qa.process.Exit` says what the exit codes mean."""

import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.corpus.unsupported_types import remedies
from index.errors import DiskFull, IndexingError, IndexLocked, SnapshotBroken
from index.store.damage.disk import is_full
from index.text.file_names import printable
from qa.models.errors import ModelTimeout, QAError, SearchTimeout
from qa.process import Exit, leave, run, share_arenas, version
from qa.question.scopes import scope_of, scope_words
from qa.settings import load_settings
from qa.shell import evaluating, feedback
from qa.shell.chat import converse, hits_text, input_lines, print_answer, print_error, terminal_safe
from qa.shell.operating import doctor, keys, mcp, snapshots

if TYPE_CHECKING:
    from rich.progress import TaskID

    from index.embedding.embedders import Embedder
    from index.models import IngestReport
    from index.store.snapshots import DataFolder
    from qa.models import SearchResult

__all__ = ["Exit", "app", "main", "search_text"]
_SHOWN_FILES = 20
_Outlets = Annotated[list[str] | None, typer.Option("--outlet", help="ask articles of this outlet; may be repeated")]
_First = Annotated[str | None, typer.Option("--from", help="ask articles published on this day or later: 2024-05-03")]
_Last = Annotated[str | None, typer.Option("--to", help="ask articles published on this day or earlier")]
_Folder = Annotated[str | None, typer.Option(help="ask articles in this folder: politics/2024")]
_CODES = {IndexLocked: Exit.LOCKED, SnapshotBroken: Exit.DAMAGED, DiskFull: Exit.FULL}
_MISUSE: Any = typer.BadParameter.__base__
"""The exception of Typer for a wrong command line; it exports a subclass only."""


app = typer.Typer(
    help="Answers from a folder of news articles, every sentence cited to the characters that bear it out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(evaluating.app, name="eval")


def _print_version(is_wanted: bool) -> None:
    if not is_wanted:
        return
    if not (number := version()):
        raise QAError("Newsdesk is not installed here, so it has no version. Run: make install")
    print(f"newsdesk {number}")
    raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="print the version, and end")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
def index(
    folder: Annotated[Path | None, typer.Argument(help="folder of articles (text, HTML, PDF, feeds, ...)")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="go on following the folder until Ctrl-C")] = False,
    publish_every: Annotated[
        int | None, typer.Option(min=1, help="publish after so many new articles: a long first run can be asked early")
    ] = None,
) -> None:
    """Bring the index in step with a folder of articles."""
    from index.sync.syncing import sync
    from qa.wiring import build_embedder, corpus_of, data_folder

    settings = load_settings()
    corpus, data, embedder = folder or corpus_of(settings), data_folder(settings), build_embedder(settings)
    if watch:
        _watch(corpus, data, embedder, settings.fields, publish_every)
        raise typer.Exit
    try:
        with _progress() as progress:
            report = sync(corpus, data, embedder, progress, field_names=settings.fields, publish_every=publish_every)
    except KeyboardInterrupt:
        _print_stopped(data)
        raise
    print_report(report)
    if report.skipped:
        raise typer.Exit(Exit.SKIPPED)


def _print_stopped(data: "DataFolder") -> None:
    from index.sync.unpublished_vectors import count

    vectors = count(data.root)
    advice = (
        f"The vectors of {vectors:,} passages are kept: to go on from there, run again" if vectors else "To index, run"
    )
    print(f"Stopped. The index is as it was last published. {advice}: newsdesk index", file=sys.stderr)


def _watch(
    corpus: Path, data: "DataFolder", embedder: "Embedder", field_names: Mapping[str, str], publish_every: int | None
) -> None:
    """Follow the folder until Ctrl-C or SIGTERM, both of which are its regular end."""
    import signal

    from index.sync.watching import follow

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"Following {printable(str(corpus))}. End with Ctrl-C.", flush=True)
    follow(
        corpus,
        data,
        embedder,
        lambda line: print(line, flush=True),
        field_names=field_names,
        publish_every=publish_every,
    )


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="a question in plain words")],
    as_json: Annotated[bool, typer.Option("--json", help="print the whole answer as JSON")] = False,
    outlets: _Outlets = None,
    first: _First = None,
    last: _Last = None,
    folder: _Folder = None,
) -> None:
    """Answer one question, with the quotes that it rests on."""
    from qa.wiring import build_service

    scope = scope_of(outlets=outlets, first=first, last=last, folder=folder)
    with closing(build_service(load_settings())) as service:
        if as_json:
            typer.echo(run(service.ask(question, scope=scope)).model_dump_json(indent=2).encode())
        else:
            run(print_answer(service, question, scope=scope))


@app.command()
def chat(outlets: _Outlets = None, first: _First = None, last: _Last = None, folder: _Folder = None) -> None:
    """Ask questions that may follow on from earlier ones, a line each; `/new` begins anew, `/quit` ends."""
    from qa.wiring import build_service

    scope = scope_of(outlets=outlets, first=first, last=last, folder=folder)
    with closing(build_service(load_settings())) as service:
        with service.snapshots.use():  # raises where there is no index
            pass
        run(converse(service, input_lines(), scope))
    leave(Exit.DONE)  # Python itself would wait for abandoned searches


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="a question in plain words")],
    explain: Annotated[bool, typer.Option(help="show all passages that were ranked, and why they are no hits")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
    outlets: _Outlets = None,
    first: _First = None,
    last: _Last = None,
    folder: _Folder = None,
) -> None:
    """Find the passages for a question, without an answer."""
    from qa.wiring import build_service

    scope = scope_of(outlets=outlets, first=first, last=last, folder=folder)
    with closing(build_service(load_settings())) as service:
        result = run(service.search(question, scope=scope, explain=explain or as_json))
    if as_json:
        typer.echo(result.model_dump_json(indent=2).encode())
    else:
        print(terminal_safe(search_text(result, explain)))


@app.command()
def serve() -> None:
    """Serve the chat page and the HTTP endpoint at QA_HOST:QA_PORT."""
    from qa.web.app import serve as serve_web

    serve_web(load_settings())


@app.command()
def status() -> None:
    """Say what is indexed, whether it is whole, and with which settings questions would be answered."""
    from index.store.reader import SnapshotReader
    from index.store.snapshots import DataFolder

    settings = load_settings()
    reader = SnapshotReader(DataFolder(settings.data_dir))
    with reader.use_checked() as snapshot:
        report, manifest, notes = snapshot.catalog.report(), snapshot.manifest, snapshot.notes
    reader.close()
    print(f"corpus    {report.corpus}")
    print(f"snapshot  {snapshot.name} in {settings.data_dir}")
    print(f"files     {len(manifest.files)} checked, all as they were written")
    for note in notes:
        print(f"note      {note}")
    print(f"articles  {manifest.articles}, in {manifest.passages} passages; {report.junk_lines} junk lines left out")
    print(f"embedder  {manifest.embedder}")
    if manifest.collection:
        print(f"vectors   {manifest.collection} in {settings.chroma_url or 'a Chroma server: set QA_CHROMA_URL'}")
    print(f"model     {settings.model}")


@app.command()
def benchmark(
    name: Annotated[str, typer.Argument(help="which one; a wrong name lists them")],
    data: Annotated[Path, typer.Option(help="folder of outside data, in the layout that the benchmark reads")],
    json: Annotated[Path | None, typer.Option(help="write the figures as JSON")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="keep the index here, for the next run to use again")] = None,
) -> None:
    """Measure one part on outside data."""
    from evals.benchmarks import main_benchmark
    from evals.errors import EvalError

    try:
        code = Exit(main_benchmark(name, data, json, data_dir))
    except EvalError as error:
        print_error(error)
        code = Exit.FAILED
    raise typer.Exit(code)


app.add_typer(feedback.app, name="feedback")
app.add_typer(keys, name="key")
app.add_typer(snapshots, name="snapshot")
app.command()(doctor)
app.command()(mcp)


def main() -> None:
    """Run the command line; an expected failure is a sentence on stderr and an exit code, never a traceback."""
    import signal

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(Exit.TERMINATED))
    share_arenas()  # before the libraries start their threads
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A letter that the terminal cannot show must not end the command.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _exit_code(sys.argv[1:])
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):  # Python flushes both when it ends
            os.dup2(nowhere, descriptor)
        code = Exit.UNREAD
    sys.exit(code)


def _exit_code(arguments: list[str]) -> int:
    """Run a command, print what went wrong, and return the exit code."""
    try:
        return _run(arguments)
    # It is an OSError, and yet nothing to report: nobody reads it.
    except BrokenPipeError:
        raise
    except (IndexingError, QAError, OSError) as error:
        print_error(error)
        for kind, code in _CODES.items():
            if isinstance(error, kind):
                return code
        if is_full(error):
            return Exit.FULL
        # The call that was late may hang in a thread, and Python would wait for it.
        if isinstance(error, ModelTimeout | SearchTimeout):
            leave(Exit.FAILED)
        return Exit.FAILED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception:
        traceback.print_exc()
        return Exit.FAULT


def _run(arguments: list[str]) -> int:
    """Run a command and return its exit code. It raises as the command does; Typer's main would give other codes."""
    code = Exit.DONE
    try:
        with typer.main.get_command(app).make_context("newsdesk", arguments) as context:
            context.command.invoke(context)
    except typer.Exit as end:
        code = Exit(end.exit_code)
    except _MISUSE as error:
        error.show()
        code = Exit.USAGE
    # Written out here, so that a reader who is gone is noticed as such.
    print(end="", flush=True)
    return code


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a progress bar on stderr where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done, total=total)

        yield progress


def search_text(result: "SearchResult", explain: bool) -> str:
    """Return the result of a search as text for a terminal."""
    reading = result.understanding.model_dump(exclude_defaults=True, exclude={"scope", "today", "notes"})
    rows = [f"{name:<10}{value}" for name, value in reading.items()] if explain else []
    rows += [f"scope     articles {words}" for words in scope_words(result.understanding.scope)]
    rows += [f"note      {note}" for note in result.understanding.notes]
    rows += [hits_text(result.hits)] if result.hits else []
    if explain:
        by_reranker = any(passage.reranked is not None for passage in result.considered)
        rows.append(f"score  sentence  passage  words   {'reranker   ' if by_reranker else ''}place: best sentence")
    for passage in result.considered if explain else ():
        scores = f"{passage.score:5.3f}  {passage.relevance:8.3f}  {passage.similarity:7.3f}  {passage.lexical:5.1f}"
        scores += "" if passage.reranked is None else f"   {passage.reranked:8.3f}"
        why = f" [{passage.dropped}]" if passage.dropped else ""
        rows.append(f"{scores}   {printable(passage.path)} {passage.start}-{passage.end}{why}: {passage.text}")
    return "\n".join(rows) or "No passage fits."


def print_report(report: "IngestReport") -> None:
    """Print what a sync did: the files that it read, skipped and flagged; text from them is escaped."""
    for title, paths in (("added", report.added), ("changed", report.changed), ("removed", report.removed)):
        print(f"{title:<10}{len(paths)}")
        for path in paths[:_SHOWN_FILES]:
            print(f"          {printable(path)}")
    print(f"unchanged {report.unchanged}")
    for skipped in report.skipped:
        print(f"skipped   {skipped.path}: {skipped.reason}")
    for doubtful in report.doubtful[:_SHOWN_FILES]:
        print(f"doubtful  {printable(doubtful.path)}: {doubtful.reason}")
    if len(report.doubtful) > _SHOWN_FILES:
        print(f"          and {len(report.doubtful) - _SHOWN_FILES} more such files")
    for number, kind, advice in remedies(report.ignored)[:_SHOWN_FILES]:
        print(f"ignored   {number} {printable(kind)}: {advice}")
    print(f"junk      {report.junk_lines} lines of page junk left out")
    for flag in report.suspicious[:_SHOWN_FILES]:
        print(f"suspicious {printable(flag.path)} {flag.start}-{flag.end}: {flag.reason}: {printable(flag.text)}")
    if len(report.suspicious) > _SHOWN_FILES:
        print(f"          and {len(report.suspicious) - _SHOWN_FILES} more such sentences")
    print(
        f"snapshot  {report.snapshot}: {report.articles} articles, {report.passages} passages, {report.seconds:.1f} s"
    )


if __name__ == "__main__":
    main()
