"""A statement with its verdict, as it goes from the check to the answer."""

from dataclasses import dataclass, replace

from qa.checking.citations import Draft
from qa.checking.grounding import PENDING, UNRELATED, Verdict
from qa.models import Support
from qa.prompting.evidence import EvidenceSentence


@dataclass(frozen=True)
class Checked:
    """A drafted statement, the evidence sentences that it points at, and the verdict on it."""

    draft: Draft
    cited: tuple[EvidenceSentence, ...]
    verdict: Verdict

    @property
    def wants_a_look(self) -> bool:
        """Whether a model may say more of it: it cites something, and has no fact that stands nowhere."""
        return self.verdict.support is Support.UNCHECKED or UNRELATED in self.verdict.problems

    def pending(self) -> "Checked":
        """Return it as one that waits for a second look."""
        return replace(self, verdict=Verdict(Support.UNCHECKED, (PENDING,)))

    def is_better_than(self, other: "Checked") -> bool:
        """Whether it says and cites something, and has no fact that stands nowhere, where the other has."""
        says_something = any(map(str.isalnum, self.draft.plain))
        return says_something and bool(self.cited) and other.verdict.is_hard and not self.verdict.is_hard
