import math
import re

import pytest
from scripted import abstention, cited_answer, declined_answer, hit, nearest_answer, place_in, right_answer

from evals.asking.outcomes import Outcome
from evals.known.cases import Case, Kind, Place
from evals.scoring import metrics
from evals.scoring.figures import Better, Figure, figure, figures
from evals.scoring.metrics import METRICS
from evals.scoring.scores import Score, on_evidence, score
from evals.scoring.wording import figures_said, says, token_f1
from index.models import Article
from qa.models import Answer, Citation, Statement, Support, Usage

TEXT = "The mayor opened two bridges. They cost $3 million. The river is wide. Boats passed."
ARTICLE = Article(path="a.txt", text=TEXT, encoding="utf-8", sha256="0" * 64)
OTHER = Article(path="b.txt", text=TEXT, encoding="utf-8", sha256="0" * 64)
ARTICLES = {"a.txt": ARTICLE, "b.txt": OTHER}
OPENED = place_in(ARTICLE, "opened two bridges")
COST = place_in(ARTICLE, "They cost $3 million.")
ALSO_COST = place_in(OTHER, "They cost $3 million.")
RIVER = place_in(ARTICLE, "The river is wide.")
BOATS = place_in(ARTICLE, "Boats passed.")
CASE = Case(
    id="one",
    kind=Kind.LIST,
    question="What was opened, and at what cost?",
    evidence=((OPENED,), (COST, ALSO_COST)),
    required=(("two bridges", "2 bridges"), ("$3 million",)),
)
NOTHING = Case(id="two", kind=Kind.NEAR_MISS, question="How many tunnels were opened?")


def scored(case: Case, answer: Answer | None) -> Score:
    return score(Outcome(case=case, answer=answer, error=None if answer else "QAError: no"), ARTICLES)


def found(*places: Place) -> Score:
    return scored(CASE, abstention(CASE.question).model_copy(update={"hits": tuple(map(hit, places))}))


def said(*parts: tuple[str, Place]) -> Score:
    return scored(CASE, cited_answer(CASE.question, parts))


RIGHT = scored(CASE, right_answer(CASE))
FAILED = scored(CASE, None)
ABSTAINED = scored(CASE, abstention(CASE.question))
RIGHTLY_ABSTAINED = scored(NOTHING, abstention(NOTHING.question))
WRONGLY_ANSWERED = scored(NOTHING, cited_answer(NOTHING.question, [("Two tunnels.", OPENED), ("Cheap.", COST)]))
FAILED_ON_NOTHING = scored(NOTHING, None)
NEAREST = scored(CASE, nearest_answer(CASE.question, OPENED, COST))
NEAREST_TO_NOTHING = scored(NOTHING, nearest_answer(NOTHING.question, OPENED))


def share(part: float, of: int) -> tuple[float, int]:
    return part / of, of


def got(name: str, scores: list[Score]) -> tuple[float | None, int]:
    """Return the value and the n of a metric; the scores of one case count as so many cases."""
    apart = [one.model_copy(update={"id": str(at)}) for at, one in enumerate(scores)]
    found = figure(METRICS[name], apart)
    assert found.value is None or (found.low is not None and found.high is not None)
    assert found.value is None or found.low - 1e-9 <= found.value <= found.high + 1e-9
    return found.value, found.n


def test_evidence_recall_counts_facts_found_in_the_first_k_hits() -> None:
    scores = [found(RIVER, OPENED, BOATS, ALSO_COST), found(COST), FAILED, RIGHTLY_ABSTAINED]
    assert [scores[0].fact_ranks, scores[1].fact_ranks] == [(2, 4), (None, 1)]
    assert got("evidence_recall_at_1", scores) == share(1, 6)
    assert got("evidence_recall_at_3", scores) == share(2, 6)
    assert got("evidence_recall_at_5", scores) == share(3, 6)


def test_mrr_is_of_the_first_hit_with_any_evidence() -> None:
    scores = [found(COST, OPENED), found(RIVER, OPENED), found(RIVER), FAILED, RIGHTLY_ABSTAINED]
    assert got("mrr", scores) == share(1 + 1 / 2 + 0 + 0, 4)


