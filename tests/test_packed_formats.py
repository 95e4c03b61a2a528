"""Files that hold whole files: archives, web archives, saved pages; what in them can be read is, the rest is named."""

import gzip
import io
import json
import stat
import zipfile
from pathlib import Path

import pytest
from conftest import WordEmbedder
from format_files import COURT, FLOOD, FUEL, MAIL, RSS, pdf, web_archive, zipped

from index.corpus import reading
from index.corpus.freshness import stale_articles
from index.corpus.unsupported_types import remedies
from index.errors import UnreadableFile
from index.models import Since
from index.store.snapshots import DataFolder, Snapshot
from index.sync.syncing import sync

PAGE = f"""<html><head><meta property="og:title" content="Harbour shut"></head><body><nav>Home Sport</nav><article>
<p>{FLOOD} {COURT}</p><p>{FUEL} {FLOOD}</p></article></body></html>"""


def _reason(name: str, data: bytes) -> str:
    with pytest.raises(UnreadableFile) as refused:
        reading.read(name, data)
    return str(refused.value)


def test_each_file_of_an_archive_is_read_by_its_suffix() -> None:
    files = {
        "a.txt": FLOOD,
        "news/b.html": PAGE,
        "news/c.jsonl": json.dumps({"id": 1, "text": FUEL}),
        "d.pdf": pdf([COURT]),
        "e.eml": MAIL,
        "f.rss": RSS,
        "g.png": b"x",
        "h.png": b"x",
        "__MACOSX/._a.txt": b"x",
        ".hidden.txt": FLOOD,
        "empty.txt": "",
    }
    found = reading.read("a.zip", zipped(files))
    names = [document.part for document in found.documents]
    assert [names[0], names[1], names[3], names[4]] == ["a.txt", "news/b.html", "d.pdf", "e.eml"]
    assert names[2].startswith("news/c.jsonl/") and all(name.startswith("f.rss/") for name in names[5:])
    assert (found.documents[0].text, found.documents[2].text) == (FLOOD, FUEL)
    assert found.documents[1].declared["headline"] == "Harbour shut"
    assert found.problems == ("f.rss: article 2 holds no text", "empty.txt: it holds no text")
    assert found.ignored == {".png": 2}


@pytest.mark.parametrize("name", ["../a.txt", "/etc/a.txt", "b/../../a.txt", "..\\a.txt", "C:\\a.txt"])
def test_no_name_leads_out_of_an_archive(name: str) -> None:
    found = reading.read("a.zip", zipped({name: FLOOD, "b.txt": FUEL}))
    assert [document.part for document in found.documents] == ["b.txt"]
    assert len(found.problems) == 1 and "its name leads out of the archive" in found.problems[0]


def test_what_is_no_plain_file_in_an_archive_is_named_and_the_rest_is_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr(zipfile.ZipInfo("inner.zip"), zipped({"a.txt": FLOOD}))
        archive.writestr("lzma.txt", FLOOD, zipfile.ZIP_LZMA)
        archive.writestr("page.html", b"<p>" + b" " * 5 * 1024**2)
        archive.writestr("good.txt", FLOOD)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("good.txt", FUEL)
    found = reading.read("a.zip", out.getvalue())
    assert [(one.part, one.text) for one in found.documents] == [("good.txt", FLOOD)]
    assert [problem.partition(";")[0] for problem in found.problems] == [
        "link.txt: it is a link, and those are not followed",
        "inner.zip: it is an archive in an archive",
        "lzma.txt: it is packed in a way that is not read",
        "page.html: it is 5,242,883 bytes, over the limit of 5,242,880",
        "good.txt: it is in the archive twice",
    ]


def test_an_archive_that_lies_about_sizes_or_is_cut_unpacks_no_more_than_it_says() -> None:
    whole = zipped({"a.txt": FLOOD * 1_000, "b.txt": FUEL})
    size = (len(FLOOD) * 1_000).to_bytes(4, "little")
    assert whole.count(size) == 2
    lying = reading.read("a.zip", whole.replace(size, (50).to_bytes(4, "little")))
    assert ([one.part for one in lying.documents], len(lying.problems)) == (["b.txt"], 1)
    assert "it cannot be unpacked" in lying.problems[0]
    assert "not a ZIP archive, or it is damaged" in _reason("a.zip", whole[:-30])


