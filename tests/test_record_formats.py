"""Records of named fields, as APIs, archives and tables give them: what is the text, and whether it is whole."""

import asyncio
import json
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from conftest import WordReader
from format_files import COURT, FLOOD, FUEL
from stub_model import service_of

from index.corpus import reading
from index.corpus.documents import Document
from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.writing.writer import ExtractiveWriter

ABOUT = {"headline": "Harbour shut", "published": date(2024, 3, 5), "url": "https://example.org/1"}
GUARDIAN = {
    "id": "coast/2024/mar/05/harbour",
    "webPublicationDate": "2024-03-05T08:00:00Z",
    "webTitle": "Harbour shut",
    "webUrl": "https://example.org/1",
    "fields": {"byline": "Ada Berg", "bodyText": FLOOD, "publication": "Coast Times", "trailText": FUEL},
}
WORDPRESS = {
    "id": 5,
    "date": "2024-03-05T08:00:00",
    "link": "https://example.org/1",
    "title": {"rendered": "Harbour shut"},
    "content": {"rendered": f"<p>{FLOOD}</p>", "protected": False},
    "excerpt": {"rendered": "<p>The harbour of Northport was closed [&hellip;]</p>"},
    "author": 3,
    "_embedded": {"author": [{"id": 3, "name": "Ada Berg", "description": "writes"}]},
}
EVENT_REGISTRY = {
    "uri": "814",
    "dateTimePub": "2024-03-05T08:00:00Z",
    "url": "https://example.org/1",
    "title": "Harbour shut",
    "body": FLOOD,
    "source": {"uri": "example.org", "title": "Coast Times", "description": "a paper"},
    "authors": [{"uri": "ada", "name": "Ada Berg"}],
}


def _read(name: str, data: object) -> list[Document]:
    return list(reading.read(name, data if isinstance(data, bytes) else json.dumps(data).encode()).documents)


@pytest.mark.parametrize(
    ("value", "text", "outlet"),
    [
        ({"response": {"status": "ok", "results": [GUARDIAN]}}, f"{FUEL}\n{FLOOD}", "Coast Times"),
        ({"response": {"status": "ok", "content": GUARDIAN}}, f"{FUEL}\n{FLOOD}", "Coast Times"),
        ([WORDPRESS], FLOOD, None),
        (WORDPRESS, FLOOD, None),
        ({"articles": {"results": [EVENT_REGISTRY], "totalResults": 1}}, FLOOD, "Coast Times"),
        ({"814": {"info": EVENT_REGISTRY}}, FLOOD, "Coast Times"),
        ({"hits": {"total": 1, "hits": [{"_id": "a", "_source": EVENT_REGISTRY}]}}, FLOOD, "Coast Times"),
    ],
)
def test_the_records_of_an_api_are_found_in_their_envelopes(value: object, text: str, outlet: str | None) -> None:
    [document] = _read("a.json", value)
    assert (document.text, document.cut_off) == (text, False)
    about = ABOUT | {"author": "Ada Berg"} | ({"outlet": outlet} if outlet else {})
    assert {name: value for name, value in document.declared.items() if name != "updated"} == about


def test_the_new_york_times_gives_the_beginning_of_an_article() -> None:
    record = {
        "web_url": "https://example.org/1",
        "snippet": FUEL,
        "abstract": FUEL,
        "lead_paragraph": FLOOD,
        "source": "Coast Times",
        "headline": {"main": "Harbour shut", "kicker": None},
        "pub_date": "2024-03-05T08:00:00+0000",
        "byline": {"original": "By Ada Berg", "person": []},
    }
    [document] = _read("a.json", {"status": "OK", "response": {"docs": [record], "meta": {"hits": 1}}})
    assert (document.text, document.cut_off) == (f"{FUEL}\n{FLOOD}", True)
    assert document.declared == ABOUT | {"outlet": "Coast Times", "author": "Ada Berg"}


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"description": FUEL, "content": "The harbour of Nor… [+1840 chars]"}, FUEL),
        ({"description": FUEL, "content": f"{FLOOD} The port\r\n [+99 chars]"}, f"{FUEL}\n{FLOOD}"),
        ({"description": FLOOD + "..", "content": f"{FLOOD} {FUEL} The [...]"}, f"{FLOOD} {FUEL}"),
        ({"description": None, "content": "The harbour of Nor… [+1840 chars]"}, "The harbour of Nor"),
        ({"excerpt": {"rendered": f"<p>{FLOOD} Repairs [&hellip;]</p>"}}, FLOOD),
        ({"description": None, "content": None}, "Harbour shut"),
    ],
)
def test_a_text_that_is_cut_off_says_so_and_ends_with_a_whole_sentence(record: dict[str, object], text: str) -> None:
    [document] = _read("a.json", [record | {"title": "Harbour shut", "url": "https://example.org/1"}])
    assert (document.text, document.cut_off) == (text, True)


