import json
from itertools import product
from pathlib import Path

import pytest

from evals.benchmarks.reading import cleaning, line_weights
from evals.errors import EvalError
from index.cleaning.line_model import BIAS, LineModel

STORY = "The minister said on Tuesday that the bridge over the river will be closed for three weeks of repairs."
JUNK = ("Home", "Sign up for our newsletter today", "Read more", "Share")


def _page(number: int) -> list[tuple[str, bool]]:
    return [
        *((line, False) for line in JUNK),
        (f"{STORY} Page {number}.", True),
        (f"{number}. {STORY}", True),
        ("©", False),
    ]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "raw").mkdir()
    pages, rows = [], []
    for split, number in product(("train", "dev"), range(12)):
        name = f"{split}-{number}"
        pages.append({"id": name, "split": split})
        rows += [
            {"id": name, "i": at, "text": text, "keep": int(keep)} for at, (text, keep) in enumerate(_page(number))
        ]
        (tmp_path / "raw" / f"{name}.txt").write_text("\n\n".join(text for text, _ in _page(number)), encoding="utf-8")
    for file, written in (("pages.jsonl", pages), ("lines.jsonl", rows)):
        (tmp_path / file).write_text("".join(json.dumps(row) + "\n" for row in written), encoding="utf-8")
    return tmp_path


def test_lines_weigh_as_many_as_they_have_characters(data: Path) -> None:
    [page, *_] = cleaning.read_pages(data, "dev")
    text = sum(len(line.text) for line, keep in zip(page.lines, page.keep, strict=True) if keep)
    junk = sum(len(line.text) for line, keep in zip(page.lines, page.keep, strict=True) if not keep)
    assert cleaning.prf([(page, page.keep)]) == (1.0, 1.0, 1.0)
    assert cleaning.prf([(page, [True] * 7)]) == (1.0, text / (text + junk), 2 * text / (2 * text + junk))
    assert cleaning.prf([(page, [False] * 7)]) == (0.0, 0.0, 0.0)


def test_figures_stand_beside_their_baselines(data: Path) -> None:
    figures = cleaning.run(data)
    assert figures["pages (dev)"] == figures["pages (train)"] == 12
    assert figures["recall (dev)"] == figures["precision (dev)"] == figures["F1 (dev)"] == 1.0
    assert figures["keep everything: recall (train)"] == 1.0
    assert float(figures["keep everything: F1 (dev)"]) < 1.0
    assert figures["over 6 words: F1 (dev)"] == 1.0


def test_labels_of_other_lines_are_refused(data: Path) -> None:
    (data / "raw" / "dev-3.txt").write_text("Something else", encoding="utf-8")
    with pytest.raises(EvalError, match="'dev-3' are not those"):
        cleaning.run(data)


def test_the_model_of_lines_is_fitted_on_the_pages_for_training(data: Path) -> None:
    file = data / "weights.json"
    assert line_weights.main([str(data), str(file)], steps=200) == 0
    written = file.read_bytes()
    model = LineModel(**json.loads(written))
    assert model.lexicon["s:home"] < 0 < model.lexicon["l:minister"]
    assert BIAS in model.first and "likely" in model.second
    [page, *_] = cleaning.read_pages(data, "dev")
    scores = model.scores(page.lines)
    assert [score > 0 for score in scores] == list(page.keep)
    assert line_weights.main([str(data), str(file)], steps=200) == 0
    assert file.read_bytes() == written


def test_the_cross_validation_prints_its_figures(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert line_weights.main([str(data)], steps=200, deals=1) == 0
    assert "0.50  recall 1.0000  precision 1.0000  F1 1.0000" in capsys.readouterr().out