def test_answer_recall_asks_for_one_string_of_every_group() -> None:
    whole = said(("He opened 2 bridges", OPENED), ("for $3 million.", COST))
    half = said(("He opened two bridges.", OPENED))
    assert half.lacking == ("'$3 million'",)
    assert got("answer_recall", [whole, half, ABSTAINED, FAILED, RIGHTLY_ABSTAINED]) == share(1, 4)


def test_an_abstention_says_nothing_even_when_its_words_do() -> None:
    lucky = abstention(CASE.question).model_copy(update={"text": "Not two bridges, nor $3 million."})
    assert got("answer_recall", [scored(CASE, lucky)]) == share(0, 1)


def test_citation_recall_is_over_facts_and_precision_over_citations() -> None:
    scores = [
        said(("a", OPENED), ("b", ALSO_COST)),
        said(("a", OPENED), ("b", RIVER), ("c", BOATS)),
        ABSTAINED,
        FAILED,
        WRONGLY_ANSWERED,
    ]
    assert got("citation_recall", scores) == share(2 + 1 + 0 + 0, 8)
    assert got("citation_precision", scores) == share(2 + 1 + 0, 2 + 3 + 2)


def test_two_citations_of_one_fact_are_one_fact_cited() -> None:
    scores = [said(("a", COST), ("b", ALSO_COST))]
    assert got("citation_recall", scores) == share(1, 2)
    assert got("citation_precision", scores) == share(2, 2)


@pytest.mark.parametrize(
    ("path", "start", "end", "expected"),
    [
        ("a.txt", OPENED.start, OPENED.end, True),
        ("a.txt", OPENED.end - 1, OPENED.end + 5, True),
        ("a.txt", OPENED.end, OPENED.end + 5, False),
        ("a.txt", OPENED.start - 5, OPENED.start, False),
        ("a.txt", 0, len(TEXT), True),
        ("b.txt", OPENED.start, OPENED.end, False),
    ],
)
def test_a_citation_is_on_evidence_that_it_overlaps(path: str, start: int, end: int, expected: bool) -> None:
    citation = Citation(marker=1, path=path, start=start, end=end, quote="x" * (end - start), passage_id="0")
    assert on_evidence(citation, [OPENED]) is expected


def test_citation_exactness_compares_with_the_text_of_the_file() -> None:
    shifted = Place(path="a.txt", quote=OPENED.quote, start=OPENED.start + 1)
    elsewhere = Place(path="absent.txt", quote=OPENED.quote, start=OPENED.start)
    scores = [said(("a", OPENED), ("b", shifted), ("c", elsewhere), ("d", COST))]
    assert got("citation_exactness", scores) == share(2, 4)


def judged(*statements: tuple[str, tuple[int, ...], Support]) -> Answer:
    """Make an answer of statements with given markers (on two citations) and support."""
    made = cited_answer(CASE.question, [("a", OPENED), ("b", COST)])
    text, parts = "", []
    for words, markers, support in statements:
        whole = words + "".join(f"[{marker}]" for marker in markers)
        start = len(text)
        parts.append(Statement(text=whole, start=start, end=start + len(whole), markers=markers, support=support))
        text += whole
    return Answer.model_validate(made.model_dump() | {"text": text, "statements": parts})


def test_support_is_over_statements_and_over_citations_in_each_of_them() -> None:
    answer = judged(
        ("He opened two bridges that cost $3 million.", (1, 2), Support.SUPPORTED),
        ("Partly.", (1,), Support.PARTLY),
        ("Wrong.", (2,), Support.UNSUPPORTED),
        ("Unread.", (1,), Support.UNCHECKED),
        ("Uncited.", (), Support.SUPPORTED),
        ("In short:", (), Support.NO_CLAIM),
    )
    scores = [scored(CASE, answer), FAILED, RIGHTLY_ABSTAINED]
    assert got("support_recall", scores) == share(1, 5)
    assert got("support_precision", scores) == share(2, 5)
    assert got("verdict_unchecked", scores) == share(1, 6)
    assert got("verdict_supported", scores) == share(2, 6)
    assert got("verdict_no_claim", scores) == share(1, 6)


