"""What a running process takes: memory, open files and threads, sampled from /proc (Linux), and processor time."""

import os
import statistics
import threading
import time
from pathlib import Path
from typing import Self

from evals.benchmarks import Figures

EVERY_S = 2.0


class Watch:
    """Samples of one process, taken in a thread from `begin` on until the block ends."""

    def __init__(self, pid: int) -> None:
        """Watch the process of this number."""
        self._folder, self._ended = Path("/proc") / str(pid), threading.Event()
        self._samples: list[tuple[float, float, int, int]] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Wait for `begin`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take no more samples."""
        self._ended.set()

    def begin(self) -> None:
        """Begin with the samples."""
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._samples.append(self._sample())
            self._ended.wait(EVERY_S)

    def _sample(self) -> tuple[float, float, int, int]:
        """Return the seconds of a clock, the resident memory in MB, and the numbers of open files and threads."""
        resident = int((self._folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        files, threads = (sum(1 for _ in (self._folder / name).iterdir()) for name in ("fd", "task"))
        return time.monotonic(), resident, files, threads

    def cpu_seconds(self) -> float:
        """Return the processor time that the process has taken so far."""
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def figures(self) -> Figures:
        """Return what was sampled; the slope is that of the last two thirds, once the process has settled."""
        settled = self._samples[len(self._samples) // 3 :]
        hours = [(at - settled[0][0]) / 3600 for at, *_ in settled]
        memory = [resident for _, resident, *_ in settled]
        slope = statistics.linear_regression(hours, memory).slope if len(settled) > 2 else 0.0
        first, last = self._samples[len(self._samples) // 3], self._samples[-1]
        return {
            "memory MB, after a third and at the end": f"{first[1]:.0f} {last[1]:.0f}",
            "memory MB an hour, slope": slope,
            "open files, after a third, at the end, most": _three([one[2] for one in self._samples]),
            "threads, after a third, at the end, most": _three([one[3] for one in self._samples]),
        }


def _three(counts: list[int]) -> str:
    return f"{counts[len(counts) // 3]} {counts[-1]} {max(counts)}"