def test_what_stands_above_the_body_is_its_lead_unless_the_body_says_it() -> None:
    whole, other = {"document": f"{FLOOD} {FUEL}", "summary": f" {FUEL.upper()}"}, {"document": FLOOD, "summary": COURT}
    found = _read("a.jsonl", f"{json.dumps(whole)}\n{json.dumps(other)}".encode())
    assert [(one.text, one.cut_off) for one in found] == [(f"{FLOOD} {FUEL}", False), (f"{COURT}\n{FLOOD}", False)]


def test_entities_in_a_record_are_characters_and_a_key_is_no_author() -> None:
    [document] = _read("a.json", {"title": "Ada&#8217;s R&D;", "text": "Fish &amp; chips", "author": 7, "id": 1})
    assert (document.text, document.declared) == ("Fish & chips", {"headline": "Ada\u2019s R&D;"})


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("a.csv", f'title,text,date\nHarbour shut,"{FLOOD}\n""Sad"", they said.",2024-03-05\n'),
        ("a.csv", f'title;text;date\r\nHarbour shut;"{FLOOD}\n""Sad"", they said.";2024-03-05\r\n'),
        ("a.tsv", f'\ufefftitle\ttext\tdate\nHarbour shut\t"{FLOOD}\n""Sad"", they said."\t2024-03-05'),
    ],
)
def test_a_row_of_a_table_is_an_article(name: str, table: str) -> None:
    [document] = _read(name, table.encode())
    assert document.text == f'{FLOOD}\n"Sad", they said.'
    assert document.declared == {"headline": "Harbour shut", "published": date(2024, 3, 5)}
    assert document.part


def test_media_cloud_lists_headlines() -> None:
    head = "id,indexed_date,language,media_name,media_url,publish_date,title,url\n"
    row = "a1,2024-03-06,en,coasttimes.example,coasttimes.example,2024-03-05,Harbour shut,https://example.org/1\n"
    [document] = _read("a.csv", (head + row).encode())
    assert (document.text, document.cut_off) == ("Harbour shut", True)
    assert document.declared == ABOUT | {"outlet": "coasttimes.example"}


def test_a_row_that_cannot_be_read_is_named_and_the_rest_is_read() -> None:
    found = reading.read("a.csv", b'title,text\nA,one,two\n\nB,good\nC,\nD,"open\nto the end')
    assert [document.text for document in found.documents] == ["good"]
    assert [problem.split(" (")[0] for problem in found.problems] == [
        "row 2 has 3 cells, and the header 2; put texts in quotation marks",
        "row 5 has no text",
        "what follows row 5 cannot be read",
    ]


def test_fields_of_other_names_are_read_where_they_are_named() -> None:
    record = {"nitf": {"body_nitf": f"<p>{FLOOD}</p>"}, "hl": "Harbour shut", "title": "42", "paper": "Coast Times"}
    names = {"text": "nitf.body_nitf", "title": "hl", "source": "paper"}
    [document] = reading.read("a.json", json.dumps(record).encode(), names).documents
    assert (document.text, document.declared) == (FLOOD, {"headline": "Harbour shut", "outlet": "Coast Times"})
    [row] = reading.read("a.csv", f"kop,broodtekst\nX,{FLOOD}\n".encode(), {"text": "broodtekst"}).documents
    assert row.text == FLOOD


def test_an_answer_from_a_record_that_is_cut_off_says_so(tmp_path: Path, embedder: MiniLM) -> None:
    (tmp_path / "corpus").mkdir()
    cut = {"headline": "Harbour shut", "inhalt": f"{FLOOD} The port autho… [+1840 chars]"}
    (tmp_path / "corpus" / "a.json").write_text(json.dumps([cut, {"text": FUEL}]))
    data = DataFolder(tmp_path / "data")
    assert [one.reason[:21] for one in sync(tmp_path / "corpus", data, embedder).skipped] == ["record 1 has no text "]
    assert len(sync(tmp_path / "corpus", data, embedder, field_names={"text": "inhalt"}).added) == 2
    with closing(service_of(data.root, embedder, ExtractiveWriter(WordReader()))) as service:
        answer = asyncio.run(service.ask("Which harbour was closed after a flood damaged its piers?"))
    [citation] = answer.citations
    assert (citation.quote, citation.since) == (FLOOD, None)
    assert answer.notes == (f"The record {citation.path} holds only the beginning or a summary of its article.",)
