"""Order sentences in a language that the encoder does not know by the words that they share with the question.

Words match in every script (`index.text.words`). A question in another language shares names, figures and quotations
with them; an embedder that knows both languages also compares meanings.
"""

import math
from collections.abc import Callable, Iterable, Sequence

from index.embedding.embedders import Embedder
from index.text.language import NAMES, likeliest_language
from index.text.words import may_be_grammar
from qa.language.terms import figures, names, quotations
from qa.models import Hit
from qa.reader.reading import ForeignSentences, RankedSentence, TermStatistics

_PASSAGE_WEIGHT, _ENCODER_WEIGHT, _COSINE_WEIGHT = 0.5, 0.02, 1.3
"""Weights beside that of a sentence's own words: of the passage's words, of the encoder's share, of the cosine.

Chosen by hand on `evals/languages.jsonl`: of its 108 questions in the language of their article the encoder alone puts
the right sentence first for 62, words for 97, and words with the cosines of multilingual-e5-small for 100.
"""
_SHARPNESS = 4.0
_LEAST = 1e-6
_BUNDLED = "en"


def ranked_by_words(
    question: str,
    sentences: Sequence[RankedSentence],
    statistics: TermStatistics,
    embedder: Embedder | None = None,
) -> ForeignSentences:
    """Return sentences that the encoder does not know, ordered by words; its own `answer_share` still counts a little.

    An `embedder` that knows their languages adds the cosine of question and sentence.
    """
    cosines = _cosines(question, sentences, embedder)
    scores = _word_scores(question, sentences, statistics)
    exponents = [
        score + _COSINE_WEIGHT * cosine + _ENCODER_WEIGHT * math.log(sentence.answer_share + _LEAST)
        for sentence, score, cosine in zip(sentences, scores, cosines, strict=True)
    ]
    raised = [math.exp(_SHARPNESS * exponent) for exponent in exponents]
    order = sorted(range(len(scores)), key=lambda index: -raised[index])
    # As shares of all, so that they compare as those of the encoder do.
    ranked = [
        RankedSentence(sentences[index].hit, sentences[index].span, raised[index] / sum(raised)) for index in order
    ]
    language = likeliest_language(question)
    languages = {sentence.hit.passage.id: likeliest_language(sentence.hit.passage.text) for sentence in sentences}
    similarity = 0.0
    if language:
        across = [
            cosine
            for sentence, cosine in zip(sentences, cosines, strict=True)
            # Sentences in the language of the question are compared by words; the cosine is for those that share none.
            if languages[sentence.hit.passage.id] != language
        ]
        similarity = max(across, default=0.0)
    return ForeignSentences(
        tuple(ranked), max(scores, default=0.0), similarity, _named(languages.values()), _named([language])
    )


def _word_scores(question: str, sentences: Sequence[RankedSentence], statistics: TermStatistics) -> list[float]:
    """Return the share of the question's words that each sentence and its passage have, from 0 to 1.

    The better counts of all words, and of those that languages have in common.
    """
    coverages = [_coverage(text, statistics) for text in (question, _common(question))]
    of_passage: dict[str, list[float]] = {}
    scores = []
    for sentence in sentences:
        hit = sentence.hit
        if hit.passage.id not in of_passage:
            of_passage[hit.passage.id] = [coverage(_whole(hit)) for coverage in coverages]
        pairs = zip(coverages, of_passage[hit.passage.id], strict=True)
        # The words of all and those that languages have in common are two measures; the passage goes with its own.
        best = max(coverage(sentence.in_full) + _PASSAGE_WEIGHT * whole for coverage, whole in pairs)
        scores.append(best / (1 + _PASSAGE_WEIGHT))
    return scores


def _cosines(question: str, sentences: Sequence[RankedSentence], embedder: Embedder | None) -> list[float]:
    """Return the cosine of each sentence to the question; 0 for all without an embedder."""
    if not embedder or not sentences:
        return [0.0] * len(sentences)
    vectors = embedder.embed([sentence.text for sentence in sentences])
    cosines: list[float] = (vectors @ embedder.embed_questions([question])[0]).tolist()
    return cosines


def _coverage(question: str, statistics: TermStatistics) -> Callable[[str], float]:
    """Return a function that gives the share of a question's words that a text has; each word counts the same.

    Weighed by rarity, they order no better, and one that no passage has would count for ten that a small index has.
    """
    all_terms = statistics.terms(question)
    content = frozenset(term for term in all_terms if not may_be_grammar(term)) or frozenset(all_terms)
    return lambda text: len(content.intersection(statistics.terms(text))) / max(1, len(content))


def _common(question: str) -> str:
    """Return what a question has in common with a text in another language: names, figures and quotations."""
    numbers = (question[figure.start : figure.end] for figure in figures(question))
    return " ".join((*names(question), *numbers, *quotations(question)))


def _whole(hit: Hit) -> str:
    return f"{hit.headline or ''}\n{hit.passage.text}"


def _named(codes: Iterable[str | None]) -> tuple[str, ...]:
    """Return the names of languages, each once, without the one that the encoder knows."""
    return tuple(NAMES[code] for code in dict.fromkeys(codes) if code in NAMES and code != _BUNDLED)
