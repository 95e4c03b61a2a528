import time

import pytest
from stub_model import hit_of

from index.embedding.embedders import MiniLM
from qa.checking.grounding import Grounder, counted, findings
from qa.checking.support import Signals, shipped, signals
from qa.prompting.evidence import number_evidence

TEXT = [
    "The Pakistani ambassador told a newspaper on Tuesday about the fund, which pays for ten stations in Lahore.",
    "Officials said that the stations would be opened before the winter, and that nobody had been left out.",
]


def _signals(embedder: MiniLM, statement: str) -> Signals:
    return signals(statement, TEXT, counted(findings(statement, [TEXT])), embedder)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("The ambassador spoke about the fund for the stations.", "Cricket fans in Lahore danced after the final."),
        ("The fund pays for ten stations.", "The fund pays for twelve stations."),
        ("The fund pays for stations in Lahore.", "The fund was emptied by thieves in Lahore."),
    ],
)
def test_what_the_text_says_scores_above_what_it_does_not(embedder: MiniLM, better: str, worse: str) -> None:
    scores = [shipped().score(_signals(embedder, statement)) for statement in (better, worse)]
    assert 0 < scores[1] < scores[0] < 1


def test_a_statement_without_a_word_of_its_own_has_a_score(embedder: MiniLM) -> None:
    assert 0 <= shipped().score(_signals(embedder, "It is so.")) <= 1
    assert 0 <= shipped().score(_signals(embedder, "…")) <= 1


def test_weights_of_other_signals_are_refused(embedder: MiniLM) -> None:
    with pytest.raises(ValueError, match="support_weights"):
        shipped().score({**_signals(embedder, "It is so."), "one more": 1.0})


def test_partly_is_less_than_supported() -> None:
    assert 0 < shipped().partly < shipped().supported < 1


def test_judging_a_statement_takes_milliseconds(embedder: MiniLM) -> None:
    judge, evidence = Grounder(embedder).judge, number_evidence([hit_of("a.txt", " ".join(TEXT))])
    judge("The ambassador spoke of ten stations.", evidence)
    took = []
    for at in range(20):
        start = time.perf_counter()
        judge(f"The ambassador spoke to reporter number {at} about the fund for the stations in Lahore.", evidence)
        took.append(time.perf_counter() - start)
    assert sorted(took)[len(took) // 2] < 0.05
