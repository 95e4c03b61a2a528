"""Which words of a statement turn its cited text round: a "not" more or less, "fell" for "rose"."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import NamedTuple

from qa.dates import whole_years
from qa.terms import CARDINALS, STOPWORDS, fold, names, stem, words

_WORD = re.compile(r"\d[\d.,]*\d|n't\b|[^\W_]+?(?=n't\b)|[^\W_]+")
_CLAUSE = re.compile(
    r"(?<=[.!?;])\s+|,?\s+(?=(?:but|while|because|although|whereas)\b)|,\s+(?=(?:and|which|who|though|so|as|nor|or)\b)"
)
# What a statement denies nothing by: "not only", "no later than".
_NO_DENIAL = re.compile(
    r"\bnot (?:only|just|merely|simply)\b|\bno(?:-\w| (?:longer|later|more|less|fewer|doubt)\b)", re.IGNORECASE
)
# What denies nothing wherever it stands: "whether or not", "No. 5", "p-block".
_NEVER_DENIES = re.compile(r"\bor not\b|\bno\.(?= ?\d)|(?<=\w)-(?:block|bar)\b", re.IGNORECASE)
_NEAR_BY = re.compile(r"\bnot far\b", re.IGNORECASE)
_NEGATIONS = frozenset("not n't never no none nobody nothing neither nor without cannot hardly barely unable".split())
# Words that deny what they govern: a statement may put "did not" for them, and the other way round.
_DENIALS = frozenset(
    stem(word)
    for word in """refuse deny fail reject lack avoid prevent refute dispute dismiss cancel ban bar block absent false
    wrong untrue impossible oppose scrap forbid prohibit myth unlikely exclude""".split()
)
_AUXILIARIES = frozenset(
    """am is are was were be been being do does did have has had can could may might must shall should will would to
    the a an any been yet also still ever""".split()
)
# These deny too, but often say in other words what the text says with no "not": "without parents", "an orphan".
_FIRM_NEGATIONS = _NEGATIONS - frozenset("without hardly barely unable".split())
_PREFIXES = tuple("un in im il ir dis non".split())
_REACH, _PREDICATES = 4, 2
_LIKE, _NEARLY, _NEAR = 0.5, 0.6, 0.75
_AS_MUCH = 2 / 3
_LONGEST = 150
"""Sentences of more words are not compared word for word: that takes more than quadratic time."""
_LEAST_SHARED = 3
_DENIES = "The cited text does not deny this, and the statement does."
_AFFIRMS = "The cited text denies this, and the statement does not."


class _Word(NamedTuple):
    """A word of a text: folded, its stem, and whether a stop or a comma follows."""

    folded: str
    stem: str
    ends: bool


class _Sentence:
    """The words of a sentence, with what is denied in it."""

    def __init__(self, text: str) -> None:
        folded = _NEAR_BY.sub("near", _NEVER_DENIES.sub(" ", whole_years(fold(text)).replace("can't", "can n't")))
        self.words = [
            _Word(
                match.group(), stem(match.group()), folded[match.end() : match.end() + 2].strip()[:1] in tuple(",;:.!?")
            )
            for match in _WORD.finditer(folded)
        ]
        self.stems = [word.stem for word in self.words]
        self.every = frozenset(self.stems)
        self.content = {word.stem for word in self.words if word.folded not in STOPWORDS}
        self.named = frozenset(stem(word) for name in names(text) for word in words(name))
        self.negated = set(self._governed(lambda word: word.folded in _NEGATIONS))
        self.denied = self.negated | set(self._governed(lambda word: word.stem in _DENIALS))
        self.negates = any(word.folded in _FIRM_NEGATIONS for word in self.words)
        self.denies = bool(self.denied) or any(
            word.folded in _NEGATIONS or word.stem in _DENIALS for word in self.words
        )

    def _governed(self, by: Callable[[_Word], bool]) -> Iterator[str]:
        """Give the next words with a meaning after such a word, up to a stop or a comma."""
        for at, word in enumerate(self.words):
            if by(word):
                after = self.words[at + 1 : at + 1 + _REACH]
                ends = next((place for place, one in enumerate(after, 1) if one.ends), _REACH)
                governed = [one for one in after[:ends] if one.folded not in _AUXILIARIES]
                yield from (one.stem for one in governed[:_PREDICATES] if one.folded not in STOPWORDS)

    def around(self, at: int) -> set[str]:
        """Return the words with a meaning that stand beside a word."""
        return {one for one in self.stems[max(0, at - _REACH) : at + _REACH + 1] if one in self.content}

    def beside(self) -> dict[str, set[str]]:
        """Return for each stem the words with a meaning that stand beside it, wherever it stands."""
        found: dict[str, set[str]] = defaultdict(set)
        for at, one in enumerate(self.stems):
            found[one] |= self.around(at)
        return found

    def share_in(self, other: "_Sentence") -> float:
        """Return the share of this sentence's words with a meaning that another holds."""
        return len(self.content & other.content) / len(self.content) if self.content else 0.0


