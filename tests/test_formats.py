import json
import sys
from datetime import date
from pathlib import Path

import pytest
from conftest import WordEmbedder
from format_files import ATOM, COURT, FLOOD, FUEL, MAIL, PARAGRAPHS, RDF, RSS, docx, pdf
from hypothesis import given, settings
from hypothesis import strategies as st

from index.corpus import reading
from index.corpus.documents import Contents
from index.corpus.fields import day
from index.corpus.formats.markup import text_of
from index.corpus.reflow import reflowed
from index.errors import UnreadableFile
from index.models import Article
from index.store.snapshots import DataFolder, Snapshot
from index.sync.syncing import sync


def _lines(*records: object) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


def _texts(found: Contents) -> list[str]:
    return [document.text for document in found.documents]


def _reason(name: str, data: bytes) -> str:
    with pytest.raises(UnreadableFile) as refused:
        reading.read(name, data)
    return str(refused.value)


def test_json_fields_go_by_their_usual_names() -> None:
    records = (
        {"title": "T", "text": FLOOD, "source": "O", "author": "A", "published": "2024-03-05", "url": "u"},
        {"headline": "T", "body": FLOOD, "outlet": "O", "byline": "A", "date": "5 March 2024", "link": "u"},
        {
            "Title": "T",
            "content": FLOOD,
            "publisher": {"name": "O"},
            "authors": ["A"],
            "publishedAt": "20240305",
            "url": "u",
        },
    )
    for name, data in (("a.jsonl", _lines(*records)), ("a.json", json.dumps(records).encode())):
        found = reading.read(name, data)
        assert _texts(found) == [FLOOD] * 3
        about = {"headline": "T", "outlet": "O", "author": "A", "published": date(2024, 3, 5), "url": "u"}
        assert [document.declared for document in found.documents] == [about] * 3


def test_a_json_file_is_one_article_or_a_list_or_one_a_line() -> None:
    [single] = reading.read("a.json", json.dumps({"title": "T", "text": FLOOD, "id": 7}).encode()).documents
    assert (single.text, single.part) == (FLOOD, "")
    listed = {"status": "ok", "description": "of the feed", "items": [{"content_html": "<p>One.</p><p>Two.</p>"}]}
    [item] = reading.read("a.json", json.dumps(listed).encode()).documents
    assert (item.text, len(item.part)) == ("One.\nTwo.", 12)
    assert _texts(reading.read("a.json", _lines({"text": FLOOD}, {"text": FUEL}))) == [FLOOD, FUEL]


def test_a_bad_line_is_named_and_the_rest_is_read() -> None:
    lines = [b'{"text": "One."}', b"{", b'{"text": "Caf\xc3\xa9."}', b"\0", b"[" * 50_000, b"3", b'{"title": "T"}', b""]
    found = reading.read("a.jsonl", b"\n".join([*lines, b'{"text": "Caf\xe9."}', b"9" * 5000, b'{"text": " "}']))
    assert _texts(found) == ["One.", "Caf\u00e9.", "Caf\u00e9."]
    assert [problem.split(" (")[0] for problem in found.problems] == [
        "line 2 is not JSON",
        "line 4 is not text",
        "line 5 is nested too deeply",
        "line 6 is not an object with fields",
        "line 7 has no text",
        "line 10 is not JSON",
        "line 11 has no text",
    ]


def test_of_very_many_bad_lines_the_first_are_told() -> None:
    found = reading.read("a.jsonl", _lines({"text": FLOOD}) + b"\nx" * 50_000)
    assert len(found.problems) == 21
    assert found.problems[-1] == "49,980 more parts cannot be read"
    assert "none of its first 1,000 parts is an article; line 1 is not JSON" in _reason("a.jsonl", b"x\n" * 50_000)


