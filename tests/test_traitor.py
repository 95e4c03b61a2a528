"""Row P5 of the fault table: a model that cites real sentences for false claims."""

import random
from collections.abc import Mapping
from itertools import pairwise, zip_longest

import pytest

from evals.benchmarks.checking.perturbations import RULES, Chance, Changed, changed
from index.embedding.embedders import MiniLM
from index.models import Article
from index.passages.chunking import chunk
from qa.checking.grounding import Grounder
from qa.models import Hit, Support
from qa.prompting.evidence import EvidenceSentence, number_evidence

STATEMENTS = 100
# A "not" put in or taken out is no fact, and nothing looks for it.
FACTS = [rule for title, rule in RULES.items() if title != "negation flipped"]
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


def _supported(grounder: Grounder, statement: str, cited: EvidenceSentence) -> bool:
    return grounder.judge(statement, [cited]).support is Support.SUPPORTED


def _false(evidence: list[EvidenceSentence]) -> list[tuple[EvidenceSentence, Changed]]:
    """Return statements with false facts by all rules in turn, each made from the sentence that it cites."""
    chance = Chance([one.passage.text for one in evidence])
    by_text = {one.text: one for one in evidence}
    pairs = [(one.text, one.text) for one in evidence]
    made = zip_longest(*(changed(pairs, rule, chance, STATEMENTS) for rule in FACTS))
    return [(by_text[one.statement], one) for in_turn in made for one in in_turn if one][:STATEMENTS]


def test_false_facts_with_a_real_citation_are_caught(evidence: list[EvidenceSentence], embedder: MiniLM) -> None:
    grounder, false = Grounder(embedder), _false(evidence)
    assert len(false) == STATEMENTS
    missed = [one.changed for cited, one in false if _supported(grounder, one.changed, cited)]
    assert len(missed) <= 5, missed


def test_claims_of_another_sentence_are_caught(evidence: list[EvidenceSentence], embedder: MiniLM) -> None:
    grounder = Grounder(embedder)
    pairs = [*pairwise(evidence), *zip(evidence, evidence[2:], strict=False)][:STATEMENTS]
    assert len(pairs) == STATEMENTS
    missed = [one.text for one, other in pairs if _supported(grounder, one.text, other)]
    assert len(missed) <= 5, missed


def test_honest_statements_are_kept(evidence: list[EvidenceSentence], embedder: MiniLM) -> None:
    grounder = Grounder(embedder)
    honest = [(said.format(one.text), one) for said in SAID for one in evidence]
    assert len(honest) >= STATEMENTS
    dropped = [statement for statement, one in honest if not _supported(grounder, statement, one)]
    assert len(dropped) <= 0.02 * len(honest), dropped
