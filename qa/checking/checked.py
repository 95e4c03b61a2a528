"""A statement with its verdict, as it goes from the check to the answer."""

from dataclasses import dataclass

from qa.checking.citations import Draft
from qa.checking.grounding import Verdict
from qa.models import Support
from qa.prompting.evidence import EvidenceSentence

WORTH = {Support.UNSUPPORTED: 0, Support.NO_CLAIM: 0, Support.PARTLY: 1, Support.SUPPORTED: 2}
"""Which of two verdicts is the better one."""


@dataclass(frozen=True)
class Checked:
    """A drafted statement, the evidence sentences that it points at, and the verdict on it."""

    draft: Draft
    cited: tuple[EvidenceSentence, ...]
    verdict: Verdict

    @property
    def fails(self) -> bool:
        """Whether the cited text does not, or not fully, bear it out."""
        return self.verdict.support in (Support.UNSUPPORTED, Support.PARTLY)

    @property
    def is_unsupported(self) -> bool:
        """Whether the cited text does not bear it out at all."""
        return self.verdict.support is Support.UNSUPPORTED

    def is_better_than(self, other: "Checked") -> bool:
        """Whether it says something, and its verdict is the better one."""
        if not any(map(str.isalnum, self.draft.plain)):
            return False
        return WORTH[self.verdict.support] > WORTH[other.verdict.support]