def test_a_file_of_too_many_articles_is_read_up_to_the_limit() -> None:
    item = b"<item><description>x</description></item>"
    for name, data, last in (
        ("a.jsonl", b'{"text": "x"}\n' * 20_002, "line 20000"),
        ("a.json", b'[{"text": "x"}' + b', {"text": "x"}' * 20_002 + b"]", "record 20000"),
        ("a.rss", b"<rss><channel>" + item * 20_002 + b"</channel></rss>", "article 20000"),
    ):
        found = reading.read(name, data)
        assert len(found.documents) == 20_000
        limit = "is over the limit of 20,000 articles; cut the file into several"
        assert found.problems == (f"what follows {last} {limit}",)


def test_a_part_too_long_for_an_article_is_named() -> None:
    found = reading.read("a.jsonl", _lines({"text": "x" * 1_000_001}, {"text": FLOOD}))
    assert _texts(found) == [FLOOD]
    assert found.problems[0].startswith("line 1 is 1,000,001 characters, over the limit")


def test_a_line_separator_inside_a_string_does_not_end_the_line() -> None:
    data = json.dumps({"text": "one\u2028two\u0085three"}, ensure_ascii=False).encode()
    for marked in (data, b"\xef\xbb\xbf" + data, data.decode().encode("utf-16")):
        assert _texts(reading.read("a.jsonl", marked)) == ["one\u2028two\u0085three"]


def test_what_no_file_could_hold_is_replaced_character_for_character() -> None:
    [document] = reading.read("a.jsonl", b'{"text": "a\\ud800b\\u0000c", "title": "\\udfff"}').documents
    assert (document.text, document.declared) == ("a\ufffdb\ufffdc", {"headline": "\ufffd"})


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.json", b"", "not JSON"),
        ("a.json", b"[]", "no article"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.json", b'{"a": 1}', "its record has no text"),
        ("a.jsonl", b"\n\n", "no article"),
        ("a.xml", b"<html/>", "neither an RSS nor an Atom feed"),
        ("a.rss", b"<rss/>", "no article"),
        ("a.rss", RSS[:300].encode(), "not well-formed"),
        ("a.atom", b'<!DOCTYPE feed [<!ENTITY a "eleven char">]><feed/>', "document type"),
        ("a.atom", b'<!DOCTYPE feed [<!ENTITY % a "b">]><feed/>', "document type"),
        ("a.atom", b'<!DOCTYPE feed [<!ENTITY a SYSTEM "b">]><feed/>', "document type"),
        ("a.rss", b"<rss>" + b"<a>" * 5000, "more than 200 deep"),
        ("a.rss", b'<?xml version="1.0" encoding="gb2312"?><rss/>', "not well-formed"),
        ("a.docx", b"PK not a zip", "not a Word document"),
        ("a.docx", docx("", name="xl/workbook.xml"), "not a Word document"),
        ("a.docx", docx("", before='<!DOCTYPE a [<!ENTITY b "&c;">]>'), "document type"),
        ("a.docx", docx("<w:p/>"), "no text"),
        ("a.pdf", b"%PDF-1.4 and nothing", "not a whole PDF"),
        ("a.pdf", pdf([]), "may be a scan"),
        ("a.eml", b"no header", "not a mail"),
        ("a.eml", b"Subject: empty\n\n", "no text"),
        ("a.eml", b"Content-Type: text/plain; charset=nope\n\nx\xff", "not a whole mail"),
    ],
)
def test_what_cannot_be_read_says_why(name: str, data: bytes, reason: str) -> None:
    assert reason in _reason(name, data)


def test_rss_gives_an_article_an_item() -> None:
    found = reading.read("a.rss", RSS.encode())
    flood, bare = found.documents
    assert flood.text == "The harbour of Northport closed.\nRepairs cost \u00a34m."
    assert flood.declared == {
        "headline": "Flood & storm",
        "outlet": "Coast Times",
        "author": "Ada Berg",
        "published": date(2024, 3, 5),
        "url": "https://example.org/1",
    }
    assert (bare.text, bare.declared) == ("No name, no date.", {"outlet": "Coast Times", "author": "Bo Lind"})
    assert found.problems == ("article 2 holds no text",)