def test_articles_of_an_archive_are_found_again_in_it(tmp_path: Path, word_embedder: WordEmbedder) -> None:
    corpus, data = tmp_path / "corpus", DataFolder(tmp_path / "data")
    corpus.mkdir()
    (corpus / "a.zip").write_bytes(zipped({"news/a.txt": FLOOD, "b.txt": FUEL, "c.txt": COURT, "d.doc": b"x"}))
    report = sync(corpus, data, word_embedder)
    assert report.added == ("a.zip/b.txt", "a.zip/c.txt", "a.zip/news/a.txt")
    assert remedies(report.ignored) == [(1, ".doc", "save it as .docx")]
    assert sync(corpus, data, word_embedder).anything_changed is False
    snapshot = Snapshot(data.require_current())
    articles = list(snapshot.catalog.articles())
    assert stale_articles(corpus, articles, {}) == {}
    (corpus / "a.zip").write_bytes(zipped({"news/a.txt": FLOOD, "b.txt": FUEL + " Again."}))
    assert stale_articles(corpus, articles, {}) == {"a.zip/b.txt": Since.CHANGED, "a.zip/c.txt": Since.GONE}
    (corpus / "a.zip").unlink()
    assert set(stale_articles(corpus, articles, {}).values()) == {Since.GONE}
    snapshot.close()


@pytest.mark.parametrize(("name", "packed"), [("a.warc", False), ("a.warc.gz", True), ("A.WARC", True)])
def test_a_web_archive_gives_its_pages_of_text(name: str, packed: bool) -> None:
    pages = [
        ("200 OK", "text/html; charset=utf-8", "https://example.org/1", PAGE.encode()),
        ("404 Not Found", "text/html", "https://example.org/2", PAGE.encode()),
        ("200 OK", "image/png", "https://example.org/3", b"x"),
        ("200 OK", "text/html", "https://example.org/4", b"<p></p>"),
        ("200 OK", "text/plain", "https://example.org/5", COURT.encode()),
    ]
    found = reading.read(name, web_archive(pages, packed))
    page, text = found.documents
    assert (page.declared["headline"], page.declared["url"]) == ("Harbour shut", "https://example.org/1")
    assert (text.text, text.declared, len(text.part)) == (COURT, {"url": "https://example.org/5"}, 12)
    assert found.problems == ("https://example.org/4: no article text was found in the HTML",)


@pytest.mark.parametrize("name", ["a.wet", "a.warc.wet.gz"])
def test_a_file_of_extracted_texts_gives_each(name: str) -> None:
    data = web_archive(
        [("", "text/plain", f"https://example.org/{n}", text.encode()) for n, text in enumerate((FLOOD, FUEL))],
        kind="conversion",
    )
    assert [document.text for document in reading.read(name, data).documents] == [FLOOD, FUEL]


def test_a_web_archive_that_breaks_off_keeps_what_came_before() -> None:
    pages = [("200 OK", "text/plain", f"https://example.org/{n}", FLOOD.encode()) for n in range(3)]
    data = web_archive(pages, packed=True)
    found = reading.read("a.warc.gz", data[:-150])
    assert [document.text for document in found.documents] == [FLOOD, FLOOD]
    assert found.problems[0].startswith("what follows the page https://example.org/")
    assert "not a whole web archive" in _reason("a.warc", b"no archive")
    assert "not a web archive" in _reason("a.warc", b"")


def test_a_saved_web_page_gives_its_article_and_address() -> None:
    parts = (
        "From: <Saved by a browser>\nSnapshot-Content-Location: https://example.org/1\nSubject: Harbour shut | Times\n"
        'Date: Tue, 5 Mar 2024 06:00:00 -0000\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary="b1"\n\n'
        "--b1\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n"
        f"Content-Location: https://example.org/1\n\n{PAGE.replace('=', '=3D')}\n"
        "--b1\nContent-Type: text/css\n\np { color: red }\n--b1--\n"
    )
    for name in ("a.mhtml", "a.mht"):
        [document] = reading.read(name, parts.encode()).documents
        assert FLOOD in document.text and "red" not in document.text
        assert document.declared["headline"] == "Harbour shut"
        assert (document.declared["url"], "published" in document.declared) == ("https://example.org/1", False)
    assert "it holds no web page" in _reason("a.mhtml", b"Subject: x\n\nplain")


def test_a_page_packed_by_its_server_is_unpacked_within_bounds() -> None:
    kind = "text/html\r\nContent-Encoding: gzip"
    bodies = (PAGE.encode(), b" " * 21 * 1024**2)
    pages = [("200 OK", kind, f"https://example.org/{at}", gzip.compress(body)) for at, body in enumerate(bodies)]
    found = reading.read("a.warc", web_archive(pages, packed=False))
    assert (len(found.documents), len(found.problems)) == (1, 1)
    assert found.problems[0].startswith("https://example.org/1: it unpacks to more than 20,971,520 bytes")
