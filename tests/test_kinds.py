import pytest

from qa.kinds import Kind, asks_for_several, counts, fits, kind_of


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many police stations will be built?", Kind.COUNT),
        ("What percentage of voters stayed at home?", Kind.SHARE),
        ("How much of the border is watched?", Kind.AMOUNT),
        ("How much money was promised?", Kind.MONEY),
        ("What did the repair cost?", Kind.MONEY),
        ("When was Ada Price born?", Kind.DATE),
        ("Was the price of bread raised?", Kind.POLAR),
        ("Did he say when it was raised?", Kind.OTHER),
        ("How long has the partnership lasted?", Kind.DURATION),
        ("How old is Ada Price?", Kind.AGE),
        ("At what age did she retire?", Kind.AGE),
        ("How many years have they been partners?", Kind.DURATION),
        ("In what year was the plan approved?", Kind.YEAR),
        ("When was the operation launched?", Kind.DATE),
        ("On which day did he speak?", Kind.DATE),
        ("Why was the aid suspended?", Kind.CAUSE),
        ("For what reason did he resign?", Kind.CAUSE),
        ("Where did they meet?", Kind.PLACE),
        ("Which jail is he in?", Kind.PLACE),
        ("Who is the ambassador?", Kind.PERSON),
        ("Which general visited Peshawar?", Kind.PERSON),
        ("What exactly did Miller say?", Kind.QUOTATION),
        ("Quote the ambassador.", Kind.QUOTATION),
        ("What are the components of the operation?", Kind.OTHER),
    ],
)
def test_a_question_asks_for_a_kind_of_thing(question: str, kind: Kind) -> None:
    assert kind_of(question) is kind


@pytest.mark.parametrize(
    ("kind", "holds", "lacks"),
    [
        (Kind.COUNT, "They built ten stations.", "They built stations in July 2024."),
        (Kind.COUNT, "About half of them left.", "They met on June 22."),
        (Kind.COUNT, "Its 300 people had one of the boats.", "It had 300.5 people per square mile."),
        (Kind.COUNT, "Two of the sixteen came.", "It is one of the sixteen townships."),
        (Kind.COUNT, "It has 28 points.", "It is 15th of the league."),
        (Kind.MONEY, "It gave $4 million.", "It gave 4 million blankets."),
        (Kind.MONEY, "It gave 20 pounds.", "It gave a sum."),
        (Kind.MONEY, "It costs 4.20 crowns.", "It costs them 4 crowned heads."),
        (Kind.DURATION, "It lasted 40 years.", "It lasted for years."),
        (Kind.DURATION, "She has run it since 1998.", "She ran it in 1998."),
        (Kind.DURATION, "It is closed until 3 May.", "It has closed since they left."),
        (Kind.AGE, "Ada Price, 44, is a baker.", "Ada Price, of 44 Mill Lane, is a baker."),
        (Kind.AGE, "A nine-year-old girl was saved.", "A girl was saved after nine years."),
        (Kind.AGE, "The mill was built in 1901.", "The mill was closed in 1901."),
        (Kind.YEAR, "It was approved in 2014.", "It was approved in June."),
        (Kind.YEAR, "It was founded in 1294.", "It was founded by 294 monks."),
        (Kind.YEAR, "It was founded in the 1850s.", "It was founded on Route 85."),
        (Kind.DATE, "The ice went by 9000 BP.", "The ice went by 9000 tons."),
        (Kind.DATE, "They settled there in the sixteenth century.", "They settled there with 16 cows."),
        (Kind.DATE, "They met on Tuesday.", "They met in Peshawar."),
        (Kind.DATE, "They met earlier this week.", "They may meet."),
        (Kind.PERSON, "Ambassador Masood Khan spoke.", "The ambassador spoke."),
        (Kind.PLACE, "They met in Peshawar.", "They met in a jail."),
        (Kind.QUOTATION, "He said, “It rained.”", "He said that it rained."),
        (Kind.CAUSE, "It closed because of the storm.", "It closed."),
    ],
)
def test_a_sentence_fits_when_it_holds_such_a_thing(kind: Kind, holds: str, lacks: str) -> None:
    assert fits(holds, kind, frozenset()) is True
    assert fits(lacks, kind, frozenset()) is False


def test_a_person_whom_the_question_names_is_not_the_one_it_asks_for() -> None:
    assert fits("Imran Khan spoke.", Kind.PERSON, frozenset({"imran", "khan"})) is False
    assert fits("Imran Khan met Donald Blome.", Kind.PERSON, frozenset({"imran", "khan"})) is True


def test_any_sentence_might_answer_an_open_question() -> None:
    assert fits("It rained.", Kind.OTHER, frozenset()) is None


def test_years_and_days_of_a_month_count_nothing() -> None:
    assert [figure.value for figure in counts("On June 22, 2024, 30 people met 5 times in 2014.", Kind.COUNT)] == [
        30,
        5,
    ]
    assert [figure.value for figure in counts("In 2010 it had 2,010 people, 493.3/km².", Kind.COUNT)] == [2010]
    assert [figure.value for figure in counts("It cost $2000.", Kind.MONEY)] == [2000]


@pytest.mark.parametrize("question", ["List the exercises", "What are the components?", "Which three were named?"])
def test_questions_for_a_list(question: str) -> None:
    assert asks_for_several(question)
    assert not asks_for_several("Who is the ambassador?")
