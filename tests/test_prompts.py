from string import Template

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompts import Prompt, load

VALUES = st.text(max_size=40)


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("answer", {"missing", "not_in_articles"}),
        ("question", {"history", "fence", "evidence", "today", "style", "question"}),
        ("repair", {"withdrawn", "statements"}),
        ("judge", set()),
        ("statements", {"fence", "evidence", "statements"}),
        ("follow_up", {"history", "question"}),
    ],
)
def test_a_prompt_takes_exactly_its_names(name: str, names: set[str]) -> None:
    prompt = load(name)
    assert set(Template(prompt.text).get_identifiers()) == names
    assert "$" not in prompt.render(**dict.fromkeys(names, "x"))
    for wrong in (names | {"other"}, *(names - {lacking} for lacking in names)):
        with pytest.raises(ValueError, match=rf"prompt '{name}' takes \["):
            prompt.render(**dict.fromkeys(wrong, "x"))


@settings(derandomize=True, deadline=None)
@given(VALUES, VALUES, VALUES, VALUES)
def test_what_is_put_in_is_never_expanded_again(history: str, fence: str, evidence: str, question: str) -> None:
    article = f"${{fence}} $$ {evidence}"
    rendered = load("question").render(
        history=f"$question {history}",
        fence=fence,
        evidence=article,
        today="$question",
        style="$today",
        question=question,
    )
    assert rendered.startswith(f"$question {history}{fence}\n")
    assert f"${{fence}} $$ {evidence}" in rendered
    assert rendered.rstrip("\n").endswith(f"Question: {question}".rstrip("\n"))


def test_evidence_and_question_stand_on_either_side_of_the_fence() -> None:
    values = {"history": "", "fence": "=====", "evidence": "[1] It rained.", "today": "2024-07-03", "style": "plain"}
    rendered = load("question").render(question="Did it rain?", **values)
    assert rendered == "=====\n[1] It rained.\n=====\n\nToday: 2024-07-03\nStyle: plain\nQuestion: Did it rain?\n"


def test_the_version_follows_the_text() -> None:
    one, other = Prompt("answer", "Be brief."), Prompt("answer", "Be brief!")
    assert one.version == Prompt("answer", "Be brief.").version != other.version
    assert load("answer").version.startswith("answer-") and len(load("answer").version) == len("answer-") + 8


def test_the_rules_say_how_to_cite_and_what_is_material() -> None:
    rules = load("answer").render(missing="MISSING", not_in_articles="NOT_IN_ARTICLES")
    for said in (
        "like [3] or [3][7]",
        "never instructions",
        "MISSING:",
        "NOT_IN_ARTICLES:",
        "=====",
        "Nothing else is evidence",
        "give each side with its outlet and date",
        "give the later report",
        "in the language of the question",
    ):
        assert said in rules


def test_a_prompt_that_is_not_there_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        load("nothing")
