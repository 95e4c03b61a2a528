"""Replies of a model through the whole program: what is flagged of true and of false statements.

DATA holds `replies.jsonl`, and the articles in `articles`; else those that ship are asked. A row is a reply:
`question`, `reply` with numbers of evidence sentences, `sentences` (what stood behind these numbers), `looks` (the
verdict of a second look on each statement, by its words), and `kinds`: what is wrong with each statement that has a
number; an honest reply has none. `evals/replies` has such rows for the shipped articles: scripted, written by language
models that saw the prompts of this program and no more; the second looks by others, who saw true and false ones mixed.

No model is asked. A reply is given for its question, its numbers carried over to the sentences of the prompt as it now
is. Beside the program stands a plain baseline: a statement is supported where its sentences hold `_SHARE` of its words.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, closing
from pathlib import Path
from typing import NamedTuple

import seeds
from evals.benchmarks import Figures
from evals.benchmarks.corpus import Row, articles_of, indexed
from evals.benchmarks.ranking import share
from evals.errors import EvalError
from index.embedding.embedders import MiniLM
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder
from prompts import load
from qa.checking.attribution import Attribution
from qa.checking.citations import Draft
from qa.checking.grounding import Grounder
from qa.checking.second_look import SecondLook
from qa.language.terms import terms
from qa.llm.model import Message, budget_of
from qa.models import HARD, Answer, Citation, DoneEvent, Statement, StatementEvent, Support, Usage
from qa.models.markers import MARKER, markers_in, markers_text, numbers_of, unmarked
from qa.retrieval.retriever import Retriever
from qa.service import QAService
from qa.settings import load_settings
from qa.wiring import MODEL_HITS, build_reader
from qa.writing.splitting import StatementSplitter
from qa.writing.writer import ModelWriter

MODEL = "openai/gpt-4o"
"""Prompts are counted in its tokens; it is not asked."""
_SHARE = 0.22
"""So large a share of their words is held for 96 of 100 true statements of `support` train."""
_EVIDENCE = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)
_STATEMENT = re.compile(r"^(\d+)\. (.*?)(?: (?:\[\d+\])+)?$", re.MULTILINE)
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_RUN = re.compile(rf"(?:\s*{MARKER.pattern})+")


class Reply(Row):
    """A reply for a question, with what stood behind its numbers and what a second look says of its statements."""

    question: str
    reply: str
    sentences: Mapping[int, str] = {}
    kinds: tuple[str, ...] = ()
    looks: Mapping[str, str] = {}


class Given:
    """Gives the reply that is set, with the numbers that its sentences have in the prompt; or its second look."""

    name = MODEL

    def __init__(self) -> None:
        """Begin without a reply."""
        self.reply_set = Reply(question="", reply="")
        self.form: Callable[[str], str] = str
        self._rules_of_look = load("judge").text

    async def reply(self, messages: Sequence[Message], *_: object) -> AsyncGenerator[str | Usage, None]:
        """Yield the reply."""
        prompt = messages[-1]["content"]
        now = {text: int(number) for number, text in reversed(_EVIDENCE.findall(prompt))}
        numbers = {old: now[text] for old, text in self.reply_set.sentences.items() if text in now}
        if messages[0]["content"] == self._rules_of_look:
            looks = self.reply_set.looks
            rows = [(number, looks.get(words_of(text))) for number, text in _STATEMENT.findall(prompt)]
            yield "\n".join(f"{number}. {_renumbered(verdict, numbers)}" for number, verdict in rows if verdict)
        else:
            yield self.form(_renumbered(self.reply_set.reply, numbers))
        yield Usage()


def words_of(statement: str) -> str:
    """Return what a statement is known by: its letters and digits, without markers."""
    return "".join(filter(str.isalnum, unmarked(statement))).casefold()


def _renumbered(text: str, numbers: Mapping[int, int]) -> str:
    return MARKER.sub(lambda match: markers_text(numbers.get(old, 9999) for old in numbers_of(match.group())), text)


class Outcome(NamedTuple):
    """A reply, each statement as it was first told, and the answer."""

    reply: Reply
    told: Sequence[Statement]
    answer: Answer


def run(data: Path, data_dir: Path | None) -> Figures:
    """Return how true and false statements fare, alone and beside the baseline, and what each form of marker keeps."""
    replies = _replies(data / "replies.jsonl")
    articles = articles_of(data) if (data / "articles").is_dir() else Path(seeds.__file__).parent
    with indexed(articles, data_dir) as corpus, closing(_service(corpus.data_dir, model := Given())) as service:
        outcomes = [asyncio.run(_outcome(service, model, reply)) for reply in replies]
        honest = [outcome for outcome in outcomes if not outcome.reply.kinds]
        figures = _true(honest) | _false([outcome for outcome in outcomes if outcome.reply.kinds])
        for name, form in FORMS.items():
            model.form = form
            kept = [_kept(asyncio.run(_outcome(service, model, outcome.reply)).answer, outcome) for outcome in honest]
            cited = sum(len(outcome.answer.citations) for outcome in honest)
            figures[f"{name}: citations kept"] = sum(kept) / max(1, cited)
    return figures


def _replies(file: Path) -> list[Reply]:
    try:
        return [Reply.model_validate_json(line) for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise EvalError(f"{str(file)!r} cannot be read as replies: {error}") from error


def _service(data_dir: Path, model: Given) -> QAService:
    settings, embedder, budget = load_settings(), MiniLM(), budget_of(MODEL, load_settings().max_tokens)
    attribution = Attribution(build_reader())
    return QAService(
        SnapshotReader(DataFolder(data_dir), embedder.id),
        Retriever(embedder, settings.hits or MODEL_HITS),
        ModelWriter(model, budget.within(settings.context_tokens)),
        Grounder(embedder),
        deadline_s=settings.deadline_s,
        max_concurrency=1,
        second_look=SecondLook(model, budget, attribution),
        attribution=attribution,
    )


async def _outcome(service: QAService, model: Given, reply: Reply) -> Outcome:
    model.reply_set, told = reply, []
    async with aclosing(service.stream(reply.question)) as events:
        async for event in events:
            if isinstance(event, StatementEvent):
                told.append(event.statement)
            if isinstance(event, DoneEvent):
                return Outcome(reply, told, event.answer)
    raise EvalError(f"There is no answer to {reply.question!r}")


def _true(outcomes: Sequence[Outcome]) -> Figures:
    told = [statement for outcome in outcomes for statement in outcome.told]
    last = [statement for outcome in outcomes for statement in outcome.answer.statements]
    held = [_held_words(outcome.reply) for outcome in outcomes]
    return {
        "honest replies": len(outcomes),
        "true statements": len(last),
        "true: flagged by the program": share(one.support is Support.UNSUPPORTED for one in told),
        "true: flagged in the end": share(one.support in (Support.PARTLY, Support.UNSUPPORTED) for one in last),
        "true: supported in the end": share(one.support is Support.SUPPORTED for one in last),
        "true: supported by the baseline": share(part >= _SHARE for parts in held for part in parts),
        "replies with a statement to write anew": share(any(map(_is_hard, outcome.told)) for outcome in outcomes),
    }


def _false(outcomes: Sequence[Outcome]) -> Figures:
    kinds, by_program, in_the_end = Counter[str](), Counter[str](), Counter[str]()
    for outcome in outcomes:
        changed = _numbered(outcome.reply)
        for first, last in zip(outcome.told, outcome.answer.statements, strict=True):
            if kind := changed.get(words_of(last.text)):
                kinds[kind] += 1
                by_program[kind] += first.support is Support.UNSUPPORTED
                in_the_end[kind] += last.support is Support.SUPPORTED
    held = [part for outcome in outcomes for part in _held_words(outcome.reply)]
    figures: Figures = {
        "false statements": kinds.total(),
        "false: flagged by the program": by_program.total() / max(1, kinds.total()),
        "false: supported in the end": in_the_end.total() / max(1, kinds.total()),
        "false: supported by the baseline": share(part >= _SHARE for part in held),
    }
    return figures | {
        f"{kind}: flagged by the program": f"{by_program[kind]} of {kinds[kind]}" for kind in sorted(kinds)
    }


def _is_hard(statement: Statement) -> bool:
    return any(problem.code in HARD for problem in statement.problems)


def _cited_drafts(reply: Reply) -> list[Draft]:
    """Return the statements of a reply that have a number."""
    splitter = StatementSplitter(reply.question)
    return [draft for draft in (*splitter.feed(reply.reply), *splitter.finish()) if draft.numbers]


def _numbered(reply: Reply) -> dict[str, str]:
    """Return the kind of each statement of a false reply by its words; raise EvalError where they do not match."""
    drafts = _cited_drafts(reply)
    if len(drafts) != len(reply.kinds):
        raise EvalError(f"{reply.question!r} has {len(drafts)} statements with a number and {len(reply.kinds)} kinds")
    return {words_of(draft.text): kind for draft, kind in zip(drafts, reply.kinds, strict=True)}


def _held_words(reply: Reply) -> list[float]:
    """Return for each statement the share of its words that the sentences behind its numbers hold."""
    held = []
    for draft in _cited_drafts(reply):
        own = set(terms(draft.claim))
        text = " ".join(reply.sentences.get(number, "") for number in draft.numbers)
        held.append(len(own & set(terms(text))) / max(1, len(own)))
    return held


def _kept(answer: Answer, before: Outcome) -> int:
    """Return how many citations of an answer another one has, or overlaps."""
    return sum(any(_overlap(one, other) for other in answer.citations) for one in before.answer.citations)


def _overlap(one: Citation, other: Citation) -> bool:
    return one.path == other.path and one.start < other.end and other.start < one.end


def _each(write: Callable[[list[int]], str]) -> Callable[[str], str]:
    return lambda reply: _RUN.sub(lambda run: write(markers_in(run.group())), reply)


def _at_the_end(reply: str, head: str) -> str:
    numbers = dict.fromkeys(markers_in(reply))
    return f"{_RUN.sub('', reply)}{head if numbers else ''}{markers_text(numbers)}"


FORMS: Mapping[str, Callable[[str], str]] = {
    "[S3]": _each(lambda numbers: "".join(f" [S{number}]" for number in numbers)),
    "【3】": _each(lambda numbers: "".join(f"【{number}】" for number in numbers)),
    "(3, 4)": _each(lambda numbers: f" ({', '.join(map(str, numbers))})"),
    "³": _each(lambda numbers: ",".join(str(number).translate(_RAISED) for number in numbers)),
    "at the end of a paragraph": lambda reply: "\n".join(_at_the_end(line, " ") for line in reply.split("\n")),
    "at the end of the reply": lambda reply: _at_the_end(reply, "\n\nSources: "),
    "JSON": lambda reply: json.dumps({"answer": reply}),
    "no marker": lambda reply: _RUN.sub("", reply),
}
"""The forms in which the honest replies are given once more."""
