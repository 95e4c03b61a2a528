"""What `newsdesk eval init`, `accept` and `check` do: write cases of one's own, and see whether they are sound."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from evals.errors import BadConfiguration, EvalError
from evals.known.accepting import accept
from evals.known.articles import articles_in
from evals.known.checking import problems
from evals.known.drafting import propose
from evals.known.files import read_cases, write_cases
from index.store.snapshots import DataFolder, Snapshot
from index.sync.syncing import sync
from qa.settings import Settings
from qa.wiring import build_embedder, build_model, build_reader

NUMBER = 20
"""So many drafts are proposed, unless another number is asked for."""


def main_init(settings: Settings, corpus: Path, out: Path, number: int = NUMBER) -> int:
    """Propose drafts for a folder of articles and write them; return the exit code.

    Raises BadConfiguration when `out` is there already, EvalError when no article has anything to ask for.
    """
    if out.exists():
        raise BadConfiguration(f"{str(out)!r} is there already. Name another file: --out FILE")
    with tempfile.TemporaryDirectory(prefix="newsdesk-eval-") as folder:
        data = DataFolder(Path(folder))
        sync(corpus, data, build_embedder(settings))
        snapshot = Snapshot(data.require_current())
        try:
            drafts = propose(snapshot, build_reader(), number, build_model(settings))
        finally:
            snapshot.close()
    if not drafts:
        raise EvalError(f"No article in {str(corpus)!r} has a figure, a date or a name to ask for. Write cases by hand")
    write_cases(out, drafts)
    print(f"Wrote {len(drafts)} drafts to {out}. Read and accept them: newsdesk eval accept {out}")
    return 0


def main_accept(file: Path, ids: Sequence[str], ask: Callable[[str], str], say: Callable[[str], None]) -> int:
    """Have a person go through the drafts of a file; return the exit code."""
    accepted = accept(file, ids, ask, say)
    left = sum(written.case.draft for written in read_cases(file))
    say(f"Accepted {accepted}; {left} drafts are left. Drafts are never asked by newsdesk eval")
    return 0


def main_check(file: Path, corpus: Path) -> int:
    """Print everything that is not sound in the cases of a file; return 0 when all is, else 3."""
    written = read_cases(file)
    found = problems(written, articles_in(corpus))
    for problem in found:
        print(problem)
    drafts = sum(one.case.draft for one in written)
    print(f"{len(written)} cases, {drafts} of them drafts: {len(found) or 'no'} problems")
    return 3 if found else 0
