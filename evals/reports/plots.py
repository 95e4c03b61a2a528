"""Plots as inline SVG: bars with intervals, and lines over a setting."""

from collections.abc import Mapping, Sequence
from html import escape

from evals.scoring.figures import Figure

_WIDTH, _LABEL, _ROW = 640, 150, 22
_COLOURS = ("#2563eb", "#d97706", "#059669", "#9333ea", "#dc2626", "#475569")


def bars(title: str, figures: Mapping[str, Figure]) -> str:
    """Return shares as horizontal bars, each with its 95 % interval as a line; what has no value has no bar."""
    room = _WIDTH - _LABEL - 110
    rows = []
    for at, (name, figure) in enumerate(figures.items()):
        y = at * _ROW + 6
        rows.append(f'<text x="{_LABEL - 8}" y="{y + 11}" text-anchor="end">{escape(name)}</text>')
        if figure.value is None:
            rows.append(f'<text x="{_LABEL + 4}" y="{y + 11}" class="faint">nothing to count</text>')
            continue
        rows.append(f'<rect x="{_LABEL}" y="{y}" width="{figure.value * room:.1f}" height="14" rx="2"/>')
        if figure.low is not None and figure.high is not None:
            low, high = _LABEL + figure.low * room, _LABEL + figure.high * room
            rows.append(f'<path d="M{low:.1f} {y + 7}H{high:.1f}M{low:.1f} {y + 3}v8M{high:.1f} {y + 3}v8"/>')
        shown = f"{figure.value:.2f} (n {figure.n})"
        rows.append(f'<text x="{_WIDTH - 4}" y="{y + 11}" text-anchor="end">{shown}</text>')
    return _svg(title, len(figures) * _ROW + 12, "".join(rows), "bars")


def lines(title: str, values: Sequence[str], metrics: Mapping[str, Sequence[Figure]]) -> str:
    """Return shares over the values of a setting as lines, one for each metric, each point with its 95 % interval."""
    high, low, left, right = 20, 230, 40, _WIDTH - 170
    step = (right - left) / max(1, len(values) - 1)
    drawn = [
        f'<path class="axis" d="M{left} {low - share * (low - high)}H{right}"/>'
        f'<text x="{left - 6}" y="{low - share * (low - high) + 4}" text-anchor="end">{share:g}</text>'
        for share in (0, 0.25, 0.5, 0.75, 1)
    ]
    drawn += [
        f'<text x="{left + at * step:.1f}" y="{low + 18}" text-anchor="middle">{escape(value)}</text>'
        for at, value in enumerate(values)
    ]
    for row, (name, figures) in enumerate(metrics.items()):
        colour = _COLOURS[row % len(_COLOURS)]
        points = [
            (left + at * step, low - figure.value * (low - high), figure)
            for at, figure in enumerate(figures)
            if figure.value is not None
        ]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in points) if points else ""
        drawn.append(f'<path style="stroke:{colour}" class="line" d="{path}"/>')
        for x, y, figure in points:
            bounds = [low - bound * (low - high) for bound in (figure.low, figure.high) if bound is not None]
            whisker = f"M{x:.1f} {bounds[0]:.1f}V{bounds[1]:.1f}" if len(bounds) == 2 else ""
            drawn.append(f'<path style="stroke:{colour}" class="whisker" d="{whisker}"/>')
            drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" style="fill:{colour}"/>')
        drawn.append(f'<text x="{right + 12}" y="{high + 12 + row * 18}" style="fill:{colour}">{escape(name)}</text>')
    return _svg(title, low + 30, "".join(drawn), "lines")


def _svg(title: str, height: int, inside: str, kind: str) -> str:
    style = (
        "text{font:12px system-ui,sans-serif;fill:#1f2937}rect{fill:#93c5fd}path{stroke:#1e3a8a;fill:none}"
        ".faint{fill:#9ca3af}.axis{stroke:#e5e7eb}.line{stroke-width:2}.whisker{stroke-width:1;opacity:.5}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" aria-label="{escape(title)}"><style>{style}</style>{inside}</svg>'
    )
