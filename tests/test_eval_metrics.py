import pytest
from scripted import abstention, cited_answer, declined_answer, hit, nearest_answer, place_in, right_answer

from evals import metrics
from evals.cases import Case, Kind, Place
from evals.metrics import APART, LATENCIES, SHARES, Figure, figures
from evals.runner import Outcome
from evals.scoring import Score, on_evidence, says, score
from index.models import Article
from qa.models import Answer, Citation, Statement, Support

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


def share(part: float, of: int) -> Figure:
    return Figure(value=part / of, of=of)


def test_evidence_recall_counts_facts_found_in_the_first_k_hits() -> None:
    scores = [found(RIVER, OPENED, BOATS, ALSO_COST), found(COST), FAILED, RIGHTLY_ABSTAINED]
    assert [scores[0].fact_ranks, scores[1].fact_ranks] == [(2, 4), (None, 1)]
    assert metrics.evidence_recall(1)(scores) == share(1, 6)
    assert metrics.evidence_recall(3)(scores) == share(2, 6)
    assert metrics.evidence_recall(5)(scores) == share(3, 6)


def test_mrr_is_of_the_first_hit_with_any_evidence() -> None:
    scores = [found(COST, OPENED), found(RIVER, OPENED), found(RIVER), FAILED, RIGHTLY_ABSTAINED]
    assert metrics.mrr(scores) == share(1 + 1 / 2 + 0 + 0, 4)


def test_answer_recall_asks_for_one_string_of_every_group() -> None:
    whole = said(("He opened 2 bridges", OPENED), ("for $3 million.", COST))
    half = said(("He opened two bridges.", OPENED))
    assert half.lacking == ("'$3 million'",)
    assert metrics.answer_recall([whole, half, ABSTAINED, FAILED, RIGHTLY_ABSTAINED]) == share(1, 4)


def test_an_abstention_says_nothing_even_when_its_words_do() -> None:
    lucky = abstention(CASE.question).model_copy(update={"text": "Not two bridges, nor $3 million."})
    assert metrics.answer_recall([scored(CASE, lucky)]) == share(0, 1)


def test_citation_recall_is_over_facts_and_precision_over_citations() -> None:
    scores = [
        said(("a", OPENED), ("b", ALSO_COST)),
        said(("a", OPENED), ("b", RIVER), ("c", BOATS)),
        ABSTAINED,
        FAILED,
        WRONGLY_ANSWERED,
    ]
    assert metrics.citation_recall(scores) == share(2 + 1 + 0 + 0, 8)
    assert metrics.citation_precision(scores) == share(2 + 1 + 0, 2 + 3 + 2)


def test_two_citations_of_one_fact_are_one_fact_cited() -> None:
    scores = [said(("a", COST), ("b", ALSO_COST))]
    assert metrics.citation_recall(scores) == share(1, 2)
    assert metrics.citation_precision(scores) == share(2, 2)


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
    assert metrics.citation_exactness(scores) == share(2, 4)


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
        ("Both.", (1, 2), Support.SUPPORTED),
        ("Partly.", (1,), Support.PARTLY),
        ("Wrong.", (2,), Support.UNSUPPORTED),
        ("Unread.", (1,), Support.UNCHECKED),
        ("Uncited.", (), Support.SUPPORTED),
        ("In short:", (), Support.NO_CLAIM),
    )
    scores = [scored(CASE, answer), FAILED, RIGHTLY_ABSTAINED]
    assert metrics.support_recall(scores) == share(1, 5)
    assert metrics.support_precision(scores) == share(2, 5)
    assert metrics.statements_unchecked(scores) == share(1, 5)


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
    assert metrics.declined(scores) == share(2, 5)
    assert metrics.answer_recall(scores) == share(1, 3)
    assert metrics.abstention_precision(scores) == share(1, 1)
    assert metrics.abstention_recall(scores) == share(1, 2)
    assert metrics.support_recall(scores) == share(2, 4)
    assert metrics.citation_precision(scores) == share(2, 2)
    assert metrics.nearest_of_answerable(scores) == share(0, 3)


def test_abstention_precision_and_recall() -> None:
    scores = [RIGHT, ABSTAINED, FAILED, RIGHTLY_ABSTAINED, RIGHTLY_ABSTAINED, WRONGLY_ANSWERED, FAILED_ON_NOTHING]
    assert metrics.abstention_precision(scores) == share(2, 3)
    assert metrics.abstention_recall(scores) == share(2, 4)


def test_what_comes_nearest_is_an_abstention_that_claims_and_cites_nothing() -> None:
    scores = [NEAREST, RIGHT, NEAREST_TO_NOTHING, WRONGLY_ANSWERED]
    assert NEAREST.lacking == () and not NEAREST.complete
    assert metrics.answer_recall(scores) == share(1, 2)
    assert metrics.citation_recall(scores) == share(2, 4)
    assert metrics.citation_precision(scores) == share(2, 4)
    assert metrics.support_recall(scores) == metrics.support_precision(scores) == share(4, 4)
    assert metrics.abstention_precision(scores) == metrics.abstention_recall(scores) == share(1, 2)
    assert metrics.evidence_recall(5)(scores) == share(4, 4)


def test_what_comes_nearest_must_be_the_text_of_its_file_too() -> None:
    shifted = Place(path="a.txt", quote=OPENED.quote, start=OPENED.start + 1)
    scores = [scored(NOTHING, nearest_answer(NOTHING.question, OPENED, shifted))]
    assert metrics.citation_exactness(scores) == share(1, 2)


def test_how_often_only_what_comes_nearest_is_told() -> None:
    scores = [NEAREST, RIGHT, ABSTAINED, FAILED, NEAREST_TO_NOTHING, RIGHTLY_ABSTAINED, FAILED_ON_NOTHING]
    assert metrics.nearest_of_answerable(scores) == share(1, 4)
    assert metrics.nearest_of_unanswerable(scores) == share(1, 3)


def test_the_sentences_of_an_answer_are_counted_once_each() -> None:
    both = place_in(ARTICLE, "They cost $3 million. The river is wide.")
    scores = [said(("a", both), ("b", RIVER)), said(("a", COST), ("b", ALSO_COST)), NEAREST, ABSTAINED, FAILED]
    assert [one.sentences for one in scores] == [2, 2, 0, 0, 0]
    assert metrics.sentences_an_answer([*scores, said(("a", BOATS))]) == share(5, 3)


def test_latency_is_the_nearest_rank_over_the_answers_that_got_there() -> None:
    def timed(**seconds: float) -> Score:
        return RIGHT.model_copy(update={"seconds": seconds})

    scores = [timed(total=0.5), timed(total=0.1), timed(total=0.3, first_statement=0.2), timed(total=0.2), FAILED]
    assert metrics.latency("total", 50)(scores) == Figure(value=0.2, of=4)
    assert metrics.latency("total", 95)(scores) == Figure(value=0.5, of=4)
    assert metrics.latency("first_statement", 50)(scores) == Figure(value=0.2, of=1)


def test_nothing_to_count_is_no_figure() -> None:
    assert set(figures([]).values()) == {Figure(value=None, of=0)}
    assert list(figures([])) == [*SHARES, *LATENCIES, *APART]


def test_the_right_answers_have_perfect_figures() -> None:
    scores = [RIGHT, RIGHTLY_ABSTAINED]
    found_all = {name: figure.value for name, figure in figures(scores).items() if name in SHARES}
    assert found_all.pop("evidence_recall_at_1") == 1 / 2
    assert set(found_all.values()) == {1.0}


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
