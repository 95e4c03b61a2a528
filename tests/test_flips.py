import time

import pytest

from qa.flips import flips

DENIES = ["The cited text does not deny this, and the statement does."]
AFFIRMS = ["The cited text denies this, and the statement does not."]


def says(one: str, other: str) -> list[str]:
    return [f"The cited text says “{one}”, not “{other}”."]


@pytest.mark.parametrize(
    ("statement", "cited", "problem"),
    [
        ("Pakistan did not deport the Afghans.", "Pakistan deported the Afghans on Friday.", DENIES),
        ("Pakistan deported the Afghan refugees.", "Pakistan did not deport the Afghan refugees.", AFFIRMS),
        ("The ship isn't in the harbour of Gwadar.", "The ship is in the harbour of Gwadar.", DENIES),
        ("The profits of the bank fell sharply.", "The profits of the bank rose.", says("rose", "fell")),
        (
            "He left before the vote in Kabul.",
            "He left after the vote in Kabul.",
            says("after", "before"),
        ),
        ("Ten ships reached the port; two were lost.", "Twelve ships reached the port; two were lost, ten hurt.", []),
        ("Six ships reached the port of Gwadar.", "Five ships reached the port of Gwadar.", says("five", "six")),
        (
            "He opposes the new bill on ports.",
            "He supports the new bill on ports.",
            says("supports", "opposes"),
        ),
        (
            "The ferry sails daily, but it does not carry cars in winter.",
            "The ferry sails daily and carries cars in winter.",
            DENIES,
        ),
        ("The mayor has not paid.", "The mayor, asked by our reporter at noon, said that he paid it all.", DENIES),
        (
            "The port is open; the road is not safe.",
            "The road is safe by day and by night.",
            DENIES,
        ),
        ("The fort lies far from the river.", "The fort lies not far from the river.", says("near", "far")),
        ("The men reached the village.", "The men did not reach the village before the flood came.", AFFIRMS),
    ],
)
def test_what_turns_the_cited_text_round_is_named(statement: str, cited: str, problem: list[str]) -> None:
    assert flips(statement, [cited, "Nobody said more."]) == problem


@pytest.mark.parametrize(
    ("statement", "cited"),
    [
        ("The bank's profits did not rise.", "The bank's profits fell."),
        ("Pakistan did not accept the plan.", "Pakistan refused to accept the plan."),
        ("Pakistan refused to accept the plan.", "Pakistan did not accept the plan."),
        (
            "The court cleared the minister of the charges.",
            "The court, which had no jury, cleared the minister of them.",
        ),
        ("Exports rose and imports fell in the spring.", "In the spring imports fell while exports rose."),
        ("The road is not safe.", "The road is unsafe."),
        (
            "We read that he was not the first to reach the port, but he was the first to map it.",
            "He was not the first to reach the port, but he was the first to map it.",
        ),
        ("We read that the pale stone is no longer sold.", "The pale stone is no longer sold."),
        ("The road is not only steep but narrow.", "The road is steep and narrow."),
        ("It grew up without parents.", "An orphan, it grew up in a home."),
        ("He is the best doubles player of Leeds.", "He is the world No. 5 doubles player of Leeds, the best."),
        ("We read that it was No. 5 in Leeds, and No. 1 in York.", "It was No. 5 in Leeds, and No. 1 in York."),
        ("Iron is a metal of the fourth period.", "It is a d-block metal of the fourth period."),
        ("The stones are part of the wall.", "The stones are either part of the wall or not."),
        ("The fort lies south of the river.", "The fort lies not far south of the river."),
        ("Her father was the baker John Dow of Leeds.", "She is the daughter of the baker John Dow of Leeds."),
        ("The eastern shore of the strip was claimed.", "The strip and the West Bank were claimed, the shore as well."),
        ("Bakers were not there.", "The harbour was closed by a storm on Friday."),
    ],
)
def test_the_same_said_in_other_words_is_not(statement: str, cited: str) -> None:
    assert flips(statement, [cited]) == []


def test_a_statement_without_words_of_its_own_turns_nothing_round() -> None:
    assert flips("It is not.", ["The harbour is closed."]) == flips("", ["The harbour is closed."]) == []


_HOSTILE = {
    "opposites": "rose fell " * 1000,
    "one word": "harbour " * 1200,
    "clauses": "not harbour but " * 600,
    "stops": "no. " * 2500,
    "one word and another": "harbour w1 " * 800,
    "few words": " ".join(f"w{at % 50}" for at in range(2500)),
}


@pytest.mark.parametrize("kind", _HOSTILE)
def test_a_long_hostile_sentence_takes_little_time(kind: str) -> None:
    started = time.process_time()
    for other in (*_HOSTILE.values(), "The harbour rose, not w1."):
        flips(_HOSTILE[kind], [other])
        flips(other, [_HOSTILE[kind]])
    assert time.process_time() - started < 2
