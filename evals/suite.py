"""The whole suite, from a folder of articles to an exit code: index, ask, score, gate, report."""

import asyncio
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import seeds
from evals.cases import Case, load_cases
from evals.errors import EvalError
from evals.gate import Thresholds, load_thresholds
from evals.report import Report, make_report, to_json, to_markdown, to_text
from evals.runner import Asker, Progress, run
from evals.scoring import score
from index.errors import IndexingError
from index.models import Article
from index.store.catalog import Catalog
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.errors import QAError
from qa.settings import Settings
from qa.wiring import build_embedder, build_reader, build_service

FOLDER = Path(__file__).parent
CASES = FOLDER / "cases.jsonl"
THRESHOLDS = FOLDER / "thresholds.toml"
PASSED, MISSED, COULD_NOT_RUN = 0, 1, 2


def main_eval(
    settings: Settings,
    cases: Path | None = None,
    thresholds: Path | None = None,
    json_file: Path | None = None,
    markdown_file: Path | None = None,
    reader: str | None = None,
) -> int:
    """Run the suite, print what it came to, write the reports asked for, and return the exit code.

    Without `cases` the shipped ones are asked about the shipped articles; with them, about the corpus of the
    settings where one is set. `reader` names the one that answers without a model. 0: passed. 1: a threshold was
    missed, or a case ended in an error. 2: could not run.
    """
    try:
        for file in (json_file, markdown_file):
            _check_folder(file)
        with _bar() as progress:
            report = run_suite(settings, cases, thresholds, settings.corpus if cases else None, progress, reader)
        _write(json_file, to_json(report))
        _write(markdown_file, to_markdown(report))
    except (EvalError, QAError, IndexingError) as error:
        print(f"newsdesk: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    print(to_text(report))
    return PASSED if report.passed else MISSED


def run_suite(
    settings: Settings,
    cases_file: Path | None = None,
    thresholds_file: Path | None = None,
    corpus: Path | None = None,
    progress: Progress = lambda *_: None,
    reader: str | None = None,
) -> Report:
    """Index `corpus` (default: the shipped articles) into a folder of its own, ask the service the cases, and report.

    The service is the one that `settings` ask for, but for where its index lies. Raises EvalError, QAError or
    IndexingError when the suite cannot be run, or when every single case ended in an error.
    """
    thresholds = load_thresholds(thresholds_file or THRESHOLDS)
    with tempfile.TemporaryDirectory(prefix="newsdesk-eval-") as folder:
        data = DataFolder(Path(folder))
        sync(corpus or Path(seeds.__file__).parent, data, build_embedder(settings))
        articles = _articles(data)
        cases = load_cases(cases_file or CASES, articles)
        own = settings.model_copy(update={"data_dir": data.root, "answer_cache": 0})
        service = build_service(own, build_reader(reader) if reader else None)
        try:
            return asyncio.run(measure(service, service.model, cases, articles, thresholds, progress))
        finally:
            service.close()


async def measure(
    service: Asker,
    model: str,
    cases: Sequence[Case],
    articles: Iterable[Article],
    thresholds: Thresholds,
    progress: Progress = lambda *_: None,
) -> Report:
    """Ask a service the cases and return the report; raise EvalError when every one of them ended in an error."""
    outcomes = await run(service, cases, progress)
    if outcomes and all(one.error for one in outcomes):
        raise EvalError(f"Not one of the {len(outcomes)} cases could be asked; the first: {outcomes[0].error}")
    by_path = {article.path: article for article in articles}
    return make_report(model, outcomes, [score(one, by_path) for one in outcomes], thresholds)


def _articles(data: DataFolder) -> list[Article]:
    catalog = Catalog(data.require_current() / "catalog.sqlite")
    try:
        return list(catalog.articles())
    finally:
        catalog.close()


@contextmanager
def _bar() -> Iterator[Progress]:
    """Show on stderr how far the run is, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (TextColumn("Asking"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Asking", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _check_folder(file: Path | None) -> None:
    """Find out before the run, which may be long and cost money, that its report would have no place to go."""
    if file and (file.is_dir() or not file.parent.is_dir()):
        raise EvalError(f"The report cannot be written to {str(file)!r}. Name a file in a folder that is there")


def _write(file: Path | None, text: str) -> None:
    try:
        if file:
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EvalError(f"The report cannot be written to {str(file)!r} ({error}). Name another file") from None
