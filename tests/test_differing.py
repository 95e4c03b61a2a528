"""Where stories disagree on an answer, both are quoted and a note says so."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from stub_model import AnsweringModel, service_of

from index.embedding import MiniLM
from index.snapshots import DataFolder
from index.syncing import sync
from qa.kinds import Kind, kind_of
from qa.models import Answer
from qa.terms import terms
from qa.thesaurus import bundled
from qa.values import answer_in, values
from qa.writing import ExtractiveWriter, ModelWriter, Writer

ARTICLES = {
    "bell.txt": "Ferry sinks\n\nTwelve sailors died when the ferry Aurora sank in the storm. The sea was rough.\n",
    "post.txt": "Aurora lost\n\nThe ferry Aurora sank in the storm, and 14 sailors died, a port official said.\n",
    "wire.txt": "Inquiry opens\n\nAn inquiry will ask why 12 sailors died in the storm that sank the Aurora in May.\n",
    "rye.txt": "Rye bread\n\nThe bakery of Southport was opened in 1921 by Ada Berg. It sells bread made of rye.\n",
    "clerk.txt": "Otto Lind\n\nOtto Lind was a clerk in the harbour office. It rained. Lind was born in Southport.\n",
    "diver.txt": "Otto Lind\n\nOtto Lind is a diver who trains at the quay. He was born in Eastport in 1984.\n",
    "choir.txt": "Otto Lind\n\nOtto Lind, the clerk, sang in the choir of Southport. The choir met on Sundays.\n",
    "yes.txt": "The bridge\n\nThe council of Southport approved the new bridge on Monday. Work starts in May.\n",
    "no.txt": "No bridge\n\nThe council of Southport did not approve the new bridge, its clerk said on Tuesday.\n",
    "pier.txt": "The pier\n\nThe council of Eastport closed the old pier on Monday. Nobody was told before.\n",
    "open.txt": "Pier\n\nThe council of Eastport did not say whether it closed the old pier, a fisherman said.\n",
    "opera.txt": "The Lantern\n\nThe Lantern is a comic opera. It premiered on 3 May 1911 in Southport. It is short.\n",
    "film.txt": "The Lantern\n\nThe Lantern is a silent film, a new version of The Lantern, a story of 1890. It was "
    "dear, and a fire broke out in the studio. Nobody was hurt. It came out in June 1926.\n",
    "tower.txt": "The tower\n\nThe construction of the Eastport lighthouse began in April 1958, the mayor said.\n",
    "works.txt": "A lighthouse\n\nMasons say that work on the Eastport lighthouse began in June 1936, in the rain.\n",
    "town.txt": "Census\n\nThe population of Quayton was 681 at the census of 2010, the mayor told the council.\n",
    "mills.txt": "Old mills\n\nThe inhabitants of Quayton have 12 old mills. "
    "At the count there were 2,355 people, 819 households and 705 families in it.\n",
    "goal.txt": "Eva Dahl\n\nEva Dahl is a goalkeeper from Southport. She played 40 matches for the town.\n",
    "judge.txt": "Eva Dahl\n\nEva Dahl is a judge in Eastport. The new court house there has 90 rooms.\n",
    "oven.txt": "An oven\n\nThe oven of the bakery of Southport, which was opened in 1921, burns birch wood.\n",
    "club.txt": "A club\n\nEastport F.C. was founded in 1884 by dockers. It plays in Eastport on Saturdays.\n",
    "glass.txt": "Glass\n\nThe glass works of Eastport were founded in 1901. AT&G Glass runs them now.\n",
}
Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def ask(embedder: MiniLM, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    corpus, data = tmp_path_factory.mktemp("differing"), tmp_path_factory.mktemp("differing-index")
    for name, text in ARTICLES.items():
        (corpus / name).write_text(text, encoding="utf-8")
    sync(corpus, DataFolder(data), embedder)

    def asked(question: str, writer: Writer | None = None) -> Answer:
        service = service_of(data, embedder, writer or ExtractiveWriter(bundled()))
        try:
            return asyncio.run(service.ask(question))
        finally:
            service.close()

    yield asked


def test_stories_that_disagree_in_a_number_are_both_quoted_and_the_reader_is_told(ask: Ask) -> None:
    answer = ask("How many sailors died when the ferry Aurora sank in the storm?")
    quotes = " ".join(citation.quote for citation in answer.citations)
    assert "14 sailors" in quotes and ("Twelve sailors" in quotes or "12 sailors" in quotes)
    [note] = answer.notes
    assert note.startswith("The articles differ on this: ")
    assert "14 (" in note and ("Twelve (" in note or "12 (" in note)
    assert answer.stories >= 2


def test_stories_that_agree_are_not_said_to_differ(ask: Ask) -> None:
    answer = ask("When was the bakery of Southport opened?")
    assert "1921" in answer.text
    assert answer.notes == ()


def test_a_story_that_denies_what_another_affirms_is_quoted_too_and_the_reader_is_told(ask: Ask) -> None:
    answer = ask("Did the council of Southport approve the new bridge?")
    quotes = " ".join(citation.quote for citation in answer.citations)
    assert "approved the new bridge" in quotes and "did not approve the new bridge" in quotes
    [note] = answer.notes
    assert note.startswith("The articles differ on this: ")
    assert "yes (yes.txt)" in note and "no (no.txt)" in note


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("When was Eastport F.C. founded?", "founded in 1884"),
        ("What does AT&G Glass run now?", "AT&G Glass runs them"),
    ],
)
def test_an_article_knows_a_name_with_stops(ask: Ask, question: str, said: str) -> None:
    answer = ask(question)
    assert said in answer.text
    assert answer.notes == ()


def test_what_a_story_leaves_open_is_no_denial(ask: Ask) -> None:
    answer = ask("Did the council of Eastport close the old pier?")
    assert "closed the old pier on Monday" in answer.text
    assert answer.notes == ()


def test_each_thing_of_the_name_is_quoted_with_what_introduces_it(ask: Ask) -> None:
    answer = ask("Where was Otto Lind born?")
    quotes = " ".join(citation.quote for citation in answer.citations)
    assert "was a clerk in the harbour office" in quotes and "Southport" in quotes
    assert "is a diver who trains" in quotes and "Eastport" in quotes
    [note] = answer.notes
    assert note.startswith("The articles differ in what they mean by the name: ")
    assert "clerk (clerk.txt)" in note and "diver (diver.txt)" in note


def test_of_a_story_about_the_name_the_sentence_that_states_what_is_asked_is_quoted(ask: Ask) -> None:
    quotes = " ".join(citation.quote for citation in ask("When was The Lantern released?").citations)
    assert "premiered on 3 May 1911" in quotes and "came out in June 1926" in quotes


def test_of_a_story_about_the_name_no_figure_is_quoted_that_counts_something_else(ask: Ask) -> None:
    quotes = " ".join(citation.quote for citation in ask("How many matches did Eva Dahl play?").citations)
    assert "40 matches" in quotes and "is a judge" in quotes
    assert "90 rooms" not in quotes


def test_a_story_that_says_nearly_as_much_and_gives_another_date_is_quoted_too(ask: Ask) -> None:
    answer = ask("When did the construction of the Eastport lighthouse begin?")
    quotes = " ".join(citation.quote for citation in answer.citations)
    assert "April 1958" in quotes and "June 1936" in quotes


def test_a_figure_in_other_words_of_what_is_asked_is_quoted_too(ask: Ask) -> None:
    answer = ask("What is the population of Quayton?")
    quotes = " ".join(citation.quote for citation in answer.citations)
    assert "was 681" in quotes and "2,355 people" in quotes


def test_the_statements_of_a_model_are_compared_too(ask: Ask) -> None:
    both = AnsweringModel(
        lambda at: f"Twelve died [{at('Twelve sailors')}]. Another says 14 died [{at('14 sailors')}]."
    )
    [note] = ask("How many sailors died when the ferry Aurora sank?", ModelWriter(both)).notes
    assert note == "The articles differ on this: Twelve (bell.txt) and 14 (post.txt)."
    one = AnsweringModel(lambda at: f"Twelve sailors died [{at('Twelve sailors')}].")
    assert ask("How many sailors died when the ferry Aurora sank?", ModelWriter(one)).notes == ()


@pytest.mark.parametrize(
    ("question", "one", "other", "agree"),
    [
        ("When was Ada Berg born?", "She was born on 22 October 1828.", "She was born in 1828.", True),
        ("When was Ada Berg born?", "She was born on 22 October 1828.", "Born October 22, 1828.", True),
        ("When was Ada Berg born?", "She was born on 22 October 1828.", "She was born in 1829.", False),
        ("When was Ada Berg born?", "She was born on 22 October 1828.", "She was born on 21 October 1828.", False),
        ("When did it open?", "It opened in June 1936.", "It opened in June 1959.", False),
        ("When did it open?", "It opened in June 1936.", "It opened on 5 June.", True),
        ("When did it open?", "It opened on 5 June.", "It opened in 1936.", True),
        ("How many came?", "Some 3,000 came.", "Three thousand came.", True),
        ("How many came?", "Some 3,000 came.", "Some 3,500 came.", False),
        ("How many points has it?", "It is 15th with 28 points.", "It has 28 points.", True),
        ("How long did it last?", "It lasted one year.", "It lasted 12 months.", True),
        ("How long did it last?", "It was a 30-year war.", "It lasted 40 years.", False),
        ("What share came?", "Some 30% came.", "It was 30 percent.", True),
        ("How much money was paid?", "It paid $4.1bn.", "It paid 4.1 billion dollars.", True),
        ("How much money was paid?", "It paid $4 million.", "It paid 9 million crowns.", True),
        ("How much money was paid?", "It paid 4 million crowns.", "It paid 9 million crowns.", False),
    ],
)
def test_two_answers_agree_when_one_may_be_the_other(question: str, one: str, other: str, agree: bool) -> None:
    kind, asked = kind_of(question), frozenset(terms(question))
    [first], [second] = (values(text, kind, asked) for text in (one, other))
    assert first.agrees(second) is second.agrees(first) is agree
    assert one[first.start : first.end].strip() == first.text


def test_what_the_question_names_itself_is_no_answer() -> None:
    asked = frozenset(terms("When, after 1921, did Ada Berg meet Carl Roth?"))
    found = values("In 1921 they wrote, and in May 1922 Ada Berg met Carl Roth.", Kind.DATE, asked)
    assert [value.text for value in found] == ["May 1922"]
    assert values("It rained in 1921.", Kind.YEAR, asked) == []
    assert values("It rained.", Kind.CAUSE, asked) == []


@pytest.mark.parametrize(
    ("quote", "answer"),
    [
        ("In the storm 14 sailors died.", "14"),
        ("Some 30 were saved and 14 died.", "14"),
        ("Some 30 sailors were saved, and 14 sailors were not.", None),
        ("On May 3, 2021 nobody died.", None),
    ],
)
def test_the_answer_is_marked_where_it_is_the_only_one_of_its_kind(quote: str, answer: str | None) -> None:
    span = answer_in(quote, ["How many sailors died?", "why did they die"])
    assert (quote[span.start : span.end] if span else None) == answer


def test_a_citation_tells_where_the_answer_stands(ask: Ask) -> None:
    answers = ask("How many sailors died when the ferry Aurora sank in the storm?").citations
    told = [one.quote[one.answer.start - one.start : one.answer.end - one.start] for one in answers if one.answer]
    assert "14" in told and {"14", "12", "Twelve"}.issuperset(told)


def test_how_many_there_are_is_no_share_and_no_place_on_a_map() -> None:
    text = "At 41.1724 degrees, 48% of the land is wood, and 1,473 people live there."
    assert [value.text for value in values(text, Kind.COUNT, frozenset())] == ["1,473"]
    assert [value.text for value in values(text, Kind.SHARE, frozenset())][1] == "48%"
