"""Find text in articles that talks to a machine instead of a reader: it is reported, never dropped or changed.

A sentence is flagged when the weights of the signs that it shows reach 1. Signs are of four kinds: words that give a
model orders or speak of its reply (Greshake et al. 2023), marks of a conversation or a prompt, text that is hidden or
encoded, and a request or question that has nothing to do with the article around it (Yi et al. 2023). News may quote
such text with good reason, so a flag is a hint to a person, and the index is the same with or without it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from index.models import Span, SuspiciousText
from index.steering.concealment import concealment_signs, visible_text
from index.steering.orders import ORDERS
from index.steering.signs import QUESTION, REQUEST, Sign, clause_starts
from index.text.lines import lines

_FLAGGED = 1.0
_LONGEST_TEXT = 200
_MOST_FLAGS = 20
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])[\"')\]”’»]*\s+|(?<=[。！？])")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# A request that refers to the text around it belongs to the article.
_LEANS_ON_CONTEXT = re.compile(
    r"\b(?:he|she|it|its|they|them|him|her|his|hers|their|this|that|these|those|here|there|below"
    r"|we|us|our|you|your|so)\b",
    re.IGNORECASE,
)
_SIGNS = ORDERS
_HINTS = frozenset(hint for sign in _SIGNS for hint in sign.hints)
_FOREIGN_REQUEST = Sign("a request that has nothing to do with the article", 1.0, REQUEST)
_COMMON = frozenset(
    "the and for with are was were been does did how what why who when where which can could should would will may "
    "might not but has have had just also more most some any all get got much many out over into than then from"
    " about one two please".split()
)
_REQUEST_WORDS = range(3, 31)
_STEM = 5
_OFF_TOPIC = 0.6
_FAR_OFF_TOPIC = 0.8


@dataclass(frozen=True)
class _Sentence:
    """A sentence, where it stands, and whether it is alone on its line."""

    span: Span
    text: str
    alone: bool


def suspicions(path: str, text: str) -> tuple[SuspiciousText, ...]:
    """Return the sentences of an article that look like instructions to a model, in order, at most 20."""
    topic = _Topic(text)
    flags = (_flag(path, sentence, _signs(sentence, topic)) for sentence in _sentences(text))
    return tuple(islice(filter(None, flags), _MOST_FLAGS))


def _flag(path: str, sentence: _Sentence, signs: list[Sign]) -> SuspiciousText | None:
    if sum(sign.weight for sign in signs) < _FLAGGED:
        return None
    reason = max(signs, key=lambda sign: sign.weight).reason
    start, end = sentence.span
    return SuspiciousText(path=path, start=start, end=end, text=sentence.text[:_LONGEST_TEXT], reason=reason)


def _sentences(text: str) -> Iterator[_Sentence]:
    for line in lines(text):
        edges = [0, *(match.end() for match in _SENTENCE_END.finditer(line.text)), len(line.text)]
        spans = [(first, last) for first, last in pairwise(edges) if first < last]
        for first, last in spans:
            sentence = line.text[first:last].rstrip()
            start = line.start + first
            yield _Sentence(Span(start, start + len(sentence)), sentence, len(spans) == 1)


def _signs(sentence: _Sentence, topic: "_Topic") -> list[Sign]:
    visible = visible_text(sentence.text)
    lowered, clauses = visible.lower(), clause_starts(visible)
    hints = {hint for hint in _HINTS if hint in lowered}
    signs = [sign for sign in _SIGNS if sign.shows(visible, hints, clauses)]
    signs += concealment_signs(sentence.text)
    if topic.is_foreign_request(visible, sentence.alone):
        signs.append(_FOREIGN_REQUEST)
    return signs


class _Topic:
    """The words of an article, counted at first use: what it is about."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._counts: Counter[str] | None = None

    def is_foreign_request(self, sentence: str, alone: bool) -> bool:
        """Whether the sentence asks for something by itself, in words that the rest of the article does not use."""
        request = REQUEST.match(sentence)
        if not request and not QUESTION.match(sentence):
            return False
        words = _WORD.findall(sentence)
        if _LEANS_ON_CONTEXT.search(sentence, request.end() if request else 0) or len(words) not in _REQUEST_WORDS:
            return False
        # Without the verb or the word that asks, which any article may lack.
        content = [_stem(word) for word in words[1:] if len(word) > 2 and word.lower() not in _COMMON]
        if self._counts is None:
            self._counts = Counter(_stem(word) for word in _WORD.findall(self._text))
        own = Counter(_stem(word) for word in words)
        # The rest of the article has the word only if the whole has it more often than this sentence.
        foreign = sum(self._counts[stem] <= own[stem] for stem in content)
        share, fewest = (_OFF_TOPIC, 2) if request else (_FAR_OFF_TOPIC, 2 if alone else 3)
        return foreign >= max(fewest, share * len(content))


def _stem(word: str) -> str:
    return word.lower().replace("’", "'").removesuffix("'s")[:_STEM]
