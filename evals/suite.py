"""The whole suite, from a folder of articles to an exit code: index, ask, score, gate, report."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evals.asking.baseline_reader import reader_named
from evals.asking.journal import Journal
from evals.asking.judge import Judge, agreed, load_labelled
from evals.asking.outcomes import Outcome
from evals.asking.runner import Asker, Manner, Progress, run
from evals.errors import BadConfiguration, EvalError
from evals.gating import baseline as baselines
from evals.gating.baseline import Baseline, load_baseline
from evals.gating.thresholds import load_thresholds
from evals.known.cases import Case
from evals.known.checking import load_cases
from evals.known.shipped import CASES, copy_articles
from evals.reports.junit import to_junit
from evals.reports.markdown import to_markdown
from evals.reports.page import to_page
from evals.reports.report import Report, make_report, to_json
from evals.reports.text import to_text, updated
from evals.scoring.scores import score
from index.errors import IndexingError
from index.models import Article
from index.store.catalog import Catalog
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.models import EXTRACTIVE
from qa.models.errors import InvalidSettings, MissingKey, QAError
from qa.settings import Settings
from qa.wiring import build_embedder, build_judge, build_service

FOLDER = Path(__file__).parent
THRESHOLDS = FOLDER / "thresholds.toml"
BASELINE = FOLDER / "baseline.json"
PASSED, MISSED, COULD_NOT_RUN, MISCONFIGURED = 0, 1, 2, 3


@dataclass(frozen=True)
class Options:
    """What is asked of a run; without `cases` the shipped ones are asked about the shipped articles."""

    cases: Path | None = None
    corpus: Path | None = None
    thresholds: Path | None = None
    baseline: Path | None = None
    update_baseline: bool = False
    json: Path | None = None
    markdown: Path | None = None
    junit: Path | None = None
    html: Path | None = None
    reader: str | None = None
    times: bool = True
    concurrency: int = 1
    repeats: int = 1
    max_cost: float | None = None
    resume: Path | None = None
    judge: bool = False

    @property
    def reports(self) -> tuple[Path | None, ...]:
        """The files that reports are written to."""
        return (self.json, self.markdown, self.junit, self.html)


def main_eval(settings: Settings, options: Options | None = None) -> int:
    """Run the suite, print what it came to, write the reports asked for, and return the exit code.

    0: passed. 1: a figure fails, or a case ended in an error. 2: could not run. 3: the cases, the thresholds, the
    baseline or the settings are wrong.
    """
    options = options or Options()
    try:
        for file in options.reports:
            _check_folder(file)
        with _bar() as progress:
            report, articles = run_suite(settings, options, progress)
        _write(options.json, to_json(report))
        _write(options.markdown, to_markdown(report))
        _write(options.junit, to_junit(report))
        _write(options.html, to_page(report, articles) if options.html else "")
        if options.update_baseline:
            return _update(report, settings, options)
    except (BadConfiguration, InvalidSettings, MissingKey) as error:
        print(f"newsdesk: {error}", file=sys.stderr)
        return MISCONFIGURED
    except (EvalError, QAError, IndexingError) as error:
        print(f"newsdesk: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    print(to_text(report))
    return PASSED if report.passed else MISSED


def run_suite(
    settings: Settings, options: Options | None = None, progress: Progress = lambda *_: None
) -> tuple[Report, dict[str, Article]]:
    """Index the articles into a folder of its own, ask the service the cases, return the report and the articles.

    The service is the one that `settings` ask for, but for where its index lies. Raises EvalError, QAError or
    IndexingError when the suite cannot be run, or when every single case ended in an error.
    """
    options = options or Options()
    thresholds = load_thresholds(options.thresholds or THRESHOLDS)
    baseline = _baseline(settings, options)
    with tempfile.TemporaryDirectory(prefix="newsdesk-eval-") as folder:
        data = DataFolder(Path(folder) / "data")
        own_corpus = options.corpus or (settings.corpus if options.cases else None)
        sync(own_corpus or copy_articles(Path(folder) / "articles"), data, build_embedder(settings))
        articles, cases, relevant = _loaded(data, options.cases or CASES)
        own = settings.model_copy(update={"data_dir": data.root, "answer_cache": 0})
        service = build_service(own, reader_named(options.reader) if options.reader else None)
        try:
            manner = _manner(own, options, service.model, articles)
            outcomes = asyncio.run(asked(service, cases, progress, manner))
        finally:
            service.close()
    by_path = {article.path: article for article in articles}
    scores = [score(outcome, by_path) for outcome in outcomes]
    if not options.times:
        scores = [one.model_copy(update={"seconds": {}}) for one in scores]
    notes = _notes(cases, baseline)
    if manner.judge:
        notes.append(agreed(manner.judge, load_labelled()))
    return make_report(service.model, outcomes, scores, thresholds, baseline, notes, relevant), by_path


def _manner(settings: Settings, options: Options, model: str, articles: Sequence[Article]) -> Manner:
    """Return how the cases are asked; finished ones are of the same model, settings and articles."""
    journal = None
    judge = Judge(build_judge(settings)) if options.judge else None
    if options.resume:
        _check_folder(options.resume)
        asked_of = settings.model_dump_json(exclude={"data_dir", "corpus", "record", "replay", "max_concurrency"})
        texts = "".join(sorted(article.sha256 for article in articles))
        journal = Journal(options.resume, f"{model} {options.reader} {judge and judge.name} {asked_of} {texts}")
    return Manner(options.concurrency, options.repeats, options.max_cost, journal, judge)


async def asked(
    service: Asker, cases: Sequence[Case], progress: Progress = lambda *_: None, manner: Manner | None = None
) -> list[Outcome]:
    """Return what came of the cases that are no drafts.

    Raises BadConfiguration when all are drafts, EvalError when every single case ended in an error.
    """
    accepted = [case for case in cases if not case.draft]
    if not accepted:
        raise BadConfiguration("All the cases are drafts. Read and accept them: newsdesk eval accept")
    outcomes = await run(service, accepted, progress, manner)
    if all(outcome.error for outcome in outcomes):
        raise EvalError(f"Not one of the {len(outcomes)} cases could be asked; the first: {outcomes[0].error}")
    return outcomes


def _baseline_file(settings: Settings, options: Options) -> Path | None:
    """Return the baseline's file: the one named, else the shipped one for what that was made with."""
    as_shipped = not (options.cases or options.corpus or options.reader) and settings.model == EXTRACTIVE
    return options.baseline or (BASELINE if as_shipped else None)


