"""Find the evidence for a sentence that its writer left without a marker: the sentences that the reader ranks first."""

from collections.abc import Iterable, Sequence

from qa.checking.checked import CheckedStatement
from qa.language.terms import terms
from qa.prompting.evidence import EvidenceSentence
from qa.reader.reading import Reader, TermStatistics

_RELATED = 2
"""A statement may be judged by so many sentences beside those that it cites; each costs some 40 tokens."""
_FEWEST_TERMS = 3
"""A statement needs so many words: a single one that an article tells a model to say stands in that article."""


class Attribution:
    """Finds the evidence sentences of statements with a reader."""

    def __init__(self, reader: Reader) -> None:
        """Rank with `reader`."""
        self._reader = reader

    def nearest(
        self, statement: str, evidence: Sequence[EvidenceSentence], statistics: TermStatistics, most: int = 1
    ) -> tuple[EvidenceSentence, ...]:
        """Return the evidence sentences that rank first for a statement; the check still has to judge them."""
        if len(set(terms(statement))) < _FEWEST_TERMS:
            return ()
        hits = {sentence.passage.id: sentence.hit for sentence in evidence}
        by_place = {(sentence.passage.id, sentence.span): sentence for sentence in evidence}
        ranked = self._reader.rank(statement, list(hits.values()), statistics).sentences
        places = [(sentence.hit.passage.id, sentence.span) for sentence in ranked]
        return tuple([by_place[place] for place in places if place in by_place][:most])

    def related(
        self, statements: Iterable[CheckedStatement], evidence: Sequence[EvidenceSentence], statistics: TermStatistics
    ) -> list[EvidenceSentence]:
        """Return the evidence sentences that rank first for each of some statements, each once."""
        related: dict[int, EvidenceSentence] = {}
        for checked in statements:
            nearest = self.nearest(checked.draft.claim, evidence, statistics, _RELATED)
            related |= {sentence.number: sentence for sentence in nearest}
        return list(related.values())
