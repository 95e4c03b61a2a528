"""Keep finished cases on disk, so that a run that ended early goes on where it was."""

import hashlib
import json
from pathlib import Path

from pydantic import ValidationError

from evals.asking.outcomes import Outcome
from evals.errors import EvalError


class Journal:
    """Outcomes by what was asked of whom, a line of JSON each; `run` names all that the answers depend on."""

    def __init__(self, file: Path, run: str) -> None:
        """Read what is there of this run; raise EvalError when the file cannot be read.

        Lines of other runs, and one that was cut off, are left alone.
        """
        self._file, self._run = file, run
        self._kept: dict[str, Outcome] = {}
        try:
            lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        except (OSError, UnicodeDecodeError) as error:
            raise EvalError(
                f"The finished cases in {str(file)!r} cannot be read ({error}). Name another file"
            ) from None
        for line in lines:
            try:
                row = json.loads(line)
                if row["run"] == self._name:
                    self._kept[row["key"]] = Outcome.model_validate(row["outcome"])
            except (ValueError, KeyError, TypeError, ValidationError):
                continue

    def __len__(self) -> int:
        """Return how many finished cases there are."""
        return len(self._kept)

    def kept(self, outcome: Outcome) -> Outcome | None:
        """Return what came of the same case and repeat, if it is finished."""
        return self._kept.get(_key(outcome))

    def keep(self, outcome: Outcome) -> None:
        """Write an outcome; one that is an error is not finished. Raises EvalError when it cannot be written."""
        if outcome.error:
            return
        row = {"run": self._name, "key": _key(outcome), "outcome": outcome.model_dump(mode="json")}
        try:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        except OSError as error:
            raise EvalError(f"A finished case cannot be kept in {str(self._file)!r} ({error}). Name another") from None

    @property
    def _name(self) -> str:
        return hashlib.sha256(self._run.encode()).hexdigest()[:16]


def _key(outcome: Outcome) -> str:
    asked = outcome.case.model_dump_json(exclude={"held_out", "draft"})
    return f"{hashlib.sha256(asked.encode()).hexdigest()[:16]}-{outcome.repeat}"
