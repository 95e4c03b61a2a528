"""Sentences in a language that the encoder does not know: ordered by the words that they share with the question.

Words match in every script (`index.text.words`). Of a question in another language only what languages share can match:
names, figures and quotations; what they mean, where there is an embedder that knows both.
"""

import math
from collections.abc import Callable, Iterable, Sequence

from index.embedding.embedders import Embedder
from index.text.language import NAMES, likeliest_language
from index.text.words import may_be_grammar
from qa.language.terms import figures, names, quotations
from qa.models import Hit
from qa.reader.reading import Scored, Unread, Words

_OF_PASSAGE, _OF_ENCODER, _OF_MEANING = 0.5, 0.02, 1.3
"""What the words of the passage, what the encoder makes of a sentence, and its cosine count for beside its words.

Chosen by hand on `evals/languages.jsonl`: of its 108 questions in the language of their article the encoder alone puts
the right sentence first for 62, words for 97, and words with the cosines of multilingual-e5-small for 100.
"""
_SHARPNESS = 4.0
_LEAST = 1e-6
_BUNDLED = "en"


def by_words(question: str, sentences: Sequence[Scored], words: Words, embedder: Embedder | None = None) -> Unread:
    """Return sentences that the encoder does not know, ordered by words; `share` is what it makes of them all the same.

    An `embedder` that knows their languages has a say. How much the best of them shares with the question, how near it
    comes, and the names of the languages are told too.
    """
    near = _cosines(question, sentences, embedder)
    shares = [_shared_with(asked, words) for asked in (question, _common(question))]
    of_passage = {one.hit.passage.id: [share(_whole(one.hit)) for share in shares] for one in sentences}
    scores = []
    for one in sentences:
        passage = of_passage[one.hit.passage.id]
        both = [share(one.said) + _OF_PASSAGE * whole for share, whole in zip(shares, passage, strict=True)]
        scores.append(max(both) / (1 + _OF_PASSAGE))
    raised = [
        math.exp(_SHARPNESS * (score + _OF_MEANING * cosine + _OF_ENCODER * math.log(one.share + _LEAST)))
        for one, score, cosine in zip(sentences, scores, near, strict=True)
    ]
    order = sorted(range(len(scores)), key=lambda at: -raised[at])
    ranked = tuple(Scored(sentences[at].hit, sentences[at].span, raised[at] / sum(raised)) for at in order)
    told = {one.hit.passage.id: likeliest_language(one.hit.passage.text) for one in sentences}
    asked_in = likeliest_language(question)
    across = (cosine for one, cosine in zip(sentences, near, strict=True) if told[one.hit.passage.id] != asked_in)
    nearest = max(across, default=0.0) if asked_in else 0.0
    return Unread(ranked, max(scores, default=0.0), nearest, _named(told.values()), _named([asked_in]))


def _cosines(question: str, sentences: Sequence[Scored], embedder: Embedder | None) -> list[float]:
    """Return how near each sentence comes to the question; 0 for all without an embedder."""
    if not embedder or not sentences:
        return [0.0] * len(sentences)
    found: list[float] = (
        embedder.embed([one.text for one in sentences]) @ embedder.embed_questions([question])[0]
    ).tolist()
    return found


def _shared_with(asked: str, words: Words) -> Callable[[str], float]:
    """Return what gives the share of a question's words that a text holds; each counts the same.

    Weighed by rarity, they order no better, and one that no passage has would count for ten that a small index has.
    """
    held = words.terms(asked)
    wanted = frozenset(term for term in held if not may_be_grammar(term)) or frozenset(held)
    return lambda said: len(wanted.intersection(words.terms(said))) / max(1, len(wanted))


def _common(question: str) -> str:
    """Return what a question has in common with a text in another language: names, figures and quotations."""
    numbers = (question[figure.start : figure.end] for figure in figures(question))
    return " ".join((*names(question), *numbers, *quotations(question)))


def _whole(hit: Hit) -> str:
    return f"{hit.headline or ''}\n{hit.passage.text}"


def _named(codes: Iterable[str | None]) -> tuple[str, ...]:
    """Return the names of languages, each once, without the one that the encoder knows."""
    return tuple(NAMES[code] for code in dict.fromkeys(codes) if code in NAMES and code != _BUNDLED)
