import json
from pathlib import Path

import numpy as np
import pytest
from test_late_interaction import hits_of

from evals.benchmarks.answering import given, newsquestions
from evals.benchmarks.answering.newsquestions import Asked, Question, abstention, calibration, measured, overlap, status
from evals.benchmarks.halves import first_half
from evals.training.calibration import fitted
from qa.models import Answer, Status
from qa.reader.reading import RankedSentence, Reading

TEXT = "Rain\n\nThe ferry sank on Monday. The bridge opened on Friday. Its towers are high. Nobody was hurt.\n"
FERRY, BRIDGE = "The ferry sank on Monday.", "The bridge opened on Friday."


def asked(article: str, evidence: str | None, order: list[str], sure: float, given: Status) -> Asked:
    """A question that a sentence answers, and what a reader makes of it that shows the first of `order`."""
    [hit] = hits_of(TEXT)
    spans = {hit.passage.sentence(span): span for span in hit.passage.sentences}
    moved = hit.model_copy(update={"passage": hit.passage.model_copy(update={"path": article})})
    shares = [1.0, *[0.01] * (len(order) - 1)]
    sentences = tuple(RankedSentence(moved, spans[text], share) for text, share in zip(order, shares, strict=True))
    answer = Answer.model_construct(status=given, citations=(), hits=())
    question = Question(
        article=article, question="?", answerable=bool(evidence), evidence=(evidence,) if evidence else ()
    )
    return Asked(question, Reading(sentences, sure), answer)


OTHER = next(name for name in map("{}.txt".format, range(99)) if not first_half(name))
ROWS = [
    asked(OTHER, FERRY, [FERRY, BRIDGE], 0.9, Status.ANSWERED),
    asked(OTHER, FERRY, [BRIDGE, FERRY], 0.4, Status.ANSWERED),
    asked(OTHER, "Not there at all.", [BRIDGE, FERRY], 0.8, Status.NEAREST),
    asked(OTHER, None, [BRIDGE], 0.1, Status.NOT_IN_ARTICLES),
    asked(OTHER, None, [FERRY], 0.85, Status.ANSWERED),
]


def test_evidence_is_looked_for_among_the_first_sentences() -> None:
    figures = measured(ROWS)
    found = [figures[f"evidence among the first {n}"] for n in (1, 2, 3)]
    assert found == pytest.approx([1 / 3, 2 / 3, 2 / 3])


def test_the_status_is_counted_by_whether_there_is_an_answer() -> None:
    figures = status(ROWS)
    assert figures["answerable: answered"] == pytest.approx(2 / 3)
    assert figures["unanswerable: answered"] == figures["unanswerable: not_in_articles"] == 0.5
    assert figures["answered answerable that show the evidence"] == 0.5


def test_abstention_is_measured_at_the_mark_that_loses_a_tenth() -> None:
    figures = abstention(ROWS)
    assert figures["unanswerable below the mark that loses a tenth"] == 0.5
    assert figures["AUROC"] == pytest.approx(3 / 6 + 1 / 6)


def test_calibration_compares_what_is_said_with_what_is_so() -> None:
    figures = calibration(ROWS)
    said, held = np.array([0.9, 0.4, 0.8, 0.1, 0.85]), np.array([1, 0, 0, 0, 0])
    assert figures["Brier score"] == pytest.approx(float(np.mean((said - held) ** 2)))
    assert figures["Brier score of a constant"] == pytest.approx(0.16)
    assert figures["expected calibration error"] == pytest.approx((0.1 + 0.4 + 0.1 + abs(1.65 - 0)) / 5)


def test_a_short_sentence_is_not_evidence_for_standing_in_a_longer_passage() -> None:
    assert overlap("The bridge opened on Friday.", "It was late. The bridge opened on Friday.")
    assert not overlap("It was late.", "It was late. The bridge opened on Friday.")


def test_platt_scaling_finds_slope_and_constant() -> None:
    chance = np.random.default_rng(0)
    x = chance.normal(0, 3, 20_000)
    y = (chance.random(20_000) < 1 / (1 + np.exp(-(0.5 * x - 1)))).astype(float)
    assert fitted(np.column_stack([x, np.ones_like(x)]), y) == pytest.approx((0.5, -1), abs=0.06)


