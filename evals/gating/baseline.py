"""An earlier run that later ones are compared with, kept in a file of JSON with a line for each case."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError

from evals.asking.outcomes import Outcome
from evals.errors import BadConfiguration
from evals.known.cases import Case
from evals.scoring.figures import Difference, difference, parts_by_case
from evals.scoring.metrics import METRICS
from evals.scoring.scores import Score
from index.models import Record

FORMAT = 1


class Kept(Record):
    """One case of a baseline: its score without timings, what the answer said, and a digest of the case."""

    case: str = Field(description="digest of the case; a case that has changed since is not compared")
    scores: tuple[Score, ...] = Field(description="one for each time that it was asked")
    text: str = Field(description="what was answered, the first time")


class Baseline(Record):
    """An earlier run: who answered, and each case by its id."""

    format: int = FORMAT
    model: str
    cases: dict[str, Kept]

    @classmethod
    def of(cls, model: str, outcomes: Sequence[Outcome], scores: Sequence[Score]) -> Self:
        """Return a run as a baseline; `scores` are those of `outcomes`, in order."""
        kept: dict[str, Kept] = {}
        for outcome, score in zip(outcomes, scores, strict=True):
            first = kept.get(score.id)
            kept[score.id] = Kept(
                case=digest(outcome.case),
                scores=(*(first.scores if first else ()), score.model_copy(update={"seconds": {}})),
                text=first.text if first else outcome.answer.text if outcome.answer else "",
            )
        return cls(model=model, cases=kept)

    def paired(self, outcomes: Sequence[Outcome], scores: Sequence[Score]) -> tuple[list[Score], list[Score]]:
        """Return the new and the old scores of the cases that are in both, and have not changed."""
        same = {one.case.id for one in outcomes if self._has(one.case)}
        new = [score for score in scores if score.id in same]
        return new, [score for name, kept in self.cases.items() if name in same for score in kept.scores]

    def _has(self, case: Case) -> bool:
        kept = self.cases.get(case.id)
        return kept is not None and kept.case == digest(case)


class Comparison(Record):
    """How a run differs from an earlier one, over the cases that both have."""

    cases: int = Field(description="how many cases both have")
    differences: dict[str, Difference] = Field(description="by metric, where both runs have something to count")
    vanished: tuple[str, ...] = Field(default=(), description="metrics with something to count in the earlier run only")


def compared(new: Sequence[Score], old: Sequence[Score]) -> Comparison:
    """Return how each metric differs between the scores of two runs over the same cases."""
    found = {name: difference(metric, new, old) for name, metric in METRICS.items()}
    lost = [name for name, metric in METRICS.items() if parts_by_case(metric, old) and not parts_by_case(metric, new)]
    return Comparison(
        cases=len({score.id for score in new} & {score.id for score in old}),
        differences={name: one for name, one in found.items() if one is not None},
        vanished=tuple(lost),
    )


def digest(case: Case) -> str:
    """Return a digest of all that a case asks and expects."""
    return hashlib.sha256(case.model_dump_json(exclude={"draft", "held_out"}).encode()).hexdigest()[:12]


def load_baseline(file: Path) -> Baseline:
    """Return the baseline of a file; raise BadConfiguration when it cannot be read, or is of another format."""
    again = "Make it anew: newsdesk eval --update-baseline"
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        return Baseline.model_validate(fields)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BadConfiguration(f"The baseline {str(file)!r} cannot be read ({error}). {again}") from None
    except ValidationError:
        raise BadConfiguration(f"{str(file)!r} is no baseline of this version of Newsdesk. {again}") from None


def to_text(baseline: Baseline) -> str:
    """Return a baseline as JSON, a line for each case, without what is at its default: it is made to be committed."""
    rows = [f"{json.dumps(name)}: {_row(kept)}" for name, kept in baseline.cases.items()]
    head = f'{{"format": {baseline.format}, "model": {json.dumps(baseline.model)}, "cases": {{\n'
    return head + ",\n".join(rows) + "\n}}\n"


def _row(kept: Kept) -> str:
    scores: list[Mapping[str, object]] = [score.model_dump(mode="json", exclude_defaults=True) for score in kept.scores]
    return json.dumps({"case": kept.case, "scores": scores, "text": kept.text}, ensure_ascii=False)
