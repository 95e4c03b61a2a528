"""The evidence for a sentence that its writer left without a marker: what the reader ranks nearest to it."""

from collections.abc import Sequence

from qa.language.terms import terms
from qa.prompting.evidence import EvidenceSentence
from qa.reader.reading import Reader, Words

_FEWEST_TERMS = 3
"""So many words a statement needs: a single one that an article tells a model to say stands in that article."""


class Attribution:
    """Finds the evidence sentence for what a model said without a number."""

    def __init__(self, reader: Reader) -> None:
        """Rank with `reader`."""
        self._reader = reader

    def nearest(self, statement: str, shown: Sequence[EvidenceSentence], words: Words) -> tuple[EvidenceSentence, ...]:
        """Return the sentence of those `shown` that ranks first for a statement, if any: the check has to judge it."""
        if len(set(terms(statement))) < _FEWEST_TERMS:
            return ()
        hits = {sentence.passage.id: sentence.hit for sentence in shown}
        by_place = {(sentence.passage.id, sentence.span): sentence for sentence in shown}
        for scored in self._reader.rank(statement, list(hits.values()), words).sentences:
            if found := by_place.get((scored.hit.passage.id, scored.span)):
                return (found,)
        return ()
