"""The shell face: index, ask, serve, status, eval. Exit codes follow sysexits where one fits.

0 done · 1 a threshold was missed · 2 wrong use or cannot run · 3 some files were skipped · 75 another indexer at work
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from index.errors import IndexingError, IndexLocked
from index.text.file_names import shown
from qa.errors import ModelTimeout, QAError, SearchTimeout
from qa.process import leave, run
from qa.settings import load_settings

if TYPE_CHECKING:
    from rich.progress import TaskID

    from index.embedding.embedders import Embedder
    from index.models import IngestReport
    from index.store.snapshots import DataFolder
    from qa.models import Answer, Hit, SearchResult

EXIT_FAILED = 2
EXIT_SKIPPED = 3
EXIT_LOCKED = 75
_SHOWN_FILES = 20
_NEAREST = 5
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

app = typer.Typer(
    help="Answers from a folder of news articles, every sentence cited to the characters that bear it out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def index(
    folder: Annotated[Path | None, typer.Argument(help="folder of articles (text, HTML, PDF, feeds, ...)")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="go on following the folder until Ctrl-C")] = False,
) -> None:
    """Bring the index in step with a folder of articles."""
    from index.sync.syncing import sync
    from qa.wiring import build_embedder, corpus_of, data_folder

    settings = load_settings()
    corpus, data, embedder = folder or corpus_of(settings), data_folder(settings), build_embedder(settings)
    if watch:
        _watch(corpus, data, embedder)
        raise typer.Exit
    with _progress() as progress:
        report = sync(corpus, data, embedder, progress)
    _print_report(report)
    if report.skipped:
        raise typer.Exit(EXIT_SKIPPED)


def _watch(corpus: Path, data: "DataFolder", embedder: "Embedder") -> None:
    """Follow the folder; both ways to end it, Ctrl-C and SIGTERM, are its regular end."""
    import signal

    from index.sync.watching import follow

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"Following {shown(str(corpus))}. End with Ctrl-C.", flush=True)
    follow(corpus, data, embedder, lambda line: print(line, flush=True))


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="a question in plain words")],
    as_json: Annotated[bool, typer.Option("--json", help="print the whole answer as JSON")] = False,
) -> None:
    """Answer one question, with the quotes that it rests on."""
    from qa.wiring import build_service

    service = build_service(load_settings())
    try:
        answer = run(service.ask(question))
    finally:
        service.close()
    if as_json:
        typer.echo(answer.model_dump_json(indent=2).encode())
    else:
        print(_plain(rendered(answer)))


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="a question in plain words")],
    explain: Annotated[bool, typer.Option(help="show all passages that were ranked, and why they are no hits")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Find the passages for a question, without an answer."""
    from qa.wiring import build_service

    service = build_service(load_settings())
    try:
        result = run(service.search(question, explain=explain or as_json))
    finally:
        service.close()
    if as_json:
        typer.echo(result.model_dump_json(indent=2).encode())
    else:
        print(_plain(searched(result, explain)))


@app.command()
def serve() -> None:
    """Serve the chat page and the HTTP endpoint at QA_HOST:QA_PORT."""
    from qa.web.app import serve as serve_web

    serve_web(load_settings())


@app.command()
def status() -> None:
    """Say what is indexed and with which settings questions would be answered."""
    from index.store.snapshots import DataFolder, Snapshot

    settings = load_settings()
    snapshot = Snapshot(DataFolder(settings.data_dir).require_current())
    try:
        report, manifest = snapshot.catalog.report(), snapshot.manifest
    finally:
        snapshot.close()
    print(f"corpus    {report.corpus}")
    print(f"snapshot  {snapshot.name} in {settings.data_dir}")
    print(f"articles  {manifest.articles}, in {manifest.passages} passages; {report.junk_lines} junk lines left out")
    print(f"embedder  {manifest.embedder}")
    if manifest.collection:
        print(f"vectors   {manifest.collection} in {settings.chroma_url or 'a Chroma server: set QA_CHROMA_URL'}")
    print(f"model     {settings.model}")


@app.command(name="eval")
def evaluate(
    cases: Annotated[
        Path | None, typer.Option(help="questions, one JSON object a line; default: the shipped ones")
    ] = None,
    thresholds: Annotated[Path | None, typer.Option(help="TOML with the figures to reach; default: shipped")] = None,
    json: Annotated[Path | None, typer.Option(help="write the report as JSON")] = None,
    markdown: Annotated[Path | None, typer.Option(help="write the report as Markdown")] = None,
    reader: Annotated[
        str | None, typer.Option(help="answer by this reader, such as `baseline`, the plain one to compare with")
    ] = None,
) -> None:
    """Ask the known questions and compare the figures with their thresholds."""
    from evals.suite import main_eval

    raise typer.Exit(main_eval(load_settings(), cases, thresholds, json, markdown, reader))


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
        code = main_benchmark(name, data, json, data_dir)
    except EvalError as error:
        _fail(error, EXIT_FAILED)
    else:
        raise typer.Exit(code)