def test_a_feed_is_read_as_html_reads_entities() -> None:
    item = "<item><title>Ada&rsquo;s caf&eacute;</title><description>AT&T &nbsp;&unheard; &#163;4m</description></item>"
    feed = f'<?xml version="1.0"?>{{}}<rss version="2.0"><channel>{item}</channel></rss>'
    kinds = ["", '<!DOCTYPE rss PUBLIC "-//N//DTD RSS 0.91//EN" "http://example.org/r.dtd">']
    kinds += ['<!DOCTYPE rss [<!ENTITY nbsp "&#160;"><!ENTITY unheard "?">]>']
    for kind, before in zip(kinds, ("", "\n ", "\ufeff\n"), strict=True):
        [document] = reading.read("a.rss", (before + feed.format(kind)).replace("&unheard;", "").encode()).documents
        assert (document.declared["headline"], document.text) == ("Ada\u2019s caf\u00e9", "AT&T \u00a34m")
    [named] = reading.read("a.rss", feed.format(kinds[2]).encode()).documents
    assert "?" in named.text


def test_atom_and_rss_1_give_an_article_an_item() -> None:
    first, second = reading.read("a.atom", ATOM.encode()).documents
    assert (first.text, second.text) == ("One < two.\nThree four.", "Plain <p> text")
    assert first.declared["headline"] == "A flood"
    assert (first.declared["url"], first.declared["published"]) == ("https://example.org/2", date(2024, 3, 5))
    assert second.declared == {"outlet": "Wire"}
    [old] = reading.read("a.xml", RDF.encode()).documents
    assert (old.text, old.declared["outlet"], old.declared["published"]) == (
        "It rained.",
        "Old Times",
        date(2004, 3, 5),
    )


def test_a_feed_that_breaks_off_keeps_what_came_before() -> None:
    found = reading.read("a.rss", RSS[: RSS.index("</item>") + 20].encode())
    assert len(found.documents) == 1
    assert "what follows article 1 cannot be read: it is not well-formed XML" in found.problems[0]


def test_parts_keep_their_names_when_a_file_grows_or_is_reordered() -> None:
    a, b, c = {"id": 1, "text": FLOOD}, {"url": "https://example.org/2", "text": FUEL}, {"text": COURT}
    before = {one.text: one.part for one in reading.read("a.jsonl", _lines(a, b, c)).documents}
    after = {one.text: one.part for one in reading.read("a.jsonl", _lines(c, {"text": "New."}, b, a)).documents}
    assert after.items() >= before.items()
    assert len(set(after.values())) == 4
    assert all(part.isalnum() for part in after.values())
    twice = [one.part for one in reading.read("a.jsonl", _lines(a, a)).documents]
    assert twice[1] == f"{twice[0]}-2"


def test_a_word_document_gives_its_paragraphs() -> None:
    [document] = reading.read("a.docx", docx(PARAGRAPHS)).documents
    assert document.text == "Flood closes harbour\nThe harbour closed.\nAgain.\nCell"
    assert document.declared == {"headline": "Flood closes harbour"}


def test_a_word_document_that_unpacks_to_very_much_is_refused() -> None:
    assert "unpacks to" in _reason("a.docx", docx("<w:p/>" + " " * 50 * 1024 * 1024))


def test_a_pdf_gives_paragraphs_of_whole_sentences() -> None:
    lines = [
        "Flood closes harbour",
        "The harbour of Northport was closed on Tuesday after a flood dam-",
        "aged two of its piers.",
    ]
    [document] = reading.read("a.pdf", pdf(lines, ["Second page."])).documents
    assert document.text.splitlines() == ["Flood closes harbour", FLOOD, "Second page."]


def test_without_its_library_a_pdf_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    assert _reason("a.pdf", pdf([FLOOD])) == 'PDF needs a library: pip install "newsdesk[formats]"'


