"""A run with a model: several cases at once, gone on with, within a budget, repeated, and graded by a judge."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import ScriptedService, abstention, cited_answer, right_answer
from stub_model import ScriptedModel, number_of, stub_openai
from test_eval_report import ARTICLE, BRIDGES, NOTHING, RIGHT, THRESHOLDS, WRONG

from evals.asking.journal import Journal
from evals.asking.judge import Judge, Labelled, agreed, agreement, load_labelled
from evals.asking.outcomes import Outcome
from evals.asking.runner import Manner, run
from evals.errors import BadConfiguration, EvalError
from evals.reports.markdown import to_markdown
from evals.reports.report import make_report
from evals.reports.text import to_text
from evals.scoring.agreement import cohens_kappa
from evals.scoring.scores import score
from evals.suite import MISCONFIGURED, Options, main_eval
from qa.models import Answer, Turn, Usage
from qa.models.errors import ModelBusy
from qa.settings import Settings
from qa.wiring import build_judge

CASES = [RIGHT, WRONG, NOTHING]
PAID = Usage(prompt_tokens=10, completion_tokens=5, cost=0.25)


class Paid(ScriptedService):
    """Answers everything at a price, and notes how many questions are asked at once."""

    def __init__(self, usage: Usage = PAID) -> None:
        super().__init__({RIGHT.question: right_answer(RIGHT)})
        self.usage = usage
        self.at_once = self.most_at_once = 0

    async def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        return (await super().ask(question, history)).model_copy(update={"usage": self.usage})


def asked(service: ScriptedService, manner: Manner) -> list[Outcome]:
    return asyncio.run(run(service, CASES, manner=manner))


def test_as_many_cases_as_allowed_are_asked_at_once_and_come_in_order() -> None:
    for most in (1, 2, 8):
        service = Paid()
        assert [outcome.case for outcome in asked(service, Manner(concurrency=most))] == CASES
        assert service.most_at_once == min(most, 3)


def test_each_case_is_asked_as_often_as_told() -> None:
    outcomes = asked(Paid(), Manner(repeats=2))
    assert [(outcome.case.id, outcome.repeat) for outcome in outcomes] == [
        (case.id, repeat) for repeat in (0, 1) for case in CASES
    ]


def test_the_figures_of_repeats_are_shown_with_their_spread() -> None:
    outcomes = asked(Paid(), Manner(repeats=2))
    outcomes[3] = Outcome(case=RIGHT, repeat=1, answer=abstention(RIGHT.question))
    report = make_report("m", outcomes, [score(one, {"a.txt": ARTICLE}) for one in outcomes], THRESHOLDS)
    assert report.repeats["answer_recall"] == (0.5, 0.0)
    line = "over 2 repeats: answer_recall has a standard deviation of 0.354 (0.500, 0.000)"
    assert line in to_text(report) and line in to_markdown(report)
    recall = report.figures["answer_recall"]
    assert (recall.value, recall.n, recall.cases) == (0.25, 4, 2)


def test_finished_cases_are_not_asked_again(tmp_path: Path) -> None:
    file = tmp_path / "finished.jsonl"
    first = asked(Paid(), Manner(journal=Journal(file, "run")))
    service = Paid()
    assert asked(service, Manner(journal=Journal(file, "run"))) == first
    assert service.asked == []
    other = Paid()
    asked(other, Manner(journal=Journal(file, "another model")))
    assert len(other.asked) == 3


def test_an_error_is_not_finished_and_a_line_that_was_cut_off_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "finished.jsonl"
    broken = Paid()
    broken.script[WRONG.question] = ModelBusy("busy")
    assert [bool(one.error) for one in asked(broken, Manner(journal=Journal(file, "run")))] == [False, True, False]
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.rindex('"outcome"')], encoding="utf-8")
    service = Paid()
    asked(service, Manner(journal=Journal(file, "run")))
    assert [question for question, _ in service.asked] == [WRONG.question, NOTHING.question]


def test_a_changed_case_and_a_further_repeat_are_asked(tmp_path: Path) -> None:
    file = tmp_path / "finished.jsonl"
    asked(Paid(), Manner(journal=Journal(file, "run")))
    journal = Journal(file, "run")
    assert len(journal) == 3
    changed = RIGHT.model_copy(update={"required": (("three bridges",),)})
    assert journal.kept(Outcome(case=changed, error="-")) is None
    assert journal.kept(Outcome(case=RIGHT, repeat=1, error="-")) is None
    assert journal.kept(Outcome(case=RIGHT.model_copy(update={"held_out": True}), error="-")) is not None


def test_a_journal_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="cannot be read"):
        Journal(tmp_path, "run")
    journal = Journal(tmp_path / "absent" / "finished.jsonl", "run")
    with pytest.raises(EvalError, match="cannot be kept"):
        asked(Paid(), Manner(journal=journal))


def test_a_run_stops_at_its_ceiling_and_goes_on_from_there(tmp_path: Path) -> None:
    file = tmp_path / "finished.jsonl"
    service = Paid()
    with pytest.raises(EvalError, match=r"has cost \$0\.5000, and may cost \$0\.4\. Raise --max-cost"):
        asked(service, Manner(max_cost=0.4, journal=Journal(file, "run")))
    assert len(service.asked) == 2
    again = Paid()
    outcomes = asked(again, Manner(max_cost=0.4, journal=Journal(file, "run")))
    assert len(outcomes) == 3 and len(again.asked) == 1


def test_a_ceiling_needs_a_price() -> None:
    service = Paid(Usage(prompt_tokens=10))
    with pytest.raises(EvalError, match="price of the model is not known"):
        asked(service, Manner(max_cost=1.0))
    assert len(service.asked) == 1
    assert len(asked(Paid(Usage()), Manner(max_cost=0.1))) == 3


def test_what_earlier_questions_and_the_judge_cost_counts() -> None:
    follow_up = RIGHT.model_copy(update={"earlier": ("Who?", "When?")})
    (outcome,) = asyncio.run(run(Paid(), [follow_up], manner=Manner(judge=Judge(ScriptedModel("right")))))
    assert outcome.usage.prompt_tokens == 3 * 10 + 11
    assert outcome.judged is True


@pytest.mark.parametrize(("reply", "judged"), [("right", True), ('"Wrong."', False), ("It is right", None), ("", None)])
def test_a_judge_says_right_or_wrong_and_nothing_else(reply: str, judged: bool | None) -> None:
    model = ScriptedModel(reply)
    answer = cited_answer(RIGHT.question, [("Two bridges.", BRIDGES)])
    assert asyncio.run(Judge(model).judged(RIGHT, answer))[0] is judged
    prompt = model.asked[0][0]["content"]
    assert "- two bridges" in prompt and "Two bridges." in prompt and "[1]" not in prompt


def test_a_judge_is_not_asked_what_is_plain() -> None:
    model = ScriptedModel("right")
    assert asyncio.run(Judge(model).judged(RIGHT, abstention(RIGHT.question)))[0] is False
    assert asyncio.run(Judge(model).judged(NOTHING, abstention(NOTHING.question)))[0] is None
    assert model.asked == []


def test_a_judge_that_fails_is_an_error_of_the_case() -> None:
    judge = Judge(ScriptedModel("", ModelBusy("busy")))
    (outcome,) = asyncio.run(run(Paid(), [RIGHT], manner=Manner(judge=judge)))
    assert outcome.error == "ModelBusy: busy"


def test_kappa_is_agreement_beyond_chance() -> None:
    # Cohen 1960: 20 and 15 of 50 the same, by chance half of them.
    first = [True] * 25 + [False] * 25
    second = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
    found = cohens_kappa(first, second)
    assert found.kappa == pytest.approx(0.4)
    assert (found.share, found.n) == (0.7, 50)
    assert found.low is not None and found.high is not None and found.low < 0.4 < found.high
    assert str(found).startswith("kappa 0.40 (95 %: ")
    assert cohens_kappa([True] * 3, [True] * 3).kappa is None
    with pytest.raises(ValueError, match="the same answers"):
        cohens_kappa([True], [])


LABELS = [Labelled(question="Q?", evidence=("Evidence.",), answer=str(at), right=at % 2 == 0) for at in range(6)]


def test_the_agreement_of_a_judge_stands_beside_what_it_says() -> None:
    said = agreed(Judge(ScriptedModel("right")), LABELS)
    assert said.startswith("The judge scripted agrees with people on 6 labelled answers: kappa 0.00 (")
    assert "could not be measured: busy" in agreed(Judge(ScriptedModel("", ModelBusy("busy"))), LABELS)


def test_what_a_judge_does_not_grade_is_a_disagreement() -> None:
    assert asyncio.run(agreement(Judge(ScriptedModel("perhaps")), LABELS)).share == 0.0


def test_the_labelled_answers_that_ship_are_of_both_kinds(tmp_path: Path) -> None:
    labelled = load_labelled()
    right = sum(one.right for one in labelled)
    assert len(labelled) >= 20 and 0.4 <= right / len(labelled) <= 0.6
    (tmp_path / "wrong.jsonl").write_text(json.dumps({"question": "Q?"}), encoding="utf-8")
    with pytest.raises(BadConfiguration, match="labelled answers"):
        load_labelled(tmp_path / "wrong.jsonl")


def test_a_judge_needs_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, cases = tmp_path / "articles", tmp_path / "cases.jsonl"
    corpus.mkdir()
    (corpus / "a.txt").write_text("He opened two bridges, which nobody had seen before.\n", encoding="utf-8")
    case = {"id": "a", "kind": "near_miss", "question": "How many tunnels?"}
    cases.write_text(json.dumps(case), encoding="utf-8")
    assert main_eval(Settings(corpus=corpus), replace(Options(cases), judge=True)) == MISCONFIGURED
    assert "Set QA_JUDGE, or QA_MODEL" in capsys.readouterr().err
    replayed = Settings(model="openai/m", judge="openai/j", replay=tmp_path)
    assert build_judge(replayed).name == "openai/j"
    assert build_judge(Settings(model="openai/m", replay=tmp_path)).name == "openai/m"


ROOT = Path(__file__).parent.parent


@pytest.mark.timeout(600)
def test_replies_are_recorded_once_and_replayed_without_a_key_or_a_server(tmp_path: Path) -> None:
    corpus, cases = tmp_path / "articles", tmp_path / "cases.jsonl"
    corpus.mkdir()
    text = "The mayor of Harwick opened two bridges on Monday, and nobody had seen the like of them before.\n"
    (corpus / "a.txt").write_text(text, encoding="utf-8")
    case = {
        "id": "bridges",
        "kind": "number",
        "question": "How many crossings did the mayor of Harwick open?",
        "evidence": [[{"path": "a.txt", "quote": "opened two bridges"}]],
        "required": [["two bridges"]],
    }
    cases.write_text(json.dumps(case), encoding="utf-8")
    (tmp_path / "t.toml").write_text("[floors]\nanswer_recall = 1.0\njudged_right = 1.0\n", encoding="utf-8")

    def ran(name: str, **variables: str) -> str:
        command = [sys.executable, "-m", "qa.cli", "eval", "--judge", "--no-times", "--cases", str(cases)]
        command += ["--corpus", str(corpus), "--thresholds", str(tmp_path / "t.toml"), "--json", str(tmp_path / name)]
        variables |= {"QA_MODEL": "openai/stub", "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(tmp_path / "xdg")}
        done = subprocess.run(
            command, env=os.environ | variables, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def reply(prompt: str) -> str:
        return "right" if "Answer to grade" in prompt else f"He opened two bridges [{number_of('Harwick', prompt)}]."

    with stub_openai() as stub:
        stub.reply = reply
        said = ran("first.json", QA_RECORD=str(tmp_path / "replies"), QA_API_BASE=stub.base)
    assert "The judge openai/stub agrees with people on 25 labelled answers: kappa 0.00" in said
    assert ran("second.json", QA_REPLAY=str(tmp_path / "replies")) == said
    assert (tmp_path / "second.json").read_bytes() == (tmp_path / "first.json").read_bytes()
