import json
from pathlib import Path

import numpy as np
from conftest import WordEmbedder

from evals.benchmarks.checking.support_weights import Examples, examples, fit
from evals.benchmarks.checking.verify import Remembering
from qa.checking.support import WEIGHTS, SupportModel, shipped

PASSAGE = "The harbour of Gwadar was closed on Friday. Two ships had to wait outside. Their crews stayed on board."


class Counting(WordEmbedder):
    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: list[str]) -> np.ndarray:
        self.asked += texts
        return super().embed(texts)


def test_networks_learn_what_parts_the_examples_and_the_thresholds_lie_between() -> None:
    chance = np.random.default_rng(1)
    y = (np.arange(600) % 2).astype(float)
    x = np.column_stack([y + chance.normal(0, 0.3, 600), chance.normal(0, 1, 600)])
    file = np.array([("one", "other", "sentences")[at // 200] for at in range(600)])
    model = fit(Examples(["telling", "idle"], x, file, y, np.zeros(600, bool)))
    assert model.score({"telling": 1.0, "idle": 0.0}) > model.supported >= model.partly
    assert model.score({"telling": 0.0, "idle": 0.0}) < model.supported
    assert SupportModel(**json.loads(json.dumps(model.__dict__))) == model


def test_examples_are_the_pairs_of_the_split_train_and_sentences_of_their_passages(tmp_path: Path) -> None:
    rows = [
        {"claim": claim, "passage": PASSAGE, "label": label, "split": split}
        for claim, label, split in [
            ("Two ships had to wait.", "supported", "train"),
            ("Nine ships had to wait.", "not_supported", "train"),
            ("Three ships had to wait.", "not_supported", "dev"),
        ]
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    embedder = Counting()
    found = examples(tmp_path, Remembering(embedder))
    assert list(found.y[found.file == "a"]) == [1, 0]
    assert list(found.flagged[found.file == "a"]) == [False, True]
    assert set(found.y[found.file == "sentences"]) == {0, 1}
    assert found.names == list(shipped().names)
    assert len(embedder.asked) == len(set(embedder.asked))


def test_the_shipped_weights_are_of_one_shape() -> None:
    model = SupportModel(**json.loads(WEIGHTS.read_text(encoding="utf-8")))
    assert len(model.middle) == len(model.spread) == len(model.names) == len(model.hidden) - 1
    assert {len(row) for row in model.hidden} == {len(model.out) - 1}