def main() -> None:
    """Run the command line; an expected failure is one sentence on stderr and an exit code, never a traceback."""
    import signal

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except IndexLocked as error:
        _fail(error, EXIT_LOCKED)
    except (IndexingError, QAError) as error:
        _fail(error, EXIT_FAILED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        _fail(QAError(f"{error}. Check the folder's name and rights, and the room on the disk"), EXIT_FAILED)


def _fail(error: Exception, code: int) -> NoReturn:
    """Say what went wrong, and what was found before: on stderr, for stdout is for answers."""
    print(f"newsdesk: {error}", file=sys.stderr)
    if isinstance(error, QAError) and error.hits:
        print(f"Passages found:\n{_plain(listed(error.hits[:_NEAREST]))}", file=sys.stderr)
    if isinstance(error, ModelTimeout | SearchTimeout):
        leave(code)
    sys.exit(code)


def _plain(text: str) -> str:
    """Return text without what a terminal would obey."""
    return _CONTROLS.sub(lambda found: repr(found.group())[1:-1], text)


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


def searched(result: "SearchResult", explain: bool) -> str:
    """Return what a search found as text for a terminal."""
    read = result.understanding.model_dump(exclude_defaults=True, exclude={"today", "notes"})
    rows = [f"{name:<10}{value}" for name, value in read.items()] if explain else []
    rows += [f"note      {note}" for note in result.understanding.notes]
    rows += [listed(result.hits)] if result.hits else []
    if explain:
        by_reranker = any(one.reranked is not None for one in result.considered)
        rows.append(f"score  sentence  passage  words   {'reranker   ' if by_reranker else ''}place: best sentence")
    for one in result.considered if explain else ():
        scores = f"{one.score:5.3f}  {one.relevance:8.3f}  {one.similarity:7.3f}  {one.lexical:5.1f}"
        scores += "" if one.reranked is None else f"   {one.reranked:8.3f}"
        why = f" [{one.dropped}]" if one.dropped else ""
        rows.append(f"{scores}   {shown(one.path)} {one.start}-{one.end}{why}: {one.text}")
    return "\n".join(rows) or "No passage fits."


def listed(hits: "Sequence[Hit]") -> str:
    """Return passages as text for a terminal, with their files and offsets."""
    rows = []
    for at, hit in enumerate(hits, start=1):
        about = ", ".join(str(part) for part in (hit.outlet, hit.published, hit.headline) if part)
        place = f"{shown(hit.passage.path)} {hit.passage.start}-{hit.passage.end}"
        rows.append(f"[{at}] {hit.score:.3f}  {place}{f' ({about})' if about else ''}\n    {hit.passage.text}")
    return "\n".join(rows)


def rendered(answer: "Answer") -> str:
    """Return an answer as text: statements with their problems, then the quotes with their files and offsets."""
    parts = [answer.text]
    for statement in answer.statements:
        if statement.problems:
            parts.append(f"({statement.support}: {statement.text}: {' '.join(statement.problems)})")
    if answer.missing:
        parts.append(f"Missing: {answer.missing}")
    parts += [f"Note: {note}" for note in answer.notes]
    for citation in answer.citations:
        about = ", ".join(str(part) for part in (citation.outlet, citation.published, citation.headline) if part)
        place = f"{shown(citation.path)} {citation.start}-{citation.end}"
        stale = f"; {citation.since.said}" if citation.since else ""
        parts.append(f"[{citation.marker}] {place}{f' ({about})' if about else ''}{stale}\n    {citation.quote}")
    return "\n\n".join(parts)


def _print_report(report: "IngestReport") -> None:
    for title, paths in (("added", report.added), ("changed", report.changed), ("removed", report.removed)):
        print(f"{title:<10}{len(paths)}")
        for path in paths[:_SHOWN_FILES]:
            print(f"          {shown(path)}")
    print(f"unchanged {report.unchanged}")
    for skipped in report.skipped:
        print(f"skipped   {skipped.path}: {skipped.reason}")
    if report.ignored:
        print(f"ignored   {report.ignored} of other types")
    print(f"junk      {report.junk_lines} lines of page junk left out")
    for flag in report.suspicious[:_SHOWN_FILES]:
        print(f"suspicious {shown(flag.path)} {flag.start}-{flag.end}: {flag.reason}: {shown(flag.text)}")
    if len(report.suspicious) > _SHOWN_FILES:
        print(f"          and {len(report.suspicious) - _SHOWN_FILES} more such sentences")
    print(
        f"snapshot  {report.snapshot}: {report.articles} articles, {report.passages} passages, {report.seconds:.1f} s"
    )


if __name__ == "__main__":
    main()