def test_both_readers_are_asked_of_the_articles(tmp_path: Path) -> None:
    (tmp_path / "newsquestions").mkdir()
    (tmp_path / "multihop" / "articles").mkdir(parents=True)
    (tmp_path / "multihop" / "articles" / OTHER).write_text(TEXT, encoding="utf-8")
    rows = [
        {"article": OTHER, "question": "When did the ferry sink?", "answerable": True, "evidence": [FERRY]},
        {"article": OTHER, "question": "Which wizard owns the moon?", "answerable": False, "evidence": []},
        {"article": OTHER, "question": "Not asked?", "answerable": False, "evidence": [], "split": "train"},
    ]
    file = tmp_path / "newsquestions" / "questions.jsonl"
    file.write_text("".join(json.dumps({"split": "dev"} | row) + "\n" for row in rows), encoding="utf-8")
    figures = newsquestions.run(tmp_path, None)
    assert (figures["answerable"], figures["unanswerable"]) == (1, 1)
    for reader in ("late-interaction", "baseline"):
        assert figures[f"{reader}: evidence among the first 2"] == 1.0
        assert figures[f"{reader}, five articles: evidence among the first 2"] == 1.0


def test_small_folders_are_each_of_one_half_and_hold_all_articles(tmp_path: Path) -> None:
    names = [f"{at}.txt" for at in range(12)]
    (tmp_path / "multihop" / "articles").mkdir(parents=True)
    for at, name in enumerate(names):
        (tmp_path / "multihop" / "articles" / name).write_text(f"Ferry {at}\n\n{TEXT}", encoding="utf-8")
    questions = [Question(article=name, question="When did the ferry sink?", answerable=True) for name in names]
    held = []
    for _, asked in newsquestions.in_folders(tmp_path, questions):
        assert len({first_half(one.article) for one in asked}) == 1 and len(asked) <= newsquestions.SIZE
        held += [one.article for one in asked]
    assert sorted(held) == sorted(names)


def test_the_text_that_came_with_a_question_is_what_is_read(tmp_path: Path) -> None:
    for name in ("clapnq", "squad2/articles", "ramdocs"):
        (tmp_path / name).mkdir(parents=True)
    clapnq = {"question": "when did the ferry sink", "passages": [{"title": "Ferry", "text": f"{FERRY} It rained."}]}
    clapnq_rows = [clapnq | {"answerable": True, "gold": [{"sentences": [FERRY]}]}, clapnq | {"answerable": False}]
    whole = f"Bridges\n\n{BRIDGE} It is long.\n\nTowers are high.\n"
    (tmp_path / "squad2" / "articles" / "Bridges.txt").write_text(whole, encoding="utf-8")
    squad = {"article": "Bridges.txt", "title": "Bridges", "question": "When did the bridge open?", "paragraph": 0}
    start = whole.index("Friday")
    squad_rows = [squad | {"answerable": True, "answers": [{"start": start, "end": start + 6}]}]
    ramdocs_rows = [
        {
            "question": "Who hurt whom?",
            "gold_answers": ["nobody"],
            "documents": [{"text": "Nobody was hurt.", "type": "correct"}, {"text": "It rained.", "type": "noise"}],
        }
    ]
    for name, rows in (("clapnq", clapnq_rows), ("squad2", squad_rows), ("ramdocs", ramdocs_rows)):
        file = tmp_path / name / "questions.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = list(given.given(tmp_path))
    sets = ["clapnq", "clapnq", "squad2", "ramdocs", "ramdocs"]
    assert [one.set for one in found] == sets
    assert [one.answerable for one in found] == [True, False, True, True, False]
    assert [found[0].text[place.start : place.end] for place in found[0].places] == [FERRY]
    assert [found[2].text[place.start : place.end] for place in found[2].places] == ["Friday"]
    figures = given.run(tmp_path, None)
    assert (figures["ramdocs: answerable"], figures["ramdocs: unanswerable"]) == (1, 1)
    assert 0 <= float(figures["ramdocs, late-interaction: AUROC"]) <= 1
