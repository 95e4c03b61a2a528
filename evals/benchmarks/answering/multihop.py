"""Are the facts of a question found that stand in two to four articles? MultiHop-RAG (Tang and Yang 2024).

Reads `articles/*.txt` and `questions.jsonl` (`question`, `question_type`, `evidence[{fact}]`). Hits@10, Hits@4, MRR@10
and MAP@10 are those of the authors' `retrieval_evaluate.py` (arXiv 2401.15391): null questions are left out, spaces and
line ends are deleted, and a passage is relevant when it holds a whole fact. Beside them recall and nDCG@10 over facts,
and, whatever the size of a passage, whether the first 500 and 1,500 words of the passages hold any fact, and all. The
last of these passages is cut at the limit; 1,500 words may take more than ten.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from evals.benchmarks import Figures
from evals.benchmarks.corpus import Row, articles_of, indexed, questions_of
from evals.benchmarks.ranking import (
    FUSED,
    Found,
    Metric,
    found,
    hit,
    margin,
    mean,
    multihop_precision,
    ndcg,
    recall,
    reciprocal_rank,
    share,
    side_by_side,
)
from evals.errors import EvalError
from index.models import Passage

_DEPTH = 10
_BUDGETS = (500, 1500)
_NULL = "null_query"
Hits = Mapping[str, Sequence[Sequence[Passage]]]
"""By way of searching, the passages found for each question."""
_METRICS: Mapping[str, Metric] = {
    "Hits@10": hit(10),
    "Hits@4": hit(4),
    "MRR@10": reciprocal_rank(10),
    "MAP@10": multihop_precision(10),
    "recall@4": recall(4),
    "recall@10": recall(10),
    "nDCG@10": ndcg(10),
}


class Evidence(Row):
    """A fact that the answer rests on, as it stands in an article."""

    fact: str


class Question(Row):
    """A question of MultiHop-RAG."""

    question: str
    question_type: str
    evidence: tuple[Evidence, ...] = ()

    @property
    def facts(self) -> list[str]:
        """The facts, without spaces and line ends."""
        return [_compact(one.fact) for one in self.evidence]


def run(data: Path, data_dir: Path | None) -> Figures:
    """Return the figures of the fused search, by type of question too, and of each leg alone."""
    asked = [one for one in questions_of(data, Question) if one.question_type != _NULL and one.evidence]
    if not asked:
        raise EvalError(f"No question in {str(data)!r} has facts. Give the folder of the benchmark: --data DIR")
    with indexed(articles_of(data), data_dir) as corpus:
        hits = {way: [search(one.question) for one in asked] for way, search in corpus.ways.items()}
    figures: Figures = {"questions with facts": len(asked), "facts": sum(len(one.evidence) for one in asked)}
    figures["words a passage"] = _words_a_passage(hits[FUSED])
    return figures | side_by_side(_ways(asked, hits)) | _by_type(asked, hits)


def _by_type(asked: Sequence[Question], hits: Hits) -> Figures:
    groups: dict[str, list[int]] = defaultdict(list)
    for at, one in enumerate(asked):
        groups[one.question_type].append(at)
    figures: Figures = {}
    for kind, rows in sorted(groups.items()):
        ways = _ways([asked[at] for at in rows], {way: [of_way[at] for at in rows] for way, of_way in hits.items()})
        figures[f"{kind}: questions"] = len(rows)
        figures |= {f"{kind}: {name}": value for name, value in ways[FUSED].items()}
        figures[f"{kind}: fused above the better leg, at least"] = margin(ways)
    return figures


def _ways(asked: Sequence[Question], hits: Hits) -> dict[str, dict[str, float]]:
    return {way: _measured(asked, passages) for way, passages in hits.items()}


def _measured(asked: Sequence[Question], hits: Sequence[Sequence[Passage]]) -> dict[str, float]:
    ranked = [facts_found(one, passages) for one, passages in zip(asked, hits, strict=True)]
    measured = {name: mean(metric, ranked) for name, metric in _METRICS.items()}
    for budget in _BUDGETS:
        held = [held_within(budget, one, passages) for one, passages in zip(asked, hits, strict=True)]
        measured[f"any fact in {budget} words"] = share(map(any, held))
        measured[f"all facts in {budget} words"] = share(map(all, held))
    return measured


def facts_found(question: Question, passages: Sequence[Passage]) -> Found:
    """Return where each fact is first found; one that is given twice can be found only once, as the authors count."""
    texts = [_compact(passage.text) for passage in passages[:_DEPTH]]
    return found(texts, dict.fromkeys(question.facts), str.__contains__, len(question.facts))


def held_within(words: int, question: Question, passages: Sequence[Passage]) -> list[bool]:
    """Return for each fact whether the first words of the passages, one after the other, hold it."""
    text = "".join(" ".join(passage.text for passage in passages).split()[:words])
    return ["".join(fact.split()) in text for fact in question.facts]


def _words_a_passage(hits: Sequence[Sequence[Passage]]) -> float:
    lengths = [len(passage.text.split()) for passages in hits for passage in passages[:_DEPTH]]
    return sum(lengths) / len(lengths) if lengths else 0.0


def _compact(text: str) -> str:
    return text.replace(" ", "").replace("\n", "")
