"""The evidence for a sentence that its writer left without a marker: what the reader ranks nearest to it."""

from collections.abc import Iterable, Sequence
from itertools import islice

from qa.checking.checked import Checked
from qa.language.terms import terms
from qa.prompting.evidence import EvidenceSentence
from qa.reader.reading import Reader, Words

_OTHERS = 2
"""By so many sentences beside those that it cites a statement may be judged; each costs some 40 tokens."""
_FEWEST_TERMS = 3
"""So many words a statement needs: a single one that an article tells a model to say stands in that article."""


class Attribution:
    """Finds the evidence sentence for what a model said without a number."""

    def __init__(self, reader: Reader) -> None:
        """Rank with `reader`."""
        self._reader = reader

    def nearest(
        self, statement: str, shown: Sequence[EvidenceSentence], words: Words, most: int = 1
    ) -> tuple[EvidenceSentence, ...]:
        """Return the sentences of those `shown` that rank first for a statement: the check has to judge them."""
        if len(set(terms(statement))) < _FEWEST_TERMS:
            return ()
        hits = {sentence.passage.id: sentence.hit for sentence in shown}
        by_place = {(sentence.passage.id, sentence.span): sentence for sentence in shown}
        ranked = self._reader.rank(statement, list(hits.values()), words).sentences
        found = (by_place.get((scored.hit.passage.id, scored.span)) for scored in ranked)
        return tuple(islice((sentence for sentence in found if sentence), most))

    def beside(
        self, pending: Iterable[Checked], shown: Sequence[EvidenceSentence], words: Words
    ) -> list[EvidenceSentence]:
        """Return the sentences that rank first for some statements, each once."""
        found = [
            sentence for checked in pending for sentence in self.nearest(checked.draft.claim, shown, words, _OTHERS)
        ]
        return list({sentence.number: sentence for sentence in found}.values())
