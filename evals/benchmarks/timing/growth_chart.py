"""The figures of the benchmark `growth` as JSON, as tables, and as curves that are readable on light and dark pages."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from string import Template

from evals.benchmarks import Figures

Point = tuple[float, float]
Curve = Sequence[Point]
"""Points of passages and a figure."""

RECALL = 0.98
TARGETS = {8_000: (10, 30), 100_000: (15, 60), 1_000_000: (40, 200)}
"""The wanted p50 and p99 of a warm search, in milliseconds, by passages."""
_PARTS = ("embedder", "dense", "lexical", "catalog", "rank")
_DISK = {"catalog": "catalog.sqlite MB", "Chroma": "chroma MB", "tantivy": "lexical MB", "memory": "memory MB"}
_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 460, 270, 52, 44, 104, 40
_COLOURS = ("#2f7ed8", "#d9622b", "#1f9d6b", "#a855d6", "#c99a06")
_STYLE = """text{font:12px system-ui,sans-serif;fill:#3d444d}.title{font-weight:600;font-size:13px}
.grid{stroke:#8b949e;stroke-opacity:.3}.wanted{stroke:#6e7781;stroke-dasharray:4 4;fill:none}
@media(prefers-color-scheme:dark){text{fill:#c9d1d9}.wanted{stroke:#adb5bd}}"""
_PAGE = Template("""# How search grows

    make bench-search DATA=DIR SIZES="$sizes"

writes this page, its curves and its JSON. `DIR` holds `articles/*.txt` and `questions.jsonl`. The first passages of a
size are the real ones; the others are copies of them with a third of the words replaced and vectors turned by a cosine
of 0.8 to 0.95 (`growth_corpus.py`). New articles would bring new words and names, and copies do not:
the words of a question stand in more of these passages than they would in as many of the real world, and the lexical
leg has more to do.

A search is what the service does for a question before it writes: embed, both legs, fetch the candidates, rank them,
look whether their files have changed. It is asked in a warm process that opened the snapshot before, each question
once. Wanted are 98 % of what an exact search over the same vectors finds, and for p50 / p99:

$targets

![Curves of the table below](growth.svg)

$figures

Mean milliseconds of a search, by the call that takes them. The embedder and the dense leg run in a thread beside the
lexical leg; `rank` is what is left of the time of the thread that ranks, the comparison with fresh files included:

$parts

Memory is what the process grew by from before the snapshot was opened to the last question. What it read of mapped
files, the catalog above all, is counted by itself: the system takes it back when it needs room. The load is the average
number of running processes of the machine while the questions were asked; a build is timed once, whatever else runs.
""")
_ROWS = (
    *("data", "measured", "machine", "load", "articles", "sentences kept a passage", "questions"),
    *("p50 ms", "p99 ms", "p50 of processor ms", "recall@10", "recall@50", "opened and first answer s"),
    *("memory MB", "  of it after the warm-up MB", "mapped files MB", "catalog.sqlite MB", "chroma MB", "lexical MB"),
    *("build s", "  of it Chroma s"),
)


def shown(figures: Figures) -> str:
    """Return the figures of one size, line by line."""
    width = max(map(len, figures))
    return "\n".join(f"{name:<{width}}  {_said(name, value)}" for name, value in figures.items())


def written(figures: Figures, folder: Path) -> None:
    """Put the figures of one size in place of those before, and write the JSON, the page and the curves anew."""
    folder.mkdir(exist_ok=True)
    file = folder / "growth.json"
    before: list[Figures] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    sizes = sorted(
        [*(one for one in before if one["passages"] != figures["passages"]), figures],
        key=lambda one: float(one["passages"]),
    )
    file.write_text(json.dumps(sizes, indent=1) + "\n", encoding="utf-8")
    (folder / "growth.md").write_text(page(sizes), encoding="utf-8")
    (folder / "growth.svg").write_text(curves(sizes), encoding="utf-8")


def page(sizes: Sequence[Figures]) -> str:
    """Return the page with its tables."""
    parts = sorted({name for one in sizes for name in one if name.startswith("mean ")})
    return _PAGE.substitute(
        sizes=" ".join(str(one["passages"]) for one in sizes),
        targets="\n".join(_target(size, sizes) for size in TARGETS),
        figures=_table(sizes, _ROWS),
        parts=_table(sizes, parts),
    )


def _target(size: int, sizes: Sequence[Figures]) -> str:
    run = any(one["passages"] == size for one in sizes)
    return f"- {size:,} passages: {' / '.join(map(str, TARGETS[size]))} ms{'' if run else ' (not run here)'}"


def _table(sizes: Sequence[Figures], names: Sequence[str]) -> str:
    rows = [["passages", *(f"{one['passages']:,}" for one in sizes)], ["---"] * (len(sizes) + 1)]
    rows += [[_title(name), *(_said(name, one.get(name, "")) for one in sizes)] for name in names]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _title(name: str) -> str:
    return name.removeprefix("mean ").removesuffix(" ms") if name.startswith("mean ") else name.strip()


def _said(name: str, value: float | int | str) -> str:
    if isinstance(value, str):
        return value
    if name.startswith("recall"):
        return f"{value:.4f}"
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if name.startswith("mean ") else f"{value:.1f}"


def curves(sizes: Sequence[Figures]) -> str:
    """Return the curves as one SVG of four panels."""
    times, wanted, parts = _times(sizes), _wanted(sizes), _parts(sizes)
    space = {name: _curve(sizes, key) for name, key in _DISK.items()}
    panels = (
        _panel("Warm search, ms", times, _logarithmic(times, wanted), wanted),
        _panel("Where the mean of it goes, ms", parts, _logarithmic(parts)),
        _panel("Recall of the dense leg", _recalls(sizes), _linear(0.95, 1.0), _flat(sizes)),
        _panel("Disk and memory, MB", space, _logarithmic(space)),
    )
    placed = (
        f'<g transform="translate({at % 2 * _WIDTH} {at // 2 * _HEIGHT})">{panel}</g>'
        for at, panel in enumerate(panels)
    )
    size = f'width="{2 * _WIDTH}" height="{2 * _HEIGHT}" viewBox="0 0 {2 * _WIDTH} {2 * _HEIGHT}"'
    said = "Search time, its parts, recall, and disk and memory over the number of passages"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{said}"><style>{_STYLE}</style>'
    return "\n".join([head, *placed, "</svg>\n"])


def _curve(sizes: Sequence[Figures], name: str) -> Curve:
    return [(float(one["passages"]), float(one[name])) for one in sizes if name in one]


def _times(sizes: Sequence[Figures]) -> dict[str, Curve]:
    return {name: _curve(sizes, f"{name} ms") for name in ("p50", "p99")}


def _wanted(sizes: Sequence[Figures]) -> dict[str, Curve]:
    of = [(float(one["passages"]), TARGETS[int(one["passages"])]) for one in sizes if one["passages"] in TARGETS]
    return {name: [(size, wanted[at]) for size, wanted in of] for at, name in enumerate(("p50 wanted", "p99 wanted"))}


def _parts(sizes: Sequence[Figures]) -> dict[str, Curve]:
    def mean(one: Figures, part: str) -> float:
        return sum(float(value) for name, value in one.items() if name.startswith(f"mean {part}"))

    return {part: [(float(one["passages"]), mean(one, part)) for one in sizes] for part in _PARTS}


def _recalls(sizes: Sequence[Figures]) -> dict[str, Curve]:
    return {name: _curve(sizes, f"recall{name}") for name in ("@10", "@50")}


def _flat(sizes: Sequence[Figures]) -> dict[str, Curve]:
    return {"wanted": [(float(one["passages"]), RECALL) for one in sizes]}


Scale = tuple[Callable[[float], float], Sequence[float]]
"""From a figure to its share of the height, and the figures to mark."""


def _logarithmic(*drawn: Mapping[str, Curve]) -> Scale:
    values = [value for curves in drawn for curve in curves.values() for _, value in curve if value > 0]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))

    def share(value: float) -> float:
        return (math.log10(max(value, 10**low)) - low) / max(high - low, 1)

    return share, [10.0**power for power in range(low, high + 1)]


def _linear(low: float, high: float) -> Scale:
    return lambda value: (max(value, low) - low) / (high - low), [low + (high - low) * step / 5 for step in range(6)]


def _panel(title: str, drawn: Mapping[str, Curve], scale: Scale, wanted: Mapping[str, Curve] | None = None) -> str:
    share, marks = scale
    across = sorted({size for curve in drawn.values() for size, _ in curve})
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    span = math.log(across[-1] / across[0]) or 1.0

    def at(size: float, value: float) -> Point:
        return _LEFT + wide * math.log(size / across[0]) / span, _TOP + high * (1 - share(value))

    parts = [f'<text class="title" x="{_LEFT}" y="24">{title}</text>']
    parts.append(f'<text x="{_LEFT + wide / 2}" y="{_TOP + high + 34}" text-anchor="middle">passages</text>')
    for mark in marks:
        y = at(across[0], mark)[1]
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_LEFT + wide}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{mark:,g}</text>')
    for size in across:
        x = at(size, marks[0])[0]
        parts.append(f'<text x="{x:.1f}" y="{_TOP + high + 18}" text-anchor="middle">{size:,.0f}</text>')
    placed = {name: [at(*point) for point in curve] for name, curve in {**drawn, **(wanted or {})}.items() if curve}
    heights = _apart({name: points[-1][1] for name, points in placed.items()})
    colours = dict(zip(drawn, _COLOURS, strict=False))
    parts += [_drawn(name, points, heights[name], colours.get(name)) for name, points in placed.items()]
    return "".join(parts)


def _drawn(name: str, points: Sequence[Point], height: float, colour: str | None) -> str:
    """Return one curve with its name at its end; one without a colour is what is wanted."""
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    label = f'<text x="{_WIDTH - _RIGHT + 8}" y="{height + 4:.1f}"'
    if not colour:
        return f'<path class="wanted" d="{path}"/>{label}>{name}</text>'
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
    line = f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/><g fill="{colour}">{dots}</g>'
    return f'{line}{label} style="fill:{colour}">{name}</text>'


def _apart(heights: Mapping[str, float]) -> dict[str, float]:
    """Move labels down until none lies on another."""
    moved: dict[str, float] = {}
    last = -math.inf
    for name, height in sorted(heights.items(), key=lambda item: item[1]):
        last = moved[name] = max(height, last + 14)
    return moved