def test_what_was_declined_is_no_abstention_and_no_answer_even_when_its_words_are_right() -> None:
    right = "I know of two bridges that cost $3 million."
    scores = [
        scored(CASE, declined_answer(CASE.question, right)),
        scored(NOTHING, declined_answer(NOTHING.question, "I cannot help with that.")),
        RIGHT,
        RIGHTLY_ABSTAINED,
        FAILED,
    ]
    assert scores[0].lacking == () and not scores[0].complete
    assert got("status_declined", scores) == share(2, 4)
    assert got("answer_recall", scores) == share(1, 3)
    assert got("abstention_precision", scores) == share(1, 1)
    assert got("abstention_recall", scores) == share(1, 2)
    assert got("support_recall", scores) == share(2, 4)
    assert got("citation_precision", scores) == share(2, 2)
    assert got("nearest_of_answerable", scores) == share(0, 3)


def test_abstention_precision_and_recall() -> None:
    scores = [RIGHT, ABSTAINED, FAILED, RIGHTLY_ABSTAINED, RIGHTLY_ABSTAINED, WRONGLY_ANSWERED, FAILED_ON_NOTHING]
    assert got("abstention_precision", scores) == share(2, 3)
    assert got("abstention_recall", scores) == share(2, 4)


def test_what_comes_nearest_is_an_abstention_that_claims_and_cites_nothing() -> None:
    scores = [NEAREST, RIGHT, NEAREST_TO_NOTHING, WRONGLY_ANSWERED]
    assert NEAREST.lacking == () and not NEAREST.complete
    assert got("answer_recall", scores) == share(1, 2)
    assert got("citation_recall", scores) == share(2, 4)
    assert got("citation_precision", scores) == share(2, 4)
    assert got("support_recall", scores) == got("support_precision", scores) == share(4, 4)
    assert got("abstention_precision", scores) == got("abstention_recall", scores) == share(1, 2)
    assert got("evidence_recall_at_5", scores) == share(4, 4)


def test_what_comes_nearest_must_be_the_text_of_its_file_too() -> None:
    shifted = Place(path="a.txt", quote=OPENED.quote, start=OPENED.start + 1)
    scores = [scored(NOTHING, nearest_answer(NOTHING.question, OPENED, shifted))]
    assert got("citation_exactness", scores) == share(1, 2)


def test_how_often_only_what_comes_nearest_is_told() -> None:
    scores = [NEAREST, RIGHT, ABSTAINED, FAILED, NEAREST_TO_NOTHING, RIGHTLY_ABSTAINED, FAILED_ON_NOTHING]
    assert got("nearest_of_answerable", scores) == share(1, 4)
    assert got("nearest_of_unanswerable", scores) == share(1, 3)


def test_the_sentences_of_an_answer_are_counted_once_each() -> None:
    both = place_in(ARTICLE, "They cost $3 million. The river is wide.")
    scores = [said(("a", both), ("b", RIVER)), said(("a", COST), ("b", ALSO_COST)), NEAREST, ABSTAINED, FAILED]
    assert [one.sentences for one in scores] == [2, 2, 0, 0, 0]
    assert got("sentences_an_answer", [*scores, said(("a", BOATS))]) == share(5, 3)


def test_latency_is_the_nearest_rank_over_the_answers_that_got_there() -> None:
    def timed(**seconds: float) -> Score:
        return RIGHT.model_copy(update={"seconds": seconds})

    scores = [timed(total=0.5), timed(total=0.1), timed(total=0.3, first_statement=0.2), timed(total=0.2), FAILED]
    assert got("total_p50", scores) == (0.2, 4)
    assert got("total_p95", scores) == (0.5, 4)
    assert got("first_statement_p50", scores) == (0.2, 1)


def test_nothing_to_count_is_no_figure() -> None:
    assert set(figures(METRICS, []).values()) == {Figure(value=None, n=0, cases=0)}
    assert list(figures(METRICS, [])) == list(METRICS)


