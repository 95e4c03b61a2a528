"""The report of an indexing in the words of a reader."""

from collections.abc import Iterator, Sequence
from html import escape
from urllib.parse import quote

from index.corpus.unsupported_types import remedies
from index.models import IngestReport
from index.text.file_names import printable

MAX_NAMED = 100
"""The most files of a kind that are named."""


def report_in_words(report: IngestReport) -> Iterator[str]:
    """Yield the report of a snapshot as HTML: how much was read and, folded, which files were not and why."""
    yield '<section class="report" aria-labelledby="report"><h2 id="report">How they were read</h2>'
    yield f"<p>{_summary(report)}</p>"
    skipped = [f"{_name(file.path)}: {escape(printable(file.reason))}" for file in report.skipped]
    yield from _folded("file was skipped", "files were skipped", skipped)
    doubtful = [f"{_link(file.path)}: {escape(printable(file.reason))}" for file in report.doubtful]
    yield from _folded("file may have been read wrongly", "files may have been read wrongly", doubtful)
    ignored = [
        f"{number:,} of type {_name(kind)}: {escape(advice)}" for number, kind, advice in remedies(report.ignored)
    ]
    yield from _folded("type of file is not read", "types of files are not read", ignored)
    flagged = []
    for flag in report.suspicious:
        link = _link(flag.path, f"#{flag.start}-{flag.end}")
        flagged.append(f"{link}: {escape(printable(flag.reason))}: “{escape(printable(flag.text))}”")
    yield from _folded(
        "sentence talks to a model instead of a reader", "sentences talk to a model instead of a reader", flagged
    )
    yield "</section>"


def _summary(report: IngestReport) -> str:
    text = f"{report.articles:,} {'article' if report.articles == 1 else 'articles'} in {report.passages:,} passages."
    if report.junk_lines:
        text += f" {report.junk_lines:,} lines of page junk, such as menus and notices, are left out of searches."
    if not (report.skipped or report.doubtful or report.ignored or report.suspicious):
        text += " Every file was read, and none is doubtful."
    return text


def _folded(singular: str, plural: str, items: Sequence[str]) -> Iterator[str]:
    if not items:
        return
    rest = f"<p>And {len(items) - MAX_NAMED:,} more.</p>" if len(items) > MAX_NAMED else ""
    rows = "".join(f"<li>{item}</li>" for item in items[:MAX_NAMED])
    title = f"{len(items):,} {singular if len(items) == 1 else plural}"
    yield f"<details><summary>{title}</summary><ul>{rows}</ul>{rest}</details>"


def _name(path: str) -> str:
    return f"<code>{escape(printable(path))}</code>"


def _link(path: str, span: str = "") -> str:
    return f'<a href="articles/{escape(quote(path))}{span}">{_name(path)}</a>'
