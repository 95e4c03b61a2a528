"""A statement with the result of its check, on its way to the answer."""

from dataclasses import dataclass, replace

from qa.checking.citations import Draft
from qa.checking.grounding import PENDING, UNRELATED, CheckResult
from qa.models import Support
from qa.prompting.evidence import EvidenceSentence


@dataclass(frozen=True)
class CheckedStatement:
    """A drafted statement, the evidence sentences that it points at, and the result of its check."""

    draft: Draft
    cited: tuple[EvidenceSentence, ...]
    result: CheckResult

    @property
    def can_be_judged(self) -> bool:
        """Whether a model may judge it: it cites something, and has no fact that stands nowhere."""
        return self.result.support is Support.UNCHECKED or UNRELATED in self.result.problems

    @property
    def may_stand(self) -> bool:
        """Whether it cites something, and the local check finds nothing against it."""
        return bool(self.cited) and not self.result.is_hard and UNRELATED not in self.result.problems

    def pending(self) -> "CheckedStatement":
        """Return the statement as one that waits for the second look."""
        return replace(self, result=CheckResult(Support.UNCHECKED, (PENDING,)))

    def is_better_than(self, other: "CheckedStatement") -> bool:
        """Return whether it says and cites something and has no hard problem, where the other has one."""
        says_something = any(map(str.isalnum, self.draft.text))
        return says_something and bool(self.cited) and other.result.is_hard and not self.result.is_hard
