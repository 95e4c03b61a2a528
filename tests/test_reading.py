import codecs
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from index.corpus import reading
from index.corpus.encodings import decoded
from index.corpus.reading import SourceFile
from index.errors import CorpusMissing, UnreadableFile

HTML = """<html><head><title>Flood closes harbour</title>
<meta property="og:title" content="Flood closes harbour"><meta property="og:site_name" content="Coast Times">
<meta name="author" content="Ada Berg"><meta property="article:published_time" content="2024-03-05T08:00:00Z">
<link rel="canonical" href="https://example.org/flood"></head><body><nav><a href="/">Home</a> <a href="/s">Sport</a>
</nav><article><h1>Flood closes harbour</h1><p>The harbour of Northport was closed on Tuesday after a flood damaged
two of its piers, the port authority said in a statement.</p><p>Repairs will take three weeks and cost 4 million
dollars, according to the first estimate of the engineers.</p></article><footer>All rights reserved</footer></body>"""


@contextmanager
def _unprivileged() -> Iterator[None]:
    """Permissions do not bind root: step down for the block."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        if was == 0:
            os.seteuid(0)


def _reason(root: Path, name: str) -> str:
    with pytest.raises(UnreadableFile) as refused:
        reading.read_bytes(SourceFile(name, root / name), root)
    return str(refused.value)


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"plain", "plain", "utf-8"),
        ("caf\u00e9 \u2014 \U0001f1f5\U0001f1f0".encode(), "caf\u00e9 \u2014 \U0001f1f5\U0001f1f0", "utf-8"),
        (codecs.BOM_UTF8 + "caf\u00e9".encode(), "caf\u00e9", "utf-8-sig"),
        (codecs.BOM_UTF16_LE + "caf\u00e9".encode("utf-16-le"), "caf\u00e9", "utf-16"),
        (codecs.BOM_UTF16_BE + "caf\u00e9".encode("utf-16-be"), "caf\u00e9", "utf-16"),
        (b"caf\xe9 \x93quoted\x94", "caf\u00e9 \u201cquoted\u201d", "cp1252"),
        (b"one\r\ntwo\rthree\n", "one\r\ntwo\rthree\n", "utf-8"),
    ],
)
def test_bytes_decode_by_mark_then_utf8_then_windows_1252(data: bytes, text: str, encoding: str) -> None:
    assert decoded(data)[:2] == (text, encoding)


@pytest.mark.parametrize(
    "data",
    [
        b"text with a NUL\0 in it",
        b"\x81\x8d\x8f meaningless in Windows-1252",
        b"\x01\x02\x03\x04\x05 control characters",
        codecs.BOM_UTF16_LE + b"\x00\xd8",
        codecs.BOM_UTF8 + b"\xff broken after the mark",
        codecs.BOM_UTF32_LE + "four bytes a character".encode("utf-32-le"),
        bytes(range(256)),
    ],
)
def test_binary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="not text"):
        decoded(data)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]) | st.sampled_from("\t\r\n")), st.booleans())
def test_utf8_text_comes_back_exactly_with_or_without_a_mark(text: str, marked: bool) -> None:
    assume(marked or not text.startswith("\ufeff"))
    data = (codecs.BOM_UTF8 if marked else b"") + text.encode()
    assert decoded(data).text == text


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1))
def test_utf16_text_comes_back_exactly(text: str) -> None:
    assume(not text.startswith("\ufeff"))
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        assert decoded(mark + text.encode(encoding))[:2] == (text, "utf-16")


@pytest.mark.parametrize("data", [b"", b" \n\t ", codecs.BOM_UTF8])
def test_a_file_without_text_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="no text"):
        reading.read("a.txt", data)


def test_html_gives_the_article_and_what_its_tags_declare() -> None:
    [document] = reading.read("a.html", HTML.encode()).documents
    assert "closed on Tuesday" in document.text
    assert "cost 4 million" in document.text.replace("\n", " ")
    assert "Sport" not in document.text
    assert "All rights reserved" not in document.text
    assert document.declared == {
        "headline": "Flood closes harbour",
        "outlet": "Coast Times",
        "author": "Ada Berg",
        "published": date(2024, 3, 5),
        "url": "https://example.org/flood",
    }


@pytest.mark.parametrize("data", [b"<", b"<html></html>", b"<div>" * 5000, b"<p>&#xD800;</p>"])
def test_html_without_an_article_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="no article text"):
        reading.read("a.htm", data)


def test_the_suffix_decides_in_either_case() -> None:
    [text] = reading.read("A.TXT", b"<p>One.</p>").documents
    [page] = reading.read("A.HTML", HTML.encode()).documents
    assert text.text == "<p>One.</p>"
    assert "<p>" not in page.text


def test_files_are_listed_sorted_and_other_types_are_counted(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "sub/c.html", "sub/D.TXT", "picture.png", "data.xlsx", "none"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    files, ignored = reading.source_files(tmp_path)
    assert [file.path for file in files] == ["a.md", "b.txt", "sub/D.TXT", "sub/c.html"]
    assert ignored == {".png": 1, ".xlsx": 1, "": 1}


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    for name in (".hidden.txt", ".git/a.txt", "sub/.b.txt", "__pycache__/c.txt", "seen.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    files, ignored = reading.source_files(tmp_path)
    assert [file.path for file in files] == ["seen.txt"]
    assert not ignored


@pytest.mark.parametrize("name", ["missing", "file.txt"])
def test_a_corpus_that_is_no_folder_says_so_with_the_command(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(CorpusMissing, match=f"{name}.*newsdesk index FOLDER"):
        reading.source_files(tmp_path / name)


def test_a_regular_file_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\r\n\xff")
    assert reading.read_bytes(SourceFile("a.txt", tmp_path / "a.txt"), tmp_path) == b"one\r\n\xff"


def test_a_link_out_of_the_corpus_is_refused_and_one_inside_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").write_text("inside")
    (corpus / "out.txt").symlink_to(tmp_path / "secret.txt")
    (corpus / "in.txt").symlink_to("a.txt")
    assert "leads out" in _reason(corpus, "out.txt")
    assert reading.read_bytes(SourceFile("in.txt", corpus / "in.txt"), corpus) == b"inside"


def test_a_link_to_itself_and_a_link_to_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    (tmp_path / "dangling.txt").symlink_to("nothing.txt")
    assert "leads to itself" in _reason(tmp_path, "loop.txt")
    assert "leads to nothing" in _reason(tmp_path, "dangling.txt")


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert stat.S_ISFIFO((tmp_path / "pipe.txt").stat().st_mode)
    assert [file.path for file in reading.source_files(tmp_path)[0]] == ["pipe.txt"]
    assert "not a regular file" in _reason(tmp_path, "pipe.txt")


def test_the_size_limit_names_both_sizes(tmp_path: Path) -> None:
    with (tmp_path / "big.txt").open("wb") as file:
        file.truncate(reading.MAX_BYTES + 1)
    with (tmp_path / "full.txt").open("wb") as file:
        file.truncate(reading.MAX_BYTES)
    assert "20,971,521 bytes, over the limit of 20,971,520" in _reason(tmp_path, "big.txt")
    assert len(reading.read_bytes(SourceFile("full.txt", tmp_path / "full.txt"), tmp_path)) == reading.MAX_BYTES


def test_a_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    os.close(os.open(os.fsencode(tmp_path) + b"/bad\xff.txt", os.O_CREAT | os.O_WRONLY))
    [file] = reading.source_files(tmp_path)[0]
    with pytest.raises(UnreadableFile, match="name is not valid UTF-8"):
        reading.read_bytes(file, tmp_path)


def test_a_file_without_permission_is_refused(open_folder: Path) -> None:
    (open_folder / "a.txt").write_text("x")
    (open_folder / "a.txt").chmod(0)
    with _unprivileged():
        assert "Permission denied" in _reason(open_folder, "a.txt")


def test_a_folder_that_cannot_be_listed_is_refused_by_name(open_folder: Path) -> None:
    (open_folder / "closed").mkdir(mode=0o700)
    (open_folder / "closed" / "a.txt").write_text("x")
    (open_folder / "closed").chmod(0)
    with _unprivileged():
        files, ignored = reading.source_files(open_folder)
        assert ([file.path for file in files], ignored) == (["closed"], {})
        assert "folder that cannot be listed" in _reason(open_folder, "closed")