def test_a_mail_gives_its_body_and_header() -> None:
    [document] = reading.read("a.eml", MAIL.encode()).documents
    assert document.text.splitlines() == [FLOOD[:-1] + ", the port authority said.", "", "More tomorrow."]
    assert document.declared == {"headline": "Caf\u00e9 closed", "author": "Ada Berg", "published": date(2024, 3, 5)}
    html = MAIL.replace("\r\n\r\nThe", "\r\nContent-Type: text/html\r\n\r\n<p>The").encode()
    assert "<p>" not in reading.read("a.eml", html).documents[0].text


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2024-03-05T23:59:59-08:00", date(2024, 3, 5)),
        ("Tue, 05 Mar 2024 08:00:00 +0000", date(2024, 3, 5)),
        ("March 5, 2024", date(2024, 3, 5)),
        ("20240305", date(2024, 3, 5)),
        ("31/12/2024", date(2024, 12, 31)),
        ("03/04/2024", None),
        ("2024-02-30", None),
        ("May 2024", None),
        ("10:30", None),
        ("1704061200", None),
        ("yesterday", None),
        ("1" * 100, None),
        ("", None),
    ],
)
def test_a_date_is_taken_only_when_it_can_be_read_one_way(value: str, found: date | None) -> None:
    assert day(value) == found


def test_markup_becomes_a_line_a_block_and_no_script() -> None:
    assert text_of("a &lt; b<p>c <b>d</b>\n e</p><script>f()</script><ul><li>g<li>h</ul>") == "a < b\nc d e\ng\nh"
    assert text_of("<div>" * 5000 + "deep") == "deep"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=200))
def test_reflowing_loses_nothing_but_white_space_and_hyphens_at_line_ends(text: str) -> None:
    def bare(value: str) -> str:
        return "".join(value.split()).replace("-", "")

    assert bare(reflowed(text)) == bare(text)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(reading.FORMATS)), st.binary(max_size=300), st.sampled_from([RSS, ATOM, MAIL, "", "{"]))
def test_any_bytes_are_articles_or_a_reason(suffix: str, data: bytes, start: str) -> None:
    try:
        found = reading.read(f"a{suffix}", start.encode() + data)
    except UnreadableFile:
        return
    assert all(document.text.encode() for document in found.documents)


def _articles(data: DataFolder) -> dict[str, Article]:
    snapshot = Snapshot(data.require_current())
    try:
        return {article.path: article for article in snapshot.catalog.articles()}
    finally:
        snapshot.close()


def test_each_article_of_a_file_is_synced_by_itself(tmp_path: Path, word_embedder: WordEmbedder) -> None:
    corpus, data = tmp_path / "corpus", DataFolder(tmp_path / "data")
    corpus.mkdir()
    (corpus / "a.jsonl").write_bytes(_lines({"id": 1, "text": FLOOD}, {"id": 2, "text": FUEL}) + b"\nbad\n")
    (corpus / "b.pdf").write_bytes(pdf([FLOOD]))
    first = sync(corpus, data, word_embedder)
    assert [path.partition("/")[0] for path in first.added] == ["a.jsonl", "a.jsonl", "b.pdf"]
    assert [(one.path, one.reason[:18]) for one in first.skipped] == [("a.jsonl", "line 3 is not JSON")]
    assert sync(corpus, data, word_embedder).anything_changed is False
    (corpus / "a.jsonl").write_bytes(
        _lines({"id": 3, "text": COURT}, {"id": 1, "text": FLOOD}, {"id": 2, "text": FUEL + " Yes."})
    )
    second = sync(corpus, data, word_embedder)
    assert (len(second.added), second.changed, second.removed) == (1, (first.added[1],), ())
    assert (second.unchanged, second.embedded) == (2, 2)
    fresh = DataFolder(tmp_path / "fresh")
    sync(corpus, fresh, word_embedder)
    assert _articles(data) == _articles(fresh)
    assert _articles(data)[first.added[0]].text == FLOOD
