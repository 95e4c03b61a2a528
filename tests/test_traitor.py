"""Row P5 of the fault table: a model that cites real sentences for false claims."""

import random
from collections.abc import Mapping
from itertools import pairwise

import pytest

from evals.benchmarks.checking.perturbations import RULES, Chance, changed
from index.embedding.embedders import MiniLM
from index.models import Article
from index.passages.chunking import chunk
from qa.checking.grounding import CheckResult, Grounder
from qa.models import Hit, Support
from qa.prompting.evidence import EvidenceSentence, number_evidence

MOST = 100
SURE = ("number changed", "date shifted", "quotation altered")
"""What stands nowhere once it is changed so, but for a small count in words. Of names, those of several words do."""
SAID = ("{}", "According to the report, {}", "The article says that {}")


@pytest.fixture(scope="module")
def evidence(seed_articles: Mapping[str, Article]) -> list[EvidenceSentence]:
    hits = [
        Hit(passage=passage, score=1.0, similarity=1.0, headline=article.headline, published=article.published)
        for article in seed_articles.values()
        for passage in chunk(article)
    ]
    whole = [one for one in number_evidence(hits) if len(one.text.split()) >= 6]
    return random.Random(1).sample(whole, len(whole))


def _judged(grounder: Grounder, evidence: list[EvidenceSentence], title: str) -> list[tuple[str, CheckResult]]:
    """Return statements made false by a rule, in several wordings, each judged by the sentence it was made from."""
    chance, by_text = Chance([one.passage.text for one in evidence]), {one.text: one for one in evidence}
    false = changed([(one.text, one.text) for one in evidence], RULES[title], chance, MOST)
    return [
        (statement, grounder.judge(statement, [by_text[one.statement]]))
        for one in false
        for statement in [said.format(one.changed) for said in SAID]
    ]


@pytest.mark.parametrize("title", RULES)
def test_no_false_statement_with_a_real_citation_is_supported(
    title: str, evidence: list[EvidenceSentence], embedder: MiniLM
) -> None:
    judged = _judged(Grounder(embedder), evidence, title)
    assert len(judged) > len(SAID)
    assert [statement for statement, verdict in judged if verdict.support is Support.SUPPORTED] == []


def test_false_facts_with_a_real_citation_are_caught(evidence: list[EvidenceSentence], embedder: MiniLM) -> None:
    judged = [one for title in SURE for one in _judged(Grounder(embedder), evidence, title)]
    assert len(judged) >= MOST
    missed = [statement for statement, verdict in judged if not verdict.is_hard]
    assert len(missed) <= 0.05 * len(judged), missed


def test_claims_of_another_sentence_are_caught(evidence: list[EvidenceSentence], embedder: MiniLM) -> None:
    grounder = Grounder(embedder)
    pairs = [*pairwise(evidence), *zip(evidence, evidence[2:], strict=False)][:MOST]
    assert len(pairs) == MOST
    supports = [grounder.judge(one.text, [other]).support for one, other in pairs]
    assert Support.SUPPORTED not in supports
    assert supports.count(Support.UNSUPPORTED) >= 0.9 * MOST


def test_honest_statements_are_kept(evidence: list[EvidenceSentence], embedder: MiniLM) -> None:
    """A whole sentence of the article is borne out; said in other words, it is found wrong in nothing."""
    grounder = Grounder(embedder)
    assert {grounder.judge(one.text, [one]).support for one in evidence} == {Support.SUPPORTED}
    honest = [(said.format(one.text), one) for said in SAID for one in evidence]
    assert len(honest) >= MOST
    dropped = [said for said, one in honest if grounder.judge(said, [one]).support is Support.UNSUPPORTED]
    assert len(dropped) <= 0.02 * len(honest), dropped
