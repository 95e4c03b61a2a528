"""How many articles there are by time and outlet: a bar chart as SVG, each bar a link to its articles.

Gradio's own plots are drawn by a script from all rows; this one stands in the page, and is read without one.
"""

from bisect import bisect
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from html import escape
from typing import NamedTuple

from index.models import ListedArticle
from qa.language.dates import said_day
from qa.web.articles.table import Choice

BARS = 40
"""There are at most so many bars."""
OUTLETS = 5
"""So many outlets have a colour of their own; all others share one."""
_OTHERS, _UNNAMED = "other outlets", "no outlet named"
_WIDTH, _HEIGHT, _GAP = 720, 120, 2


class Bar(NamedTuple):
    """The days from `first` to `last`, and how many articles each outlet published in them."""

    first: date
    last: date
    label: str
    counts: Counter[str]


def bars(articles: Sequence[ListedArticle]) -> list[Bar]:
    """Return the bars of some articles, of days, weeks, months or years: the shortest that give at most BARS."""
    days = sorted(article.published for article in articles if article.published)
    if not days:
        return []
    spans = next(found for found in _divided(days[0], days[-1]) if len(found) <= BARS)
    counts = [Bar(first, last, label, Counter()) for first, last, label in spans]
    starts = [bar.first for bar in counts]
    for article in articles:
        if article.published:
            counts[bisect(starts, article.published) - 1].counts[article.outlet or _UNNAMED] += 1
    return counts


def _divided(first: date, last: date) -> Iterator[list[tuple[date, date, str]]]:
    """Yield a period in days, in weeks, in months, in years, and in ever more years."""
    days = (last - first).days + 1
    if days <= BARS:
        yield [(day, day, said_day(day)) for day in (first + timedelta(at) for at in range(days))]
    monday = first - timedelta(first.weekday())
    weeks = [monday + timedelta(7 * at) for at in range(min((last - monday).days // 7 + 1, BARS + 1))]
    yield [(day, day + timedelta(6), f"Week of {said_day(day)}") for day in weeks]
    months = [divmod(at, 12) for at in range(first.year * 12 + first.month - 1, last.year * 12 + last.month)]
    spans = [(date(year, month + 1, 1), monthrange(year, month + 1)[1]) for year, month in months]
    yield [(day, day.replace(day=days), f"{day:%B} {day.year}") for day, days in spans]
    step = 1
    while True:
        starts = range(first.year, last.year + 1, step)
        yield [(date(one, 1, 1), date(min(one + step - 1, 9999), 12, 31), _years(one, step)) for one in starts]
        step *= 5 if str(step)[0] == "1" else 2


def _years(first: int, step: int) -> str:
    return f"{first}" if step == 1 else f"{first} to {first + step - 1}"


def timeline(articles: Sequence[ListedArticle], choice: Choice) -> Iterator[str]:
    """Yield the chart with its legend; nothing where fewer than two bars would stand in it."""
    drawn = bars(articles)
    if len(drawn) < 2:
        return
    named = _shown(drawn)
    most = max(bar.counts.total() for bar in drawn)
    said = f"Articles by time of publication: {drawn[0].label} to {drawn[-1].label}, at most {most:,} at once"
    yield f'<figure class="timeline"><p class="most">{most:,}</p><svg viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    yield f' preserveAspectRatio="none" role="group" aria-label="{escape(said)}">'
    for at, bar in enumerate(drawn):
        yield from _drawn(bar, at, len(drawn), most, named, choice)
    yield f'</svg><p class="ends"><span>{escape(drawn[0].label)}</span><span>{escape(drawn[-1].label)}</span></p>'
    keys = (f'<li><span class="key c{at}"></span><bdi>{escape(name)}</bdi></li>' for at, name in enumerate(named))
    yield f"<figcaption><ul>{''.join(keys)}</ul></figcaption></figure>"


def _shown(drawn: Sequence[Bar]) -> list[str]:
    """Return the outlets that have a colour, the most frequent first, and one name for all others if there are any."""
    counts = sum((bar.counts for bar in drawn), Counter[str]())
    if len(counts) <= OUTLETS + 1:
        return [name for name, _ in counts.most_common()]
    return [*(name for name, _ in counts.most_common(OUTLETS)), _OTHERS]


def _drawn(bar: Bar, at: int, number: int, most: int, named: Sequence[str], choice: Choice) -> Iterator[str]:
    """Yield one bar: a piece for each outlet, one upon the other, and what it says when it is pointed at."""
    total = bar.counts.total()
    if not total:
        return
    width = _WIDTH / number
    pieces = [bar.counts[name] for name in named]
    if named[-1] == _OTHERS:
        pieces[-1] = total - sum(pieces[:-1])
    said = ", ".join(f"{name}: {count:,}" for name, count in zip(named, pieces, strict=True) if count)
    said = f"{bar.label}: {total:,} {'article' if total == 1 else 'articles'} ({said})"
    address = choice.address(first=bar.first, last=bar.last)
    yield f'<a href="articles{escape(address)}" aria-label="{escape(said)}"><title>{escape(said)}</title>'
    yield f'<rect class="room" x="{at * width:.1f}" y="0" width="{width:.1f}" height="{_HEIGHT}"></rect>'
    bottom = float(_HEIGHT)
    for piece, count in enumerate(pieces):
        height = count / most * _HEIGHT
        bottom -= height
        if count:
            place = f'x="{at * width + _GAP / 2:.1f}" y="{bottom:.1f}" width="{width - _GAP:.1f}" height="{height:.1f}"'
            yield f'<rect class="c{piece}" {place}></rect>'
    yield "</a>"
