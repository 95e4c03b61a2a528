"""Open the vector index of a snapshot in a process of its own, before a server does: broken files may end or hang it.

`python -m index.store.damage.probe FOLDER` is that process. It ends with 0 when the collection has as many passages as
the manifest says and each canary's own vector finds it.
"""

import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

from index.errors import IndexingError, VectorsUnavailable
from index.store.chroma import ChromaVectors
from index.store.files import read_manifest

PATIENCE_S = 60.0


class Probe:
    """The process for one snapshot; it starts at once, and whoever needs the vectors first waits for it."""

    def __init__(self, folder: Path, patience_s: float = PATIENCE_S, command: list[str] | None = None) -> None:
        """Start it; after `patience_s` seconds it counts as hanging."""
        self._command = command or [sys.executable, "-m", "index.store.damage.probe", str(folder)]
        self._patience_s = patience_s
        self.failure = ""
        """Why the index is not used; empty while it is, or before the process has ended."""
        self._thread = threading.Thread(target=self._run, name="newsdesk-probe", daemon=True)
        # Set before the start, for the thread sets it anew.
        self._process: subprocess.Popen[bytes] | None = None
        self._thread.start()

    def _run(self) -> None:
        try:
            with subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as process:
                self._process = process
                code = _waited(process, self._patience_s)
        except OSError as error:
            self.failure = f"it could not be opened on trial ({error})"
            return
        if code is None:
            self.failure = f"opening it took over {self._patience_s:g} s"
        elif code:
            # 1 is the word of the check itself; any other code is how the files ended it.
            self.failure = "it failed its check" if code == 1 else f"opening it ended the process (code {code})"

    def require(self) -> None:
        """Wait for the end; raise VectorsUnavailable when the index is not fit to be opened."""
        self._thread.join()
        if self.failure:
            raise VectorsUnavailable(f"The vector index is not used: {self.failure}. Run: newsdesk doctor --repair")

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()


def _waited(process: "subprocess.Popen[bytes]", seconds: float) -> int | None:
    """Return the exit code of a process; end it and return None when it takes longer than so many seconds."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def _is_fit(folder: Path) -> bool:
    manifest = read_manifest(folder)
    with closing(ChromaVectors(folder / "chroma")) as vectors:
        if vectors.count() != manifest.passages:
            return False
        results = [vectors.query(vector, 1) for vector in vectors.vectors(manifest.canaries)]
    return all(hits for hits in results)


if __name__ == "__main__":
    try:
        sys.exit(0 if _is_fit(Path(sys.argv[1])) else 1)
    except IndexingError:
        sys.exit(1)
