"""Who speaks in a transcript; the form of the text says it, whatever its language.

A turn begins with a short label and a colon. A text is a transcript when labels begin at least half of its lines from
the first to the last of them, and some recur, as those of people who speak again do and those of a fact sheet do not.
"""

from collections import Counter
from collections.abc import Sequence

import regex

from index.models import Passage, Span

_WORD = r"[\p{L}\p{M}\p{N}.'’-]+"
_LABEL = regex.compile(
    # The label: up to five words, the first with a capital or of a script without them, perhaps in the marks of
    # Markdown for bold or italics. A colon follows, of full width too, and something is said behind it.
    rf"[*_]*(?P<label>(?=[\p{{Lu}}\p{{Lo}}]){_WORD}(?:[ ]{_WORD}){{0,4}})[*_]*[ ]?[:：][*_]*[ ]*(?=\S)"
)
_LONGEST_LABEL = 40
_FEWEST_LABELS, _LEAST_SHARE = 4, 0.5
"""By judgement, as is the length of a label."""
_SAYS_NOTHING = 2
"""A sentence of so few words after its label ("Yes.") belongs to the next one."""


def speakers(lines: Sequence[str]) -> list[str]:
    """Return who speaks each line of an article, "" where nobody is named; what follows the last label is nobody's.

    A label that is part of one longer label before it ("MOEN" after "KARIN MOEN") means the same person.
    """
    labels = {number: name for number, line in enumerate(lines) if (name := label(line))}
    names = _full_names(list(labels.values()))
    result = [""] * len(lines)
    if len(labels) < _FEWEST_LABELS or max(Counter(names).values()) < 2:
        return result
    first, last = min(labels), max(labels)
    # From the first label to the last: what stands before and after them may be no part of the conversation.
    if len(labels) < _LEAST_SHARE * (last - first + 1):
        return result
    speaker, turns = "", dict(zip(labels, names, strict=True))
    for number in range(first, last + 1):
        speaker = result[number] = turns.get(number, speaker)
    return result


def label(line: str) -> str:
    """Return the label that a line begins with, "" where it has none: it is short, and its last word has a capital."""
    match = _LABEL.match(line)
    name = str(match["label"]) if match else ""
    last_word = name.split(" ")[-1]
    return "" if len(name) > _LONGEST_LABEL or last_word[:1].islower() else name


def without_label(line: str) -> str:
    """Return a line without the label that it begins with."""
    match = _LABEL.match(line)
    return line[match.end() :] if match and label(line) else line


def with_speaker(passage: Passage, span: Span) -> str:
    """Return a sentence of a passage, after the name of its speaker where the passage is of a transcript."""
    sentence, speaker = passage.sentence(span), passage.speaker(span)
    return f"{speaker}: {without_label(sentence)}" if speaker else sentence


def with_speakers(passage: Passage, spans: Sequence[Span]) -> list[str]:
    """Return successive sentences of a passage, each after the name of its speaker where the speaker changes."""
    sentences, previous = [], None
    for span in spans:
        speaker = passage.speaker(span)
        sentences.append(passage.sentence(span) if speaker == previous else with_speaker(passage, span))
        previous = speaker
    return sentences


def says_nothing(sentence: str) -> bool:
    """Whether a sentence that opens a turn is too short to be understood without the next."""
    return len(without_label(sentence).split()) <= _SAYS_NOTHING


def _full_names(labels: Sequence[str]) -> list[str]:
    """Return for each label the one longer label before it that has all its words, else itself."""
    names: list[str] = []
    for label in labels:
        longer = {name for name in names if set(label.split()) < set(name.split())}
        names.append(longer.pop() if len(longer) == 1 else label)
    return names