def flips(statement: str, cited: Sequence[str]) -> list[str]:
    """Return a sentence for each way in which a statement says the opposite of the sentences it cites.

    Of opposite words and of a "not" that a sentence has and the statement has not, only sentences that share half of
    its words count: what they do not speak of cannot be turned round.
    """
    said = _Sentence(statement)
    held = [_Sentence(text) for text in cited]
    # A long run of white space would take the expression quadratic time; "No. 5" is cut nowhere.
    spaced = _NEVER_DENIES.sub(" ", " ".join(statement.split()))
    clauses = [_Sentence(text) for text in _CLAUSE.split(_NO_DENIAL.sub(" ", spaced))]
    known = said.denied.union(*(sentence.content - sentence.denied for sentence in held))
    found = [problem for clause in clauses for problem in _negations(clause, held, known)]
    best = max(held, key=said.share_in)
    if said.share_in(best) >= _LIKE:
        found += [*_opposites(said, best, held), *_replaced(said, best)]
    return list(dict.fromkeys(found))


@cache
def _sides() -> dict[str, frozenset[str]]:
    """Return the opposites of each stem in `thesaurus/opposites.txt`, read once."""
    found: dict[str, set[str]] = defaultdict(set)
    lines = (Path(__file__).parent / "thesaurus" / "opposites.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line and line[0] != "#":
            one, other = ({stem(word) for word in side.split()} for side in line.split("|"))
            for mine, yours in ((one, other), (other, one)):
                for word in mine:
                    found[word] |= yours - mine
    return {word: frozenset(others) for word, others in found.items()}


def opposites_of(one: str) -> frozenset[str]:
    """Return the stems of which a statement may not put one for this stem."""
    return _sides().get(one, frozenset())


def _negations(said: _Sentence, held: Sequence[_Sentence], known: Collection[str]) -> Iterator[str]:
    """Give the negation that a clause has and the cited sentences have not, or the other way round.

    A "not" must be borne out: by a sentence that denies the same word, or by one that denies at all and speaks of the
    clause two thirds as much as the sentence that speaks of it most. What the sentences deny must be denied, but
    for the words in `known`: what another sentence affirms, or another clause denies.
    """
    best = max(held, key=said.share_in)
    if said.negates:
        denying = [one for one in held if one.denies or _turned(said.negated, one)]
        least = len(said.content & best.content) * _AS_MUCH
        held_so = any(said.negated & one.denied or len(said.content & one.content) >= least for one in denying)
        if least and not held_so:
            yield _DENIES
    elif not said.denies and said.share_in(best) >= _NEARLY:
        turned = {one for one in best.denied & said.content if one not in known}
        if turned and not any(opposites_of(one) & said.content for one in turned):
            yield _AFFIRMS


def _turned(negated: Collection[str], other: _Sentence) -> bool:
    """Whether a sentence says by another word what a clause says by a "not": "did not rise", "fell"; "unsafe"."""
    return any(
        not other.every.isdisjoint((*opposites_of(one), *(prefix + one for prefix in _PREFIXES))) for one in negated
    )


def _opposites(said: _Sentence, best: _Sentence, held: Sequence[_Sentence]) -> Iterator[str]:
    """Give the words whose opposites stand beside the same words in the cited sentence; those of names have none."""
    every = frozenset[str]().union(*(sentence.every for sentence in held))
    if len(said.content & best.content) < _LEAST_SHARED:
        return
    beside, written = best.beside(), {word.stem: word.folded for word in reversed(best.words)}
    for at, word in enumerate(said.words):
        if word.stem in every or word.stem in said.named:
            continue
        for other in sorted(opposites_of(word.stem) & beside.keys() - said.every - best.named):
            same_side = (word.stem in said.denied) == (other in best.denied)
            if same_side and said.around(at) & beside[other]:
                yield f"The cited text says “{written[other]}”, not “{word.folded}”."


def _replaced(said: _Sentence, best: _Sentence) -> Iterator[str]:
    """Give what differs between a statement and a sentence nearly the same: a "not", a figure, an opposite word."""
    if max(len(said.stems), len(best.stems)) > _LONGEST:
        return
    matcher = SequenceMatcher(None, said.stems, best.stems, autojunk=False)
    if matcher.real_quick_ratio() < _NEAR or matcher.ratio() < _NEAR:  # the first bounds what a long statement costs
        return
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        mine, yours = said.words[start:end], best.words[other_start:other_end]
        if kind == "equal" or max(len(mine), len(yours)) >= _REACH:
            continue
        turned = any(opposites_of(word.stem) & {one.stem for one in yours} for word in mine)
        if not turned and _negated(mine) and not _negated(yours, _DENIALS):
            yield _DENIES
        elif not turned and _negated(yours) and not _negated(mine, _DENIALS):
            yield _AFFIRMS
        for word in mine:
            for other in yours:
                figures = len(mine) == len(yours) == 1 and _is_figure(word) and _is_figure(other)
                if (figures and word.stem not in best.stems) or other.stem in opposites_of(word.stem):
                    yield f"The cited text says “{other.folded}”, not “{word.folded}”."


def _negated(words: Sequence[_Word], besides: frozenset[str] = frozenset()) -> bool:
    return any(word.folded in _NEGATIONS or word.stem in besides for word in words)


def _is_figure(word: _Word) -> bool:
    return word.folded[0].isdigit() or word.folded in CARDINALS
