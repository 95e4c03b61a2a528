"""The number of articles by time and outlet: a bar chart as SVG, each bar a link to its articles.

Gradio draws its plots by a script from all rows; this chart is in the page, and is read without a script.
"""

from bisect import bisect
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from html import escape
from typing import NamedTuple

from index.models import ListedArticle
from qa.language.dates import day_text
from qa.web.articles.table import Choice

BARS = 40
"""The most bars."""
OUTLETS = 5
"""The outlets with a colour of their own; all others share one."""
_OTHERS, _UNNAMED = "other outlets", "no outlet named"
_WIDTH, _HEIGHT, _GAP = 720, 120, 2


class Bar(NamedTuple):
    """The days from `first` to `last`, and the number of articles of each outlet in them."""

    first: date
    last: date
    label: str
    counts: Counter[str]


def bars(articles: Sequence[ListedArticle]) -> list[Bar]:
    """Return the bars of the articles: of days, weeks, months or years, the shortest of these with at most BARS."""
    days = sorted(article.published for article in articles if article.published)
    if not days:
        return []
    spans = next(spans for spans in _divisions(days[0], days[-1]) if len(spans) <= BARS)
    columns = [Bar(first, last, label, Counter()) for first, last, label in spans]
    starts = [bar.first for bar in columns]
    for article in articles:
        if article.published:
            columns[bisect(starts, article.published) - 1].counts[article.outlet or _UNNAMED] += 1
    return columns


def _divisions(first: date, last: date) -> Iterator[list[tuple[date, date, str]]]:
    """Yield the spans of a period in days, in weeks, in months, in years, and in ever more years."""
    days = (last - first).days + 1
    if days <= BARS:
        dates = [first + timedelta(number) for number in range(days)]
        yield [(day, day, day_text(day)) for day in dates]
    monday = first - timedelta(first.weekday())
    # One week more than fits is enough to see that weeks do not fit.
    weeks = [monday + timedelta(7 * number) for number in range(min((last - monday).days // 7 + 1, BARS + 1))]
    yield [(day, day + timedelta(6), f"Week of {day_text(day)}") for day in weeks]
    months = [divmod(number, 12) for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month)]
    spans = [(date(year, month + 1, 1), monthrange(year, month + 1)[1]) for year, month in months]
    yield [(day, day.replace(day=days), f"{day:%B} {day.year}") for day, days in spans]
    step = 1
    while True:
        starts = range(first.year, last.year + 1, step)
        yield [(date(year, 1, 1), date(min(year + step - 1, 9999), 12, 31), _years(year, step)) for year in starts]
        # 1, 5, 10, 50, 100 years and so on.
        step *= 5 if str(step)[0] == "1" else 2


def _years(first: int, step: int) -> str:
    return f"{first}" if step == 1 else f"{first} to {first + step - 1}"


def timeline(articles: Sequence[ListedArticle], choice: Choice) -> Iterator[str]:
    """Yield the chart with its legend; nothing for fewer than two bars."""
    columns = bars(articles)
    if len(columns) < 2:
        return
    outlets = _outlets(columns)
    most = max(bar.counts.total() for bar in columns)
    title = f"Articles by time of publication: {columns[0].label} to {columns[-1].label}, at most {most:,} at once"
    yield f'<figure class="timeline"><p class="most">{most:,}</p><svg viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    yield f' preserveAspectRatio="none" role="group" aria-label="{escape(title)}">'
    width = _WIDTH / len(columns)
    for index, bar in enumerate(columns):
        yield from _bar(bar, index * width, width, most, outlets, choice)
    yield f'</svg><p class="ends"><span>{escape(columns[0].label)}</span><span>{escape(columns[-1].label)}</span></p>'
    keys = (
        f'<li><span class="key c{index}"></span><bdi>{escape(name)}</bdi></li>' for index, name in enumerate(outlets)
    )
    yield f"<figcaption><ul>{''.join(keys)}</ul></figcaption></figure>"


def _outlets(columns: Sequence[Bar]) -> list[str]:
    """Return the outlets with a colour, the most frequent first, and one name for all others if there are any."""
    counts = sum((bar.counts for bar in columns), Counter[str]())
    if len(counts) <= OUTLETS + 1:
        return [name for name, _ in counts.most_common()]
    return [*(name for name, _ in counts.most_common(OUTLETS)), _OTHERS]


def _bar(bar: Bar, left: float, width: float, most: int, outlets: Sequence[str], choice: Choice) -> Iterator[str]:
    """Yield a bar: a piece for each outlet, one upon the other, and the title of the bar."""
    total = bar.counts.total()
    if not total:
        return
    pieces = [bar.counts[name] for name in outlets]
    if outlets[-1] == _OTHERS:
        pieces[-1] = total - sum(pieces[:-1])
    counts = ", ".join(f"{name}: {count:,}" for name, count in zip(outlets, pieces, strict=True) if count)
    title = f"{bar.label}: {total:,} {'article' if total == 1 else 'articles'} ({counts})"
    address = choice.address(first=bar.first, last=bar.last)
    yield f'<a href="articles{escape(address)}" aria-label="{escape(title)}"><title>{escape(title)}</title>'
    # All of the height can be clicked, however low the bar.
    yield f'<rect class="room" x="{left:.1f}" y="0" width="{width:.1f}" height="{_HEIGHT}"></rect>'
    bottom = float(_HEIGHT)
    for piece, count in enumerate(pieces):
        height = count / most * _HEIGHT
        bottom -= height
        if count:
            place = f'x="{left + _GAP / 2:.1f}" y="{bottom:.1f}" width="{width - _GAP:.1f}" height="{height:.1f}"'
            yield f'<rect class="c{piece}" {place}></rect>'
    yield "</a>"
