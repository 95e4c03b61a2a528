"""Is what a model needs in its prompt, of all that search found?

DATA is as for the benchmark `newsquestions`. Answerable questions of the split `dev` are searched for as with a model
(`MODEL_HITS`) and each gets its prompt within `QA_CONTEXT_TOKENS`; no model is asked. Counted is whether a sentence of
the evidence is among the hits, and whether one is in the prompt, which may lose a hit and show what stands beside one;
tokens are counted as those of MODEL.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from evals.benchmarks import Figures
from evals.benchmarks.answering.newsquestions import Question, overlap
from evals.benchmarks.corpus import Corpus, articles_of, indexed, questions_of
from qa.llm.model import LanguageModel, budget_of
from qa.prompting.context import Context
from qa.prompting.evidence import EvidenceSentence, number_evidence
from qa.question.query import understand
from qa.retrieval.retriever import Retriever
from qa.settings import load_settings
from qa.wiring import MODEL_HITS, build_embedder
from qa.writing.writer import Assignment, ModelWriter

MODEL = "openai/gpt-4o"
"""Its window is large and its tokens are known; it is not asked."""


class Kind(Question):
    """A question, and what kind of thing it asks for."""

    kind: str = "any"


class Silent:
    """A model that nobody asks: only its prompt is made."""

    name = MODEL

    reply = LanguageModel.reply


def run(data: Path, data_dir: Path | None) -> Figures:
    """Return how often the evidence is among the hits and in the prompt, as a whole and by kind, and the tokens."""
    questions = [one for one in questions_of(data / "newsquestions", Kind) if one.split == "dev" and one.answerable]
    settings = load_settings()
    writer = ModelWriter(Silent(), budget_of(MODEL, settings.max_tokens).within(settings.context_tokens))
    retriever = Retriever(build_embedder(settings), settings.hits or MODEL_HITS)
    asked, found, kept, shown = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    tokens = []
    with indexed(articles_of(data / "multihop"), data_dir) as corpus:
        for question in questions:
            evidence, context = _prompt(corpus, question, retriever, writer)
            is_found, is_shown = _holds(evidence, question), _holds(context.evidence, question)
            asked[question.kind] += 1
            found[question.kind] += is_found
            kept[question.kind] += is_found and is_shown
            shown[question.kind] += is_shown
            tokens.append(budget_of(MODEL, 0).count(context.messages))
    figures: Figures = {"questions": len(questions), "evidence among the hits": found.total() / len(questions)}
    figures["in the prompt, of those"] = kept.total() / found.total() if found.total() else 0.0
    figures["in the prompt, of all"] = shown.total() / len(questions)
    for kind, count in sorted(asked.items()):
        figures[f"{kind}: among the hits, in the prompt"] = f"{found[kind]} and {shown[kind]} of {count}"
    return figures | {"tokens of a prompt in the mean": sum(tokens) / len(tokens), "at most": max(tokens)}


def _prompt(
    corpus: Corpus, question: Kind, retriever: Retriever, writer: ModelWriter
) -> tuple[list[EvidenceSentence], Context]:
    query = understand(question.question)
    with corpus.snapshot() as snapshot:
        retrieval = retriever.retrieve(snapshot, query)
        evidence = number_evidence(retrieval.hits)
        articles = snapshot.lexical, snapshot.catalog.passages_of
        return evidence, writer.context(Assignment(query, retrieval, evidence, (), *articles))


def _holds(evidence: Sequence[EvidenceSentence], question: Kind) -> bool:
    texts = [sentence.text for sentence in evidence if sentence.passage.path == question.article]
    return any(overlap(text, marked) for text in texts for marked in question.evidence)