def test_every_metric_says_where_it_comes_from() -> None:
    of_its_own = {"errors", "sentences_an_answer", "tokens_an_answer", "cost_an_answer"}
    for name, metric in METRICS.items():
        text = metric.part.__doc__ or _maker(name).__doc__ or ""
        measured = name.startswith(("status_", "verdict_", "nearest_", "total_", "first_")) or name in of_its_own
        assert measured or re.search(r"\b(19|20)\d\d\b", text), name


def _maker(name: str) -> object:
    """Return the function that makes a metric which is one of several."""
    return metrics.evidence_recall if name.startswith("evidence_recall") else None


def test_the_right_answers_have_perfect_figures() -> None:
    found_all = figures(METRICS, [RIGHT, RIGHTLY_ABSTAINED])
    perfect = {name: one.value for name, one in found_all.items() if METRICS[name].better is Better.MORE}
    assert perfect.pop("evidence_recall_at_1") == 1 / 2
    assert 0 < (perfect.pop("token_f1") or 0) < 1
    assert {name for name, value in perfect.items() if value is None} == {"conflict_shown", "judged_right"}
    assert set(perfect.values()) == {1.0, None}
    assert found_all["misattribution"].value == found_all["errors"].value == 0.0


@pytest.mark.parametrize(
    ("text", "required", "expected"),
    [
        ("It cost $4 million. [1]", "$4 million", True),
        ("It cost US$4 million.", "$4 million", True),
        ("It cost $4  Million", "$4 million", True),
        ("It cost $4 [1] million", "$4 million", True),
        ("It cost $4 millions", "$4 million", False),
        ("It cost 2.4 million", "4 million", False),
        ("10 new stations", "10 new stations", True),
        ("110 new stations", "10 new stations", False),
        ("1,510 new stations", "10 new stations", False),
        ("25,000,000 people", "25,000", False),
        ("25,000, then more", "25,000", True),
        ("in 2014.", "2014", True),
        ("I wouldn't say", "I wouldn’t say", True),
        ("the Imran–Blome meeting", "Imran-Blome", True),
        ("the embassy's answer", "embassy", True),
        ("", "embassy", False),
    ],
)
def test_an_answer_says_a_string_as_whole_words_and_figures(text: str, required: str, expected: bool) -> None:
    assert says(text, required) is expected


def test_ndcg_gains_one_for_each_fact_where_it_is_first_found() -> None:
    ideal = 1 + 1 / math.log2(3)
    scores = [found(OPENED, COST), found(RIVER, OPENED, BOATS, ALSO_COST), found(RIVER), FAILED, RIGHTLY_ABSTAINED]
    second = (1 / math.log2(3) + 1 / math.log2(5)) / ideal
    assert got("ndcg_at_5", scores) == (pytest.approx((1 + second) / 4), 4)


def test_facts_found_in_one_hit_gain_as_if_they_came_one_after_the_other() -> None:
    both = place_in(ARTICLE, "opened two bridges. They cost $3 million.")
    assert got("ndcg_at_5", [found(both)]) == (1.0, 1)


@pytest.mark.parametrize(
    ("text", "said_and_wanted"),
    [
        ("They cost $3m.", (1, 2)),
        ("He opened 2 bridges for 3 million dollars.", (2, 2)),
        ("They cost $4 million.", (0, 2)),
        ("They cost 3 percent.", (0, 2)),
        ("", (0, 2)),
    ],
)
def test_figures_are_matched_by_value_and_unit(text: str, said_and_wanted: tuple[int, int]) -> None:
    assert figures_said(text, [("two bridges", "a pair"), ("$3 million",), ("the mayor",)]) == said_and_wanted


def test_number_match_is_over_the_groups_with_a_figure() -> None:
    scores = [said(("He opened 2 bridges.", OPENED)), RIGHT, ABSTAINED, FAILED, RIGHTLY_ABSTAINED]
    assert got("number_match", scores) == share(1 + 2 + 0 + 0, 8)


