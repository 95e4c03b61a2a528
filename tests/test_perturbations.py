import re

import pytest

from evals.benchmarks.checking.perturbations import RULES, Chance, changed

PASSAGE = (
    "On Tuesday, 3 July 2024, the envoy Masood Khan told Dawn that the 41 stations were not closed. He said: "
    '"We support these efforts in Peshawar". Ten ships had arrived, and more were expected.'
)
OTHER = "In Vienna, the baker Franz Huber said that strudel was sold in Graz, and that the opera of Vienna had closed."
STATEMENTS = {
    "number changed": "The envoy said that the 41 stations were open.",
    "date shifted": "He spoke on 3 July 2024 about the stations.",
    "name swapped": "The envoy Masood Khan spoke about the stations.",
    "negation flipped": "The stations were not closed.",
    "quotation altered": 'He said: "We support these efforts in Peshawar".',
}


@pytest.mark.parametrize("title", RULES)
def test_a_rule_changes_what_its_name_says_into_what_the_passage_does_not_hold(title: str) -> None:
    statement = STATEMENTS[title]
    chance = Chance([PASSAGE, OTHER])
    (found,) = changed([(statement, PASSAGE), ("nothing here to be altered", PASSAGE)], RULES[title], chance, 10)
    assert found.statement == statement != found.changed
    new = set(re.findall(r"\w+", found.changed)) - set(re.findall(r"\w+", statement))
    assert (title == "negation flipped") or (new and not new & set(re.findall(r"\w+", PASSAGE)))


def test_a_negation_is_taken_out_or_put_in_after_an_auxiliary() -> None:
    chance, rule = Chance([PASSAGE]), RULES["negation flipped"]
    assert rule("They didn't leave.", PASSAGE, chance) == "They did leave."
    assert rule("They were there.", PASSAGE, chance) == "They were not there."
    assert rule("They never were there.", PASSAGE, chance) is None


def test_the_same_seed_draws_the_same() -> None:
    pairs = [(statement, PASSAGE) for statement in STATEMENTS.values()]
    drawn = [[changed(pairs, rule, Chance([PASSAGE, OTHER], seed=4), 9) for rule in RULES.values()] for _ in range(2)]
    assert drawn[0] == drawn[1]
