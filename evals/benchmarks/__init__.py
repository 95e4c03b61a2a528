"""Benchmarks: figures to read, never tests; ratios are taken side by side in one run.

`newsdesk benchmark NAME --data DIR` runs the module of that name on outside data, which is never part of the project.
Each module has `run(data: Path) -> Figures`, and says in its docstring which layout it reads. Those of the rooms
`answering`, `writing` and `timing`, `languages` and `replies` have `run(data: Path, data_dir: Path | None) -> Figures`,
and keep the index where a `data_dir` is given. `ROOMS` registers the names; `corpus` indexes outside articles and asks
about them, `ranking` has the metrics.
"""

import importlib
import json
from pathlib import Path
from types import ModuleType

from evals.errors import EvalError

Figures = dict[str, float | int | str]
"""Figures by name, in the order in which they are shown."""

ROOMS = {
    "reading": ("reading", "cleaning", "metadata", "stories", "languages"),
    "checking": ("injection", "verify", "support", "replies"),
    "answering": ("multihop", "squad2", "clapnq", "mtrag", "ramdocs", "newsquestions", "given"),
    "writing": ("prompt",),
    "timing": ("speed", "page"),
}
NAMES = {name: room for room, names in ROOMS.items() for name in names}
INDEXED = (*ROOMS["answering"], *ROOMS["writing"], *ROOMS["timing"], "languages", "replies")


def main_benchmark(name: str, data: Path, json_file: Path | None, data_dir: Path | None = None) -> int:
    """Run one benchmark, print its figures, write them as JSON when asked; raise EvalError when it cannot run."""
    if name not in NAMES:
        raise EvalError(f"There is no benchmark {name!r}. There are: {', '.join(NAMES)}")
    if not data.is_dir():
        raise EvalError(f"The data folder {str(data)!r} does not exist. Give the folder of the benchmark: --data DIR")
    if data_dir and name not in INDEXED:
        raise EvalError(f"The benchmark {name!r} builds no index. Leave --data-dir out")
    figures = _module(name).run(data, data_dir) if name in INDEXED else _module(name).run(data)
    width = max(map(len, figures), default=0)
    for title, value in figures.items():
        print(f"{title:<{width}}  {f'{value:.4f}' if isinstance(value, float) else value}")
    if json_file:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"evals.benchmarks.{NAMES[name]}.{name}")
