import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evals.errors import EvalError
from evals.known.articles import articles_in
from evals.known.cases import UNANSWERABLE, Case, Kind
from evals.known.checking import load_cases
from evals.known.shipped import CASES, copy_articles
from evals.scoring.wording import says
from index.models import Article, Span

TEXT = "Menu\nThe mayor opened two bridges on Monday.\nThe bridges cost $3 million, the mayor said.\nMenu\n"
ARTICLE = Article(path="a.txt", text=TEXT, encoding="utf-8", sha256="0" * 64, article_lines=(Span(5, 44), Span(45, 89)))
OTHER = Article(path="b.txt", text="Schools closed.", encoding="utf-8", sha256="1" * 64, article_lines=(Span(0, 15),))


def case(**changed: Any) -> dict[str, Any]:
    plain = {
        "id": "number-01",
        "kind": "number",
        "question": "How many bridges were opened?",
        "evidence": [[{"path": "a.txt", "quote": "opened two bridges"}]],
        "required": [["two bridges"]],
    }
    return {name: value for name, value in (plain | changed).items() if value is not None}


def unanswerable(**changed: Any) -> dict[str, Any]:
    return case(kind="absent_topic", evidence=None, required=None) | changed


def load(tmp_path: Path, *cases: dict[str, Any] | str) -> tuple[Case, ...]:
    file = tmp_path / "own.jsonl"
    lines = [one if isinstance(one, str) else json.dumps(one) for one in cases]
    file.write_text("\n".join(lines), encoding="utf-8")
    return load_cases(file, [ARTICLE, OTHER])


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Article]:
    return articles_in(copy_articles(tmp_path_factory.mktemp("shipped") / "articles"))


@pytest.fixture(scope="module")
def shipped(articles: dict[str, Article]) -> tuple[Case, ...]:
    return load_cases(CASES, articles.values())


def test_shipped_cases_are_as_many_of_each_kind_as_promised(shipped: tuple[Case, ...]) -> None:
    kinds = Counter(case.kind for case in shipped)
    assert len(shipped) >= 150
    assert set(kinds) == set(Kind)
    assert all(number >= 6 for number in kinds.values())
    assert kinds[Kind.PARAPHRASE] >= 15
    assert sum(kinds[kind] for kind in UNANSWERABLE) >= 40


def test_a_third_of_the_shipped_cases_is_held_out(shipped: tuple[Case, ...]) -> None:
    held_out = [case for case in shipped if case.held_out]
    assert 0.32 <= len(held_out) / len(shipped) <= 0.36
    assert {case.answerable for case in held_out} == {True, False}


def test_shipped_cases_require_only_what_their_articles_say(
    shipped: tuple[Case, ...], articles: dict[str, Article]
) -> None:
    for one in shipped:
        texts = [articles[path].text for path in one.paths]
        for group in one.required:
            assert any(says(text, string) for text in texts for string in group), (one.id, group)


def test_shipped_quotes_are_found_where_they_stand(shipped: tuple[Case, ...], articles: dict[str, Article]) -> None:
    for place in (place for one in shipped for fact in one.evidence for place in fact):
        assert articles[place.path].text[place.start : place.end] == place.quote


def test_a_case_is_loaded_with_the_offsets_of_its_quotes(tmp_path: Path) -> None:
    (one,) = load(tmp_path, "", case())
    assert one.evidence[0][0].start == TEXT.index("opened two bridges")
    assert one.answerable
    assert not load(tmp_path, unanswerable())[0].answerable


def test_a_quote_may_run_over_several_kept_lines(tmp_path: Path) -> None:
    quote = "on Monday.\nThe bridges cost"
    (one,) = load(tmp_path, case(evidence=[[{"path": "a.txt", "quote": quote}]]))
    assert TEXT[one.evidence[0][0].start : one.evidence[0][0].end] == quote


def test_the_same_follow_up_may_be_asked_after_different_questions(tmp_path: Path) -> None:
    follow_up = case(kind="follow_up", question="How many?")
    one, other = follow_up | {"earlier": ["Bridges?"]}, follow_up | {"id": "other", "earlier": ["Did he open bridges?"]}
    assert len(load(tmp_path, one, other)) == 2


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kind": "riddle"}, "kind"),
        ({"extra": 1}, "extra"),
        ({"question": " "}, "question"),
        ({"id": None}, "id"),
        ({"evidence": []}, "needs evidence"),
        ({"evidence": [[]]}, "evidence.0"),
        ({"required": []}, "needs evidence and required"),
        ({"required": [[]]}, "required.0"),
        ({"required": [[""]]}, "required.0.0"),
        ({"kind": "near_miss"}, "has no evidence"),
        ({"kind": "follow_up"}, "earlier question"),
        ({"kind": "two_articles"}, "evidence for every fact"),
        ({"kind": "paraphrase"}, "the question's own words ['bridg', 'open']"),
        ({"evidence": [[{"path": "c.txt", "quote": "x"}]]}, "no article 'c.txt'"),
        ({"evidence": [[{"path": "a.txt", "quote": "three bridges"}]]}, "0 times"),
        ({"evidence": [[{"path": "a.txt", "quote": "mayor"}]]}, "2 times"),
        ({"evidence": [[{"path": "a.txt", "quote": "said.\nMenu"}]]}, "page junk"),
    ],
)
def test_a_case_that_is_not_sound_is_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(EvalError) as caught:
        load(tmp_path, unanswerable(id="first", question="Who was born?"), case(**changed))
    assert message in str(caught.value)
    assert f"{tmp_path / 'own.jsonl'}, line 2" in str(caught.value)
    assert "'number-01'" in str(caught.value) or "id" in changed


def test_a_paraphrase_shares_no_word_with_its_articles(tmp_path: Path) -> None:
    (one,) = load(tmp_path, case(kind="paraphrase", question="How many crossings did the chief inaugurate?"))
    assert one.kind is Kind.PARAPHRASE


@pytest.mark.parametrize(
    ("again", "message"),
    [
        (unanswerable(question="Who was born?"), "the id 'number-01' is in line 1"),
        (unanswerable(id="other", question="HOW many bridges were opened?"), "is in line 1"),
    ],
)
def test_ids_and_questions_come_once(tmp_path: Path, again: dict[str, Any], message: str) -> None:
    with pytest.raises(EvalError) as caught:
        load(tmp_path, case(), again)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("line", "message"), [("{", "not JSON"), ("[]", "line 1: case"), ("", "no case"), ("3", "line 1: case")]
)
def test_a_file_that_holds_no_case_is_refused(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(EvalError) as caught:
        load(tmp_path, line)
    assert message in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for file in (tmp_path, tmp_path / "absent.jsonl", tmp_path / "binary"):
        with pytest.raises(EvalError, match="cannot be read"):
            load_cases(file, [ARTICLE])
