"""Who speaks in a transcript: told by its form, whatever its language.

A turn begins with a short label and a colon. A text is a transcript when labels begin at least half of its lines from
the first to the last of them, and some recur, as those of people who speak again do and those of a fact sheet do not.
"""

from collections import Counter
from collections.abc import Sequence

import regex

from index.models import Passage, Span

_WORD = r"[\p{L}\p{M}\p{N}.'’-]+"
_LABEL = regex.compile(
    rf"[*_]*(?P<label>(?=[\p{{Lu}}\p{{Lo}}]){_WORD}(?:[ ]{_WORD}){{0,4}})[*_]*[ ]?[:：][*_]*[ ]*(?=\S)"
)
_LONGEST = 40
_FEWEST, _SHARE = 4, 0.5
_SAYS_NOTHING = 2
"""A sentence of so few words after its label ("Yes.") belongs to the one behind it."""


def speakers(lines: Sequence[str]) -> list[str]:
    """Return who speaks each line of an article, "" where nobody is named; what follows the last label is nobody's.

    A label that is part of one longer label before it ("MOEN" after "KARIN MOEN") means the same person.
    """
    labels = [label(line) for line in lines]
    at = [number for number, found in enumerate(labels) if found]
    whole = _whole([labels[number] for number in at])
    nobody = [""] * len(lines)
    if len(at) < _FEWEST or len(at) < _SHARE * (at[-1] - at[0] + 1) or max(Counter(whole).values()) < 2:
        return nobody
    found, speaker = nobody, ""
    named = dict(zip(at, whole, strict=True))
    for number in range(at[0], at[-1] + 1):
        speaker = found[number] = named.get(number, speaker)
    return found


def label(line: str) -> str:
    """Return the label that a line begins with, "" where it has none: it is short, and its last word has a capital."""
    match = _LABEL.match(line)
    found = str(match["label"]) if match else ""
    last = found.split(" ")[-1][:1]
    return "" if len(found) > _LONGEST or last.islower() else found


def without_label(line: str) -> str:
    """Return a line without the label that it begins with."""
    match = _LABEL.match(line)
    return line[match.end() :] if match and label(line) else line


def with_speaker(passage: Passage, span: Span) -> str:
    """Return a sentence of a passage with the name of who says it, where the passage is of a transcript."""
    sentence, speaker = passage.sentence(span), passage.speaker(span)
    return f"{speaker}: {without_label(sentence)}" if speaker else sentence


def with_speakers(passage: Passage, spans: Sequence[Span]) -> list[str]:
    """Return sentences that follow one another, with the name of who speaks where that is not who spoke before."""
    speakers_of = [passage.speaker(span) for span in spans]
    goes_on = [one == before for one, before in zip(speakers_of, [None, *speakers_of], strict=False)]
    return [
        passage.sentence(span) if same else with_speaker(passage, span)
        for span, same in zip(spans, goes_on, strict=True)
    ]


def says_nothing(sentence: str) -> bool:
    """Whether a sentence that opens a turn is too short to be understood without the next."""
    return len(without_label(sentence).split()) <= _SAYS_NOTHING


def _whole(labels: Sequence[str]) -> list[str]:
    """Return for each label the one longer label before it that has all its words, else itself."""
    found: list[str] = []
    for one in labels:
        longer = {other for other in found if set(one.split()) < set(other.split())}
        found.append(longer.pop() if len(longer) == 1 else one)
    return found
