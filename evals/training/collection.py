"""Fit what decides whether a question asks about the collection, and report how often it is right.

    python -m evals.training.collection DATA [VECTORS.npz]

`collection.jsonl` holds the questions it is fitted on: `kind`, `question`, and in `topic` the pieces of the question
that name its topic. Ordinary questions (`none`) are those there and the split `train` of `newsquestions` in DATA. Two
models are fitted by gradient descent (Adam; Kingma and Ba 2015, arXiv 1412.6980): a logistic one that tells the words
of a topic from the others, and a multinomial one over the mean vector of the others. The mark is the least for which,
cross-fitted, no more than `_TAKEN` of the ordinary questions are taken, and `_NEARLY` of those written to look alike.

Reported are `collection_held_out.jsonl`, written afterwards, and the questions of `newsquestions` (dev), `squad2`,
`clapnq` and `multihop`, which none of it has seen; beside it the same model over which words a question has, with a
mark chosen alike. The vectors are kept in VECTORS.npz, for a second run.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.embedding.embedders import MiniLM
from index.models import Span
from qa.collection.kinds import KINDS, OF_TOPIC, WEIGHTS, WORD, Kind, frame_vector, of_topic, softmax
from qa.language.terms import terms

_FILE, _HELD_OUT = (Path(__file__).with_name(f"collection{of}.jsonl") for of in ("", "_held_out"))
_OUTSIDE = ("squad2", "clapnq", "multihop")
_FOLDS, _STEPS, _STEP, _DECAY = 5, 250, 0.15, 1e-4
_TAKEN, _NEARLY = 0.001, 0.08
_WRITTEN = 4.0
"""What a question of the file counts for, beside one of `newsquestions`, which are many."""
_OFTEN = 3
"""A word that fewer questions have tells nothing of others."""
_MARKS = np.arange(0.3, 0.99, 0.05)
_SAME_ANSWER = {Kind.COUNT: Kind.LIST, Kind.AUTHOR: Kind.LIST, Kind.DATE: Kind.LIST}
"""Kinds that are answered by the same rows of headline, author, outlet and day."""

Numbers = NDArray[np.floating[Any]]


class Sample(NamedTuple):
    """Questions with their kinds, a vector for each word, and for each word whether it is of the topic."""

    questions: list[str]
    kinds: Numbers
    words: list[Numbers]
    topics: list[Numbers]


def main(arguments: Sequence[str]) -> int:
    """Fit, write the weights, and print the report."""
    data = Path(arguments[0])
    written, held_out = _written(_FILE), _written(_HELD_OUT)
    news = _read(data / "newsquestions" / "questions.jsonl")
    ordinary = [row["question"] for row in news if row["split"] == "train"]
    outside = {"newsquestions dev": [row["question"] for row in news if row["split"] == "dev"]}
    outside |= {name: [row["question"] for row in _read(data / name / "questions.jsonl")] for name in _OUTSIDE}
    kept = Path(arguments[1]) if len(arguments) > 1 else None
    everything = [row["question"] for row in (*written, *held_out)] + sum(outside.values(), ordinary)
    vectors = _vectors(everything, kept)
    fitting = _sample([*written, *({"kind": "none", "question": one} for one in ordinary)], vectors)
    report = {"held out": _sample(held_out, vectors)}
    report |= {
        name: _sample([{"kind": "none", "question": one} for one in of], vectors) for name, of in outside.items()
    }
    topic = _fitted_topic(fitting)
    inputs = {name: _frames(sample, topic) for name, sample in report.items()}
    mark, weights = _fitted_kinds("vectors", _frames(fitting, topic), fitting, len(written))
    rounded = {"topic": _rounded(topic), "kinds": [_rounded(row) for row in weights], "mark": mark}
    WEIGHTS.write_text(json.dumps(rounded) + "\n", encoding="utf-8")
    _report("the model that ships", inputs, report, weights, mark)
    _report_topics(report["held out"], topic)
    often = Counter(word for one in fitting.questions for word in _said(one))
    known = sorted(word for word, times in often.items() if times >= _OFTEN)
    bags = {name: _bags(sample, known) for name, sample in report.items()}
    mark, weights = _fitted_kinds("words", _bags(fitting, known), fitting, len(written))
    _report("which words it has", bags, report, weights, mark)
    return 0


def _fitted_topic(sample: Sample) -> Numbers:
    """Return the weights that tell the words of a topic, from the questions about the collection."""
    asked = [at for at, kind in enumerate(sample.kinds) if kind]
    words = np.concatenate([sample.words[at] for at in asked])
    topics = np.concatenate([sample.topics[at] for at in asked]).astype(int)
    both = _fitted(words, topics, 2)
    weights: Numbers = both[1] - both[0]
    right = (of_topic(words, weights) > 1 / 2) == topics
    print(f"words of a topic told from others, where fitted: {right.mean():.3f}")
    return weights


def _fitted_kinds(name: str, inputs: Numbers, sample: Sample, written: int) -> tuple[float, Numbers]:
    """Return the mark and the weights of the kinds; the first `written` questions are those of the file."""
    kinds = sample.kinds.astype(int)
    fold = np.random.default_rng(0).integers(0, _FOLDS, len(kinds))
    taken = np.zeros(len(kinds))
    counts = np.where(np.arange(len(kinds)) < written, _WRITTEN, 1.0)
    for at in range(_FOLDS):
        weights = _fitted(inputs[fold != at], kinds[fold != at], len(KINDS), counts[fold != at])
        taken[fold == at] = 1 - _shares(inputs[fold == at], weights)[:, 0]
    none, near = kinds == 0, np.arange(len(kinds)) < written
    fits = [
        mark
        for mark in _MARKS
        if (taken[none & ~near] >= mark).mean() <= _TAKEN and (taken[none & near] >= mark).mean() <= _NEARLY
    ]
    mark = round(float(fits[0] if fits else _MARKS[-1]), 2)
    print(f"{name}: mark {mark}, cross-fitted recall {(taken[~none] >= mark).mean():.3f}")
    return mark, _fitted(inputs, kinds, len(KINDS), counts)


def _fitted(inputs: Numbers, classes: NDArray[np.int64], count: int, counts_for: Numbers | None = None) -> Numbers:
    """Return a row of weights, with a constant at its end, for each class."""
    rows = np.column_stack([inputs, np.ones(len(inputs))]).astype(np.float32)
    wanted = np.eye(count, dtype=np.float32)[classes]
    weights = np.zeros((rows.shape[1], count), np.float32)
    share = np.ones(len(rows)) if counts_for is None else counts_for
    share = (share / share.sum()).astype(np.float32)[:, None]
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, _STEPS + 1):
        slope = rows.T @ ((softmax(rows @ weights) - wanted) * share)
        slope[:-1] += _DECAY * weights[:-1]
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        length = _STEP * (1 - step / _STEPS) + 0.005
        weights -= length * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-7)
    found: Numbers = weights.T.astype(np.float64)
    return found


def _report(name: str, inputs: dict[str, Numbers], samples: dict[str, Sample], weights: Numbers, mark: float) -> None:
    print(f"\n{name}, mark {mark}:")
    for of, sample in samples.items():
        shares = _shares(inputs[of], weights)
        taken, kinds = shares[:, 0] <= 1 - mark, 1 + shares[:, 1:].argmax(axis=1)
        asked = sample.kinds > 0
        if asked.any():
            right = taken & (kinds == sample.kinds)
            same = taken & np.array([_answer(a) == _answer(b) for a, b in zip(kinds, sample.kinds, strict=True)])
            print(
                f"  {of}: recall {taken[asked].mean():.3f}, precision {asked[taken].mean():.3f}, of the right kind "
                f"{right[asked].mean():.3f}, with the right answer's form {same[asked].mean():.3f} of {asked.sum()}"
            )
            for at, kind in enumerate(KINDS[1:], start=1):
                of_kind = sample.kinds == at
                print(f"    {kind}: {taken[of_kind].mean():.2f} taken, {right[of_kind].mean():.2f} right")
        print(f"  {of}: ordinary questions taken {taken[~asked].sum()} of {(~asked).sum()}")
        for at in np.flatnonzero(taken & ~asked)[:5]:
            print(f"    {sample.questions[at]}")


def _report_topics(sample: Sample, topic: Numbers) -> None:
    """Print how often the telling words of a topic are found, all of them and no others but names of files."""
    exact, lost, asked = 0, 0, np.flatnonzero(sample.kinds)
    for at in asked:
        said = [found.group() for found in WORD.finditer(sample.questions[at])]
        shares = of_topic(sample.words[at], topic) > OF_TOPIC
        telling = {word for word in said if terms(word)}
        wanted = telling.intersection(compress(said, sample.topics[at]))
        found = telling.intersection(compress(said, shares))
        exact, lost = exact + (wanted == found), lost + bool(wanted - found)
    print(f"  words of the topic: exactly those {exact} of {len(asked)}, a word lost {lost}")


def _answer(kind: int) -> Kind:
    return _SAME_ANSWER.get(KINDS[int(kind)], KINDS[int(kind)])


def _shares(inputs: Numbers, weights: Numbers) -> Numbers:
    shares: Numbers = softmax(np.column_stack([inputs, np.ones(len(inputs))]) @ weights.T)
    return shares


def _frames(sample: Sample, topic: Numbers) -> Numbers:
    return np.array([frame_vector(words, of_topic(words, topic)) for words in sample.words])


def _bags(sample: Sample, known: Sequence[str]) -> Numbers:
    place = {word: at for at, word in enumerate(known)}
    bags = np.zeros((len(sample.questions), len(known)), np.float32)
    for row, question in enumerate(sample.questions):
        bags[row, [place[word] for word in _said(question) if word in place]] = 1
    even: Numbers = bags / np.sqrt(np.maximum(bags.sum(axis=1, keepdims=True), 1))
    return even


def _said(question: str) -> set[str]:
    return set(WORD.findall(question.lower()))


def _sample(rows: Sequence[dict[str, Any]], vectors: dict[str, Numbers]) -> Sample:
    questions = [row["question"] for row in rows]
    kinds = np.array([KINDS.index(Kind(row["kind"])) for row in rows])
    topics = [np.array(list(_topics(row["question"], row.get("topic", [])))) for row in rows]
    return Sample(questions, kinds, [vectors[one] for one in questions], topics)


def _topics(question: str, pieces: Sequence[str]) -> Iterator[bool]:
    """Yield for each word of a question whether it stands in a piece that names the topic."""
    spans = [Span(start := question.index(piece), start + len(piece)) for piece in pieces]
    for found in WORD.finditer(question):
        yield any(span.start <= found.start() < span.end for span in spans)


def _vectors(questions: Sequence[str], kept: Path | None) -> dict[str, Numbers]:
    """Return the vectors of each question's words, those of `kept` not made again."""
    unique = list(dict.fromkeys(questions))
    known: dict[str, Numbers] = {}
    if kept and kept.exists():
        with np.load(kept, allow_pickle=False) as held:
            ends = np.cumsum(held["counts"])[:-1]
            known = dict(zip(map(str, held["questions"]), np.split(held["words"], ends), strict=True))
    embedder, new = MiniLM(), [one for one in unique if one not in known]
    for at in range(0, len(new), 64):
        batch = new[at : at + 64]
        spans = [[Span(*found.span()) for found in WORD.finditer(one)] for one in batch]
        known |= dict(zip(batch, embedder.embed_passages(list(zip(batch, spans, strict=True)))[1], strict=True))
    if kept and new:
        words = [known[one].astype(np.float32) for one in unique]
        np.savez(kept, questions=np.array(unique), words=np.concatenate(words), counts=np.array(list(map(len, words))))
    return known


def _rounded(row: Numbers) -> list[float]:
    return [float(f"{value:.4g}") for value in row]


def _written(file: Path) -> list[dict[str, Any]]:
    return _read(file)


def _read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
