"""Questions about the collection: answered from the catalog, completely, the same on every face; others are not."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import WordReader
from hypothesis import given
from hypothesis import strategies as st
from stub_model import BUDGET, AnsweringModel, answer_in, service_of
from web_server import client_of

import evals.training
from index.embedding.embedders import MiniLM
from index.models import ListedArticle, Span
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.answer_cache import CachingService
from qa.checking.grounding import Grounder
from qa.collection.kinds import KINDS, WORD, Kind, KindClassifier, shipped_weights
from qa.collection.listing import CATALOG, CITED, Collection
from qa.collection.requirements import Requirements, file_name_in, files_meant, files_named, requirements_of
from qa.language.terms import terms
from qa.models import Answer, Event, StatementEvent, Status, Support, Turn
from qa.retrieval.retriever import Retriever
from qa.service import QAService
from qa.shell.chat import answer_text
from qa.web.page.conversation import MAX_LISTED, Exchange
from qa.web.page.rendering import answer_html
from qa.writing.writer import ExtractiveWriter, ModelWriter

TODAY = date(2026, 3, 20)
ARTICLES = {
    "01_tram.txt": "Tram line to the port opens\n\nBy Ada Moss\nPort Gazette, March 2, 2026\n\nThe tram line to the "
    "port opened on Monday. Mayor Lena Brandt cut the ribbon. It cost 40 million euros.\n",
    "02_tram_delay.txt": "Trams delayed by frost\n\nBy Ben Holt\nHill Courier, March 9, 2026\n\nFrost delayed the new "
    "trams for two hours on Monday. A spokesman said sorry.\n",
    "03_bakery.txt": "Bakery wins bread prize\n\nBy Ada Moss\nPort Gazette, March 11, 2026\n\nThe bakery of Rosa Klein "
    "won the national bread prize on Wednesday. The jury praised her rye loaf.\n",
    "04_brandt.txt": "Council debates harbour fee\n\nHill Courier, March 16, 2026\n\nThe council debated a fee for the "
    "harbour. Lena Brandt spoke against it. The vote was put off until May.\n",
    "05_chess.txt": "Chess club moves\n\nBy Ben Holt\nHill Courier, March 18, 2026\n\nThe chess club moves into the "
    "old bakery. It has 28 members.\n",
}
TRAMS, BRANDT = {"01_tram.txt", "02_tram_delay.txt"}, {"01_tram.txt", "04_brandt.txt"}
ORDINARY = "What did the jury praise?"
Asking = Callable[..., Answer]


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory, embedder: MiniLM) -> Path:
    folder = tmp_path_factory.mktemp("collected")
    (folder / "corpus").mkdir()
    for name, text in ARTICLES.items():
        (folder / "corpus" / name).write_text(text, encoding="utf-8")
    sync(folder / "corpus", DataFolder(folder / "data"), embedder)
    return folder / "data"


@pytest.fixture(scope="module")
def kinds(embedder: MiniLM) -> KindClassifier:
    return KindClassifier(embedder)


@pytest.fixture(scope="module")
def service(collected: Path, embedder: MiniLM, kinds: KindClassifier) -> Iterator[QAService]:
    collection = Collection(kinds, lambda: TODAY)
    made = service_of(collected, embedder, ExtractiveWriter(WordReader()), collection=collection)
    yield made
    made.close()


@pytest.fixture(scope="module")
def asking(service: QAService) -> Asking:
    def ask(question: str, *earlier: str) -> Answer:
        return asyncio.run(service.ask(question, [Turn(question=one) for one in earlier]))

    return ask


def listed(answer: Answer) -> set[str]:
    return {article.path for article in answer.articles}


@pytest.mark.parametrize(
    ("question", "paths"),
    [
        ("How many articles are in the collection?", set(ARTICLES)),
        ("How many articles mention Lena Brandt?", BRANDT),
        ("Which articles are about the trams?", TRAMS),
        ("List all articles from the Port Gazette.", {"01_tram.txt", "03_bakery.txt"}),
        ("Which articles were published on March 11, 2026?", {"03_bakery.txt"}),
        ("Which articles were published last week?", {"02_tram_delay.txt", "03_bakery.txt"}),
        ("How many articles did Ben Holt write?", {"02_tram_delay.txt", "05_chess.txt"}),
        ("Which articles from the Hill Courier mention the bakery?", {"05_chess.txt"}),
        ('Which articles contain the words "rye loaf"?', {"03_bakery.txt"}),
        ("Who wrote the article about the chess club?", {"05_chess.txt"}),
        ("When was the article about the bread prize published?", {"03_bakery.txt"}),
        ("Who wrote 01_tram.txt?", {"01_tram.txt"}),
        ("What is the newest article?", {"05_chess.txt"}),
        ("What is the most recent article that mentions Lena Brandt?", {"04_brandt.txt"}),
        ("What is the oldest article from the Hill Courier?", {"02_tram_delay.txt"}),
        ("Which outlets are in the collection?", set(ARTICLES)),
        ("Which outlets wrote about the trams?", TRAMS),
    ],
)
def test_a_question_about_the_collection_lists_exactly_the_articles_asked_for(
    asking: Asking, question: str, paths: set[str]
) -> None:
    answer = asking(question)
    assert answer.status is Status.ANSWERED and answer.model == CATALOG
    assert listed(answer) == paths
    assert {citation.path for citation in answer.citations} <= paths
    for citation in answer.citations:
        assert citation.quote == ARTICLES[citation.path][citation.start : citation.end] == citation.headline


def test_the_answer_says_how_it_counted_and_names_author_outlet_and_day(asking: Asking) -> None:
    answer = asking("Who wrote the article about the bakery of Rosa Klein?")
    first, *rows = answer.text.split("\n")
    assert first == "There is one article that holds “Rosa Klein” and “bakery”, of 5 in all."
    assert rows == ["- “Bakery wins bread prize”, by Ada Moss (Port Gazette, 11 March 2026) [1]"]
    assert [one.support for one in answer.statements] == [Support.NO_CLAIM, Support.SUPPORTED]
    only = answer.articles[0]
    assert (only.author, only.outlet, only.published) == ("Ada Moss", "Port Gazette", date(2026, 3, 11))
    assert "“Council debates harbour fee”, no author named" in asking("Who wrote the article on the harbour fee?").text


def test_outlets_are_counted_each(asking: Asking) -> None:
    text = asking("Which outlets are in the collection?").text
    assert "- Hill Courier: 3, the newest “Chess club moves”" in text
    assert "- Port Gazette: 2, the newest “Bakery wins bread prize”" in text


def test_where_none_holds_all_of_a_topic_those_that_hold_most_are_named_as_such(asking: Asking) -> None:
    answer = asking("Which articles are about trams, frost and penguins?")
    assert answer.text.startswith("No article holds all of “trams”, “frost” and “penguins”.")
    assert "There is one article that holds “trams” and “frost”, of 5 in all." in answer.text
    assert listed(answer) == {"02_tram_delay.txt"}


def test_nothing_found_is_an_abstention_that_says_what_was_looked_for(asking: Asking) -> None:
    answer = asking("How many articles mention penguins?")
    assert answer.status is Status.NOT_IN_ARTICLES and not answer.articles
    assert answer.missing == "There is no article that holds “penguins”, of 5 in all."


@pytest.mark.parametrize(
    "question", ["What does 03_bakery.txt say?", "Summarize 03_bakery.txt", "What does file 3 say?"]
)
def test_a_file_is_quoted_whole_in_its_own_sentences(asking: Asking, question: str) -> None:
    answer = asking(question)
    assert listed(answer) == {"03_bakery.txt"} == {one.path for one in answer.citations}
    assert [one.quote for one in answer.citations] == [
        "The bakery of Rosa Klein won the national bread prize on Wednesday.",
        "The jury praised her rye loaf.",
    ]


def test_of_a_file_only_what_is_asked_about_is_quoted(asking: Asking) -> None:
    answer = asking("What does 05_chess.txt say about the members?")
    assert [one.quote for one in answer.citations] == ["It has 28 members."]


def test_a_file_that_is_not_there_is_said_not_to_be(asking: Asking) -> None:
    answer = asking("What does 77_zoo.txt say?")
    assert (answer.status, answer.missing) == (Status.NOT_IN_ARTICLES, "No file here is named 77_zoo.txt.")


def test_a_follow_up_takes_its_topic_from_the_turn_before(asking: Asking) -> None:
    assert listed(asking("Who wrote those articles?", "Which articles mention Lena Brandt?")) == BRANDT


def test_an_ordinary_question_is_answered_as_without_the_collection(
    asking: Asking, collected: Path, embedder: MiniLM
) -> None:
    plain = service_of(collected, embedder, ExtractiveWriter(WordReader()))
    try:
        for question in (ORDINARY, "Who is Lena Brandt?", "How many members does the chess club have?"):
            by_chance = {"id", "timings"}
            expected = asyncio.run(plain.ask(question)).model_dump(exclude=by_chance)
            assert asking(question).model_dump(exclude=by_chance) == expected
            assert not asking(question).articles
    finally:
        plain.close()


def test_more_articles_than_are_cited_are_all_listed_and_counted(
    tmp_path: Path, embedder: MiniLM, kinds: KindClassifier
) -> None:
    (tmp_path / "corpus").mkdir()
    for at in range(CITED + 3):
        body = f"The tide rose {at + 2} feet at noon. Nobody was hurt."
        text = f"Tide report number {at}\n\nBay News, March {at + 1}, 2026\n\n{body}\n"
        (tmp_path / "corpus" / f"tide{at:02}.txt").write_text(text, encoding="utf-8")
    sync(tmp_path / "corpus", DataFolder(tmp_path / "data"), embedder)
    service = service_of(tmp_path / "data", embedder, ExtractiveWriter(WordReader()), collection=Collection(kinds))
    answer = asyncio.run(service.ask("Which articles mention the tide?"))
    service.close()
    assert (len(answer.articles), len(answer.citations)) == (CITED + 3, CITED)
    assert answer.text.startswith(f"There are {CITED + 3} articles")
    assert answer.text.endswith(f"These are {CITED} of {CITED + 3}.")
    days = [str(one.published) for one in answer.articles]
    assert days == sorted(days, reverse=True)
    assert f"Articles listed: {CITED + 3}" in answer_text(answer) and "tide00.txt" in answer_text(answer)


def test_the_events_make_up_the_answer_with_and_without_a_model(
    service: QAService, collected: Path, embedder: MiniLM, kinds: KindClassifier
) -> None:
    async def events_of(asked: QAService) -> list[Event]:
        return [event async for event in asked.stream("Which articles mention Lena Brandt?")]

    model = AnsweringModel(lambda _: "The model must not be asked.")
    with_model = service_of(
        collected, embedder, ModelWriter(model, BUDGET), collection=Collection(kinds, lambda: TODAY)
    )
    answers = []
    for asked in (service, with_model):
        events = asyncio.run(events_of(asked))
        answers.append(answer_in(events).model_dump(exclude={"id", "timings"}))
        assert sum(isinstance(event, StatementEvent) for event in events) == 3
    with_model.close()
    assert answers[0] == answers[1]


def test_a_kept_answer_has_its_list(collected: Path, embedder: MiniLM, kinds: KindClassifier) -> None:
    parts = (SnapshotReader(DataFolder(collected), embedder.id), Retriever(embedder, 8))
    made = CachingService(
        *parts,
        ExtractiveWriter(WordReader()),
        Grounder(embedder),
        answers=4,
        deadline_s=30.0,
        max_concurrency=2,
        collection=Collection(kinds),
    )
    first, again = (asyncio.run(made.ask("Which articles are about the trams?")) for _ in range(2))
    made.close()
    assert (first.cached, again.cached) == (False, True)
    assert again.articles == first.articles and listed(again) == TRAMS


def test_http_and_openai_clients_get_the_list(collected: Path, embedder: MiniLM, kinds: KindClassifier) -> None:
    question = "Which articles mention Lena Brandt?"
    service = service_of(collected, embedder, ExtractiveWriter(WordReader()), collection=Collection(kinds))
    with client_of(service, collected) as client:
        answer = Answer.model_validate_json(client.post("/v1/ask", json={"question": question}).content)
        stream = client.post("/v1/ask/stream", json={"question": question}).text
        body: dict[str, Any] = {"model": "newsdesk", "messages": [{"role": "user", "content": question}]}
        completion = client.post("/v1/chat/completions", json=body).json()
        chunks = client.post("/v1/chat/completions", json=body | {"stream": True}).text
    assert listed(answer) == BRANDT
    done = json.loads(stream.strip().split("\n\n")[-1].partition("data: ")[2])["answer"]
    assert done["articles"] == answer.model_dump(mode="json")["articles"] == completion["articles"]
    assert completion["choices"][0]["message"]["content"] == answer.text
    assert len(completion["choices"][0]["message"]["annotations"]) == len(answer.citations)
    assert '"articles": [{"path"' in chunks


def test_the_page_shows_rows_with_links_and_nothing_of_an_article_as_markup(asking: Asking) -> None:
    answer = asking("Which articles are about the trams?")
    evil = ListedArticle(path='a "b"/<c>.txt', headline="<b>x</b> [y](z)", url="javascript:alert(1)")
    answer = answer.model_copy(update={"articles": (*answer.articles, evil)})
    html = answer_html(Exchange.of("q", "extractive").done(answer))
    assert "<blockquote>" not in html
    assert html.count('<li><a href="articles&#47;') == 3
    assert "<b>x" not in html and "javascript" not in html and "<c>" not in html
    many = answer.model_copy(update={"articles": answer.articles * MAX_LISTED})
    shown = Exchange.of("q").done(many)
    assert len(shown.articles) == MAX_LISTED and shown.listed == 3 * MAX_LISTED
    assert "200 more are not shown here" in answer_html(shown)


def test_what_is_wanted_is_read_from_facts_and_the_words_of_the_topic() -> None:
    text = "Which articles of the Port Gazette on March 2, 2026 mention Lena Brandt and the new trams?"
    topic = [Span(*found.span()) for found in WORD.finditer(text) if found.group() in ("Gazette", "new", "trams")]
    found = requirements_of(text, topic, ["Port Gazette", "Hill Courier"], TODAY)
    assert (found.outlets, found.phrases, found.words) == (("Port Gazette",), ("Lena Brandt",), ("trams",))
    assert [(one.first, one.last) for one in found.windows] == [(date(2026, 3, 2), date(2026, 3, 2))]
    assert requirements_of("List articles", [], [], TODAY) == Requirements()


def test_files_are_known_by_their_full_name_or_by_its_rarest_words() -> None:
    paths = ["01_tram.txt", "02_tram_delay.txt", "sub/notes.md", "feed.rss/1a", "feed.rss/2b"]
    assert files_named("Who wrote Notes.md?", paths) == ["sub/notes.md"]
    assert files_named("Summarize feed.rss", paths) == ["feed.rss/1a", "feed.rss/2b"]
    assert files_named("What does tram.txt say?", paths) == []
    assert files_named("What does story.txt say?", ["v1.2/story.txt", "v1.2/feed.rss/1a"]) == ["v1.2/story.txt"]
    assert files_meant("What does file 2 say?", paths) == ["02_tram_delay.txt"]
    assert files_meant("What does the letter say?", paths) == []


@pytest.mark.parametrize("name", ["a_b.txt", "news.csv", "wire/day.jsonl", "Mail.ZIP", "crawl.warc.gz"])
def test_a_file_name_of_any_type_that_is_read_is_found_in_a_question(name: str) -> None:
    assert file_name_in(f"What does {name} say?") == name
    assert file_name_in(f"Open {name}.") == name


@pytest.mark.parametrize("question", ["Did the U.S. win?", "What does report.xlsx say?", "Is it at example.org?"])
def test_what_is_no_name_of_a_file_that_is_read_is_not_taken_for_one(question: str) -> None:
    assert file_name_in(question) is None


@pytest.mark.parametrize(
    "question", ["Give me an overview of the dam's collapse.", "Brief me on the war in the north."]
)
def test_who_wants_to_be_told_of_a_topic_asks_for_no_list(question: str, kinds: KindClassifier) -> None:
    assert kinds.classify(question).kind is Kind.NONE


@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    spans = [Span(*found.span()) for found in WORD.finditer(text)]
    found = requirements_of(text, spans, ["Port Gazette"], TODAY)
    assert all(terms(part) for part in found.topic)
    files_meant(text, list(ARTICLES))


def test_the_questions_of_the_fit_are_many_and_the_held_out_ones_are_others() -> None:
    folder = Path(evals.training.__file__).parent
    fitted, held_out = (
        [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]
        for name in ("collection.jsonl", "collection_held_out.jsonl")
    )
    counts = Counter(Kind(row["kind"]) for row in fitted)
    assert all(counts[kind] >= 40 for kind in KINDS)
    assert sum(row["kind"] != Kind.NONE for row in held_out) == 130
    assert not {row["question"] for row in fitted} & {row["question"] for row in held_out}
    assert all(piece in row["question"] for row in (*fitted, *held_out) for piece in row.get("topic", ()))


def test_the_held_out_questions_are_told_as_the_figures_say(kinds: KindClassifier) -> None:
    file = Path(evals.training.__file__).with_name("collection_held_out.jsonl")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    taken = {row["question"]: kinds.classify(row["question"]).kind for row in rows}
    asked = [row for row in rows if row["kind"] != Kind.NONE]
    assert sum(taken[row["question"]] is not Kind.NONE for row in asked) >= 0.85 * len(asked)
    assert sum(taken[row["question"]] is not Kind.NONE for row in rows if row["kind"] == Kind.NONE) <= 6
    assert len(shipped_weights().kinds) == len(KINDS)
