"""Things of one name: stories that say of the subject of a question that it is this, and that it is something else."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from qa.ranking import Candidate
from qa.signals import Signals
from qa.terms import is_title, names, terms

_OPENING = 400
_SAME = 0.8
_IS = re.compile(
    r"\b(?:is|was|are|were) (?:an?|the|one of the) (.+?)(?= (?:who|which|that|for|in|from|of|by|on|at)\b|[,.;:(]|$)"
)
_YEAR = r"(?:1\d|20)\d\d"
_LIFE = re.compile(rf"\((?P<said>(?:(?:born|b\.) |[^()]{{0,40}}?{_YEAR}\)? ?[–—-] )[^()]*)\)")
_QUALIFIED = re.compile(r"(?:[^().!?]|\.(?= ?\d)){2,80}?\((?P<said>[^()]{2,60})\)")
_BORN = re.compile(_YEAR)
_ACRONYM = re.compile(r"[A-Z][A-Za-z]*[A-Z]")
_WORD = re.compile(r"[^\W\d_]+")


class Introduction(NamedTuple):
    """A sentence that says what the subject of a question is: what it is called, and all it says besides the name."""

    description: str
    said: frozenset[str]
    born: str = ""
    spelt_out: bool = False

    def agrees(self, other: "Introduction") -> bool:
        """Whether two may speak of one thing: one year of birth, or most of what the shorter says is in the other.

        What an acronym stands for says nothing against what the thing is.
        """
        if self.born and other.born:
            return self.born == other.born
        if self.spelt_out != other.spelt_out:
            return True
        return len(self.said & other.said) >= _SAME * min(len(self.said), len(other.said))


def introduction(part: str, text: str, opens: bool = False) -> Introduction | None:
    """Return what a text says that the subject of a question is, where its first clause does ("Ada Berg was a baker").

    The subject is all that the question names, without the titles of persons.
    """
    subject = frozenset(terms(" ".join(word for word in " ".join(names(part)).split() if not is_title(word))))
    if not subject:
        return None
    life = _LIFE.search(text)
    born = _BORN.search(life["said"]) if life and subject.issubset(terms(text[: life.start()])) else None
    for match in (_IS.search(text), opens and _QUALIFIED.match(text), born and life):
        if match and (subject.issubset(terms(text[: match.start(1)])) or _is_title_of(match, subject, part)):
            said = frozenset(terms(text if match.re is _IS else match[1])) - frozenset(terms(part))
            year = born.group() if born else ""
            description = match[1].strip() if year in match[1] else f"{match[1].strip()}, born {year}"
            return Introduction(description, said, year)
    return _spelt_out(part, text)


def _is_title_of(match: re.Match[str], subject: frozenset[str], part: str) -> bool:
    """Whether a qualified title, "Symphony No. 2 (Berg)", is part of what a question names: "Symphony No. 2 in D"."""
    title = frozenset(terms(match.string[: match.start(1)]))
    return match.re is _QUALIFIED and title.issubset(terms(part)) and 2 * len(title & subject) >= len(subject)


def _spelt_out(part: str, text: str) -> Introduction | None:
    """Return the words that a text gives an acronym for: "the Rural Sports Journal (RSJ)"."""
    for acronym in names(part):
        if _ACRONYM.fullmatch(acronym) and (match := re.search(rf"\(\s?{acronym}\s?\)", text)):
            before = list(_WORD.finditer(text, 0, match.start()))[-len(acronym) :]
            if [one.group()[0].lower() for one in before] == list(acronym.lower()):
                words = text[before[0].start() : before[-1].end()]
                return Introduction(words, frozenset(terms(words)), spelt_out=True)
    return None


def namesakes(part: str, signals: Sequence[Signals], stories: Mapping[str, str]) -> dict[str, Candidate]:
    """Return by story the sentence near the head of an article that introduces another thing of the name asked about.

    Of stories that may mean the same it is the one with the first sentence. An acronym that only one story spells out
    is none.
    """
    found: dict[str, tuple[Candidate, Introduction]] = {}
    for one in signals:
        start = one.candidate.span.start
        said = introduction(part, one.candidate.text, start == 0) if start < _OPENING else None
        if said and stories[one.path] not in found and not any(said.agrees(other) for _, other in found.values()):
            found[stories[one.path]] = one.candidate, said
    meant = len(found) > 1 or not any(said.spelt_out for _, said in found.values())
    return {story: one for story, (one, _) in found.items()} if meant else {}
