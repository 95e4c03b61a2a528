"""Does a follow-up find what it is about by what it carries over? MTRAG-UN (IBM), last turns of conversations.

Reads `questions.jsonl` (`turns[{speaker, text}]`, the last one the question, `contexts[{text}]`, `answerability`,
`reference`). The contexts of all rows are indexed together, each as an article. Measured are follow-ups that have
contexts and can be answered, at least in part: R@5 and nDCG@5 over contexts, each found with its first passage, for
three questions: the last turn by itself, the same after the turns before it, as the service carries them over, and, as
the ceiling, the reference answer in place of a question, since the data has no rewritten one. A context of another row
that answers as well is not gold.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import Field

from evals.benchmarks import Figures
from evals.benchmarks.corpus import Row, indexed, named, questions_of, written
from evals.benchmarks.ranking import Found, Metric, found, mean, ndcg, recall
from evals.errors import EvalError
from index.models import Passage
from qa.models import Turn
from qa.question.query import MAX_QUESTION

_USER = "user"
_CAN_BE_ANSWERED = ("ANSWERABLE", "PARTIAL")
_METRICS: Mapping[str, Metric] = {"R@5": recall(5), "nDCG@5": ndcg(5)}


class Said(Row):
    """What one side said."""

    speaker: str
    text: str


class Context(Row):
    """A text that the answer rests on."""

    text: str

    @property
    def article(self) -> str:
        """The context as an article."""
        return f"{self.text.strip()}\n"


class Conversation(Row):
    """A conversation that ends in a question."""

    turns: tuple[Said, ...] = Field(min_length=1)
    contexts: tuple[Context, ...] = ()
    answerability: str
    reference: tuple[str, ...] = ()

    @property
    def question(self) -> str:
        """The last turn."""
        return self.turns[-1].text

    @property
    def history(self) -> list[Turn]:
        """The turns before the question, each of the user's with the answer that followed it."""
        turns: list[Turn] = []
        for said in self.turns[:-1]:
            if said.speaker == _USER:
                turns.append(Turn(question=said.text))
            elif turns:
                turns[-1] = Turn(question=turns[-1].question, answer=said.text)
        return turns

    @property
    def answer(self) -> str:
        """The reference answer, as long as a question may be."""
        return " ".join(self.reference)[:MAX_QUESTION]


def run(data: Path, data_dir: Path | None) -> Figures:
    """Return the figures of the three questions, and what carrying over gains on the bare last turn."""
    rows = questions_of(data, Conversation)
    names = named(context.article for one in rows for context in one.contexts)
    asked = [one for one in rows if one.history and one.contexts and one.answerability in _CAN_BE_ANSWERED]
    if not asked:
        raise EvalError(f"No row in {str(data)!r} is a follow-up with contexts. Give the folder of the benchmark")
    with written(names) as articles, indexed(articles, data_dir) as corpus:
        ways: dict[str, Callable[[Conversation], list[Passage]]] = {
            "last turn": lambda one: corpus.fused(one.question),
            "carried over": lambda one: corpus.fused(one.question, one.history),
            "reference answer": lambda one: corpus.fused(one.answer or one.question),
        }
        ranked = {way: [_found(one, search(one), names) for one in asked] for way, search in ways.items()}
    figures: Figures = {"follow-ups": len(asked), "contexts": len(names)}
    for way, of_way in ranked.items():
        figures |= {f"{way} {name}": mean(metric, of_way) for name, metric in _METRICS.items()}
    for name, metric in _METRICS.items():
        bare, carried = mean(metric, ranked["last turn"]), mean(metric, ranked["carried over"])
        figures[f"gain of carrying over, {name}"] = carried / bare - 1 if bare else 0.0
    return figures


def _found(one: Conversation, passages: Sequence[Passage], names: Mapping[str, str]) -> Found:
    paths = dict.fromkeys(names[context.article] for context in one.contexts)
    return found(passages, paths, lambda passage, path: passage.path == path, len(paths))