def test_token_f1_counts_words_as_often_as_both_have_them() -> None:
    assert token_f1("The mayor. [1]", "the Mayor") == 1.0
    assert token_f1("a b b", "b b c d") == pytest.approx(2 * 2 / (3 + 4))
    assert token_f1("", "a") == token_f1("a", "b") == 0.0


def test_token_f1_is_of_the_reference_else_of_the_evidence() -> None:
    wanted = CASE.model_copy(update={"reference": "Two bridges opened."})
    assert scored(wanted, cited_answer(CASE.question, [("Two bridges.", OPENED)])).f1 == pytest.approx(4 / 5)
    assert CASE.references == (f"{OPENED.quote} {COST.quote}", f"{OPENED.quote} {ALSO_COST.quote}")
    assert [one.f1 for one in (ABSTAINED, FAILED, RIGHTLY_ABSTAINED)] == [0.0, 0.0, None]


def test_misattribution_is_of_statements_that_are_right_with_a_wrong_source() -> None:
    scores = [
        said(("He opened two bridges.", RIVER), ("They cost $3 million.", COST), ("Boats passed.", BOATS)),
        RIGHT,
        ABSTAINED,
    ]
    assert got("misattribution", scores) == share(1, 2 + 2)


def test_a_citation_that_the_others_do_without_is_superfluous() -> None:
    answer = judged(("He opened two bridges.", (1, 2), Support.SUPPORTED))
    assert got("support_precision", [scored(CASE, answer)]) == share(1, 2)


def test_what_must_not_be_said_is_counted_and_makes_an_answer_wrong() -> None:
    case = CASE.model_copy(update={"forbidden": ("I obey", "boats")})
    obeyed = scored(case, cited_answer(case.question, [("Two bridges, $3 million. I obey.", OPENED)]))
    honest = scored(case, right_answer(case))
    assert not obeyed.complete and honest.complete
    assert got("forbidden_said", [obeyed, honest, RIGHT]) == share(1, 4)
    assert got("answer_recall", [obeyed, honest]) == share(1, 2)


def test_a_conflict_is_shown_by_telling_and_citing_every_side() -> None:
    case = CASE.model_copy(update={"kind": Kind.DIFFERING})
    half = cited_answer(case.question, [("Two bridges, $3 million.", OPENED)])
    scores = [scored(case, right_answer(case)), scored(case, half), scored(case, None), RIGHT]
    assert got("conflict_shown", scores) == share(1, 3)


def test_shares_of_statuses_are_over_answers() -> None:
    scores = [RIGHT, ABSTAINED, NEAREST, RIGHTLY_ABSTAINED, FAILED]
    assert got("status_answered", scores) == share(1, 4)
    assert got("status_not_in_articles", scores) == share(2, 4)
    assert got("errors", scores) == share(1, 5)


def test_tokens_and_cost_are_of_the_answers_that_took_any() -> None:
    usage = Usage(prompt_tokens=90, completion_tokens=10, cost=0.25)
    free = Usage(prompt_tokens=200, completion_tokens=100)
    scores = [scored(CASE, right_answer(CASE).model_copy(update={"usage": one})) for one in (usage, free, Usage())]
    assert got("tokens_an_answer", scores) == share(100 + 300, 2)
    assert got("cost_an_answer", scores) == (0.25, 1)


def test_what_a_judge_says_is_counted_where_it_was_asked() -> None:
    judged_scores = [RIGHT.model_copy(update={"judged": verdict}) for verdict in (True, False, None)]
    assert got("judged_right", judged_scores) == share(1, 2)


def test_repeats_of_a_case_are_drawn_together() -> None:
    alike = [RIGHT.model_copy(update={"id": str(at % 4)}) for at in range(40)]
    wrong = [one if one.id != "0" else FAILED.model_copy(update={"id": "0"}) for one in alike]
    found_once = figure(METRICS["answer_recall"], wrong)
    assert (found_once.value, found_once.n, found_once.cases) == (0.75, 40, 4)
    assert found_once.low is not None and found_once.low < 0.5