def _baseline(settings: Settings, options: Options) -> Baseline | None:
    """Return the baseline to compare with; raise BadConfiguration when one is to be written and has no name."""
    file = _baseline_file(settings, options)
    if options.update_baseline and file is None:
        raise BadConfiguration("The baseline that ships is of its own cases and writer. Name another: --baseline FILE")
    _check_folder(file if options.update_baseline else None)
    missing = file is None or (not file.exists() and (options.update_baseline or file == BASELINE))
    return None if file is None or missing else load_baseline(file)


def _notes(cases: Sequence[Case], baseline: Baseline | None) -> list[str]:
    drafts = sum(case.draft for case in cases)
    notes = [f"{drafts} drafts were not asked. Accept them: newsdesk eval accept"] if drafts else []
    if baseline:
        compared = baseline.paired([Outcome(case=case, error="-") for case in cases if not case.draft], ())[1]
        shared = len({one.id for one in compared})
        notes.append(f"Compared with a baseline answered by {baseline.model}, over {shared} cases that both have")
    return notes


def _loaded(data: DataFolder, file: Path) -> tuple[list[Article], tuple[Case, ...], dict[str, tuple[str, ...]]]:
    """Return the articles, the cases, and by case the ids of the passages that overlap its evidence."""
    catalog = Catalog(data.require_current() / "catalog.sqlite")
    try:
        articles = list(catalog.articles())
        cases = load_cases(file, articles)
        passages = {path: catalog.passages_of(path) for case in cases for path in case.paths}
    finally:
        catalog.close()
    relevant: dict[str, tuple[str, ...]] = {}
    for case in cases:
        places = [place for fact in case.evidence for place in fact]
        overlapping = [
            passage.id
            for place in places
            for passage in passages[place.path]
            if place.start < passage.end and passage.start < place.end
        ]
        relevant[case.id] = tuple(dict.fromkeys(overlapping))
    return articles, cases, relevant


def _update(report: Report, settings: Settings, options: Options) -> int:
    """Write the run as the new baseline and say what changed; a run with errors is none."""
    if failed := [score.id for score in report.scores if score.error]:
        print(f"newsdesk: no baseline was written, for cases ended in an error: {', '.join(failed)}", file=sys.stderr)
        return MISSED
    made = Baseline.of(report.model, report.outcomes, report.scores)
    file = _baseline_file(settings, options)
    _write(file, baselines.to_text(made))
    print(updated(report.baseline, report))
    print(f"Wrote {file}")
    return PASSED


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
        raise BadConfiguration(f"The report cannot be written to {str(file)!r}. Name a file in a folder that is there")


def _write(file: Path | None, text: str) -> None:
    try:
        if file:
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EvalError(f"The report cannot be written to {str(file)!r} ({error}). Name another file") from None
