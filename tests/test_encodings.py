"""Bytes in any encoding that people save in become the right letters, or the report says that it is a guess."""

import pytest

from index.corpus import reading
from index.corpus.encodings import decoded
from index.sync.ingesting import read_article

RUSSIAN = "Министр сообщил во вторник, что мост через реку закроют на три недели. Ремонт обойдётся в пять миллионов."
CZECH = "Ministr v úterý řekl, že most přes řeku bude tři týdny zavřený. Oprava přijde na pět milionů korun."
GREEK = "Ο υπουργός είπε την Τρίτη ότι η γέφυρα του ποταμού θα κλείσει για τρεις εβδομάδες λόγω έργων."
JAPANESE = "大臣は火曜日、川にかかる橋を三週間閉鎖すると発表した。修理費は五億円にのぼる見込みだ。"
FRENCH = "Le ministre a déclaré mardi que le pont serait fermé trois semaines. « Nous réparons », a-t-il ajouté."
WRITTEN = [
    (RUSSIAN, "cp1251"),
    (RUSSIAN, "koi8_r"),
    (CZECH, "iso8859_2"),
    (CZECH, "cp1250"),
    (GREEK, "cp1253"),
    (JAPANESE, "cp932"),
    (JAPANESE, "euc_jp"),
    (FRENCH, "cp1252"),
]


@pytest.mark.parametrize(("text", "encoding"), WRITTEN)
def test_without_a_declaration_the_encoding_is_guessed_and_the_report_says_so(text: str, encoding: str) -> None:
    [document] = reading.read("a.txt", text.encode(encoding)).documents
    assert document.text == text
    assert "a guess" in document.doubts[0]


@pytest.mark.parametrize(("text", "encoding"), WRITTEN)
@pytest.mark.parametrize(
    "declaration",
    [
        '<meta charset="{}">',
        '<meta http-equiv="Content-Type" content="text/html; charset={}">',
        "<META content='text/html;charset={}' http-equiv=Content-Type>",
    ],
)
def test_the_charset_that_a_page_declares_is_used(text: str, encoding: str, declaration: str) -> None:
    head = declaration.format(encoding)
    page = f"<!DOCTYPE html><html><head>{head}<title>x</title></head><body><p>{text}</p><p>{text}</p></body></html>"
    [document] = reading.read("a.html", page.encode(encoding)).documents
    assert text in document.text
    assert document.doubts == ()


def test_the_xml_declaration_of_a_page_is_used() -> None:
    page = f'<?xml version="1.0" encoding="windows-1251"?><html><body><p>{RUSSIAN}</p><p>{RUSSIAN}</p></body></html>'
    assert decoded(page.encode("cp1251"), declares=True)[1:] == ("cp1251", "")


def test_utf8_is_utf8_whatever_is_declared_and_a_false_declaration_is_not_believed() -> None:
    page = '<meta charset="iso-8859-1">' + FRENCH
    assert decoded(page.encode(), declares=True) == (page, "utf-8", "")
    text, _, doubt = decoded(page.replace("iso-8859-1", "utf-8").encode("cp1252"), declares=True)
    assert FRENCH in text
    assert "a guess (Windows-1252)" in doubt
    assert decoded(b'<meta charset="base64">plain', declares=True).encoding == "utf-8"


def test_letters_that_were_lost_before_are_told() -> None:
    garbled = FRENCH.encode().decode("cp1252")
    assert "garbled" in decoded((garbled + " " + "é".encode().decode("cp1252")).encode()).doubt
    assert "2 of its characters were lost" in decoded("the caf\ufffd and the pi\ufffdr".encode()).doubt
    assert "1 of its characters were lost" in decoded(f"{FRENCH} Le pont coûte 4 €".encode()[:-1]).doubt
    assert decoded((FRENCH + RUSSIAN + JAPANESE).encode()).doubt == ""


def test_offsets_are_those_of_the_decoded_text() -> None:
    article = read_article("a.txt", f"Заголовок\n\n{RUSSIAN}\n".encode("cp1251"))
    assert [article.text[start:end] for start, end in article.article_lines] == ["Заголовок", RUSSIAN]
