"""Newsletters, forwarded mail and digests: each article of a mail, from whichever of its parts says it."""

from datetime import date

import pytest
from format_files import COURT, FLOOD, FUEL

from index.corpus import reading
from index.corpus.documents import Document

HTML_PART = """<html><body><div style="display:none;max-height:0">Shown in the list of mails only</div>
<h2>Harbour shut</h2><p>{}</p><p hidden>And this never</p></body></html>"""
HEAD = "From: Coast Times <news@example.org>\nSubject: {}\nDate: Tue, 5 Mar 2024 06:00:00 +0200\n"


def _alternative(plain: str, html: str, head: str = "") -> bytes:
    return (
        f"{HEAD.format('Morning')}{head}MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b1\n\n"
        f"--b1\nContent-Type: text/plain; charset=utf-8\n\n{plain}\n--b1\n"
        f"Content-Type: text/html; charset=utf-8\n\n{html}\n--b1--\n"
    ).encode()


def _read(data: bytes | str) -> list[Document]:
    return list(reading.read("a.eml", data.encode() if isinstance(data, str) else data).documents)


def test_the_fuller_of_plain_text_and_html_is_read() -> None:
    stub = "Read this mail in your browser: https://example.org/" + "v" * 200
    [from_html] = _read(_alternative(stub, HTML_PART.format(FLOOD)))
    assert from_html.text == f"Harbour shut\n{FLOOD}"
    [from_plain] = _read(_alternative(f"Harbour shut\n\n{FLOOD}\n", HTML_PART.format(FLOOD)))
    assert from_plain.text == f"Harbour shut\n\n{FLOOD}"


def test_a_mailing_list_is_an_outlet_and_a_person_an_author() -> None:
    [listed] = _read(_alternative(FLOOD, "<p>x</p>", "List-Unsubscribe: <https://example.org/u>\n"))
    assert (listed.declared["outlet"], "author" in listed.declared) == ("Coast Times", False)
    [person] = _read(_alternative(FLOOD, "<p>x</p>"))
    assert (person.declared["author"], "outlet" in person.declared) == ("Coast Times", False)


def test_a_mail_whose_sender_names_no_address_has_no_author() -> None:
    [document] = _read(f"From: undisclosed-recipients:;\nSubject: Harbour shut\n\n{FLOOD}\n")
    assert (document.text, document.declared) == (FLOOD, {"headline": "Harbour shut"})


@pytest.mark.parametrize(
    "quoted",
    [
        "---------- Forwarded message ---------\nFrom: Coast Times <news@example.org>\n"
        "Date: Tue, Mar 5, 2024 at 6:00 AM\nSubject: Harbour shut\nTo: Bo Lind <bo@example.org>",
        "-----Ursprüngliche Nachricht-----\nVon: Coast Times [mailto:news@example.org]\n"
        "Gesendet: Dienstag, 5. März 2024 06:00\nAn: Bo Lind\nBetreff: Harbour shut",
        "*From:* Coast Times <news@example.org>\n*Date:* 5 March 2024\n*Subject:* Harbour shut",
    ],
)
def test_a_forwarded_mail_is_known_by_the_header_in_its_text(quoted: str) -> None:
    [document] = _read(f"{HEAD.format('Fwd: Harbour shut')}\nFor you.\n\n{quoted}\n\n{FLOOD}\n")
    assert (document.text, document.part) == (f"For you.\n\n{FLOOD}", "")
    assert (document.declared["headline"], document.declared["author"]) == ("Harbour shut", "Coast Times")


def test_lines_with_labels_that_are_no_header_stay_text() -> None:
    text = f"{FLOOD}\n\nPhone: 555 0100\nMail: desk@example.org\nWeb: example.org\n"
    [document] = _read(f"{HEAD.format('Harbour shut')}\n{text}")
    assert "Mail: desk@example.org" in document.text


def test_each_message_of_a_digest_in_text_is_an_article() -> None:
    rule = "-" * 30
    entries = [
        f"Date: {day} Mar 2024\nFrom: {name} <{name}@example.org>\nSubject: {subject}\n\n{text}\n\n{rule}\n"
        for day, name, subject, text in ((4, "Ada", "Flood", FLOOD), (5, "Bo", "Fuel", FUEL), (6, "Cy", "Court", COURT))
    ]
    top = f"Topics:\n  1. Flood (Ada)\n  2. Fuel (Bo)\n\n{'-' * 70}\n"
    found = _read(HEAD.format("Digest, Vol 1") + "\n" + top + "\n" + "\n".join(entries))
    assert [document.text for document in found[1:]] == [FLOOD, FUEL, COURT]
    assert [document.declared["headline"] for document in found] == ["Digest, Vol 1", "Flood", "Fuel", "Court"]
    assert [document.declared["published"] for document in found[1:]] == [date(2024, 3, day) for day in (4, 5, 6)]
    assert len({document.part for document in found}) == 4


def test_each_attached_message_is_an_article() -> None:
    inner = "".join(
        f"--b1\nContent-Type: message/rfc822\n\nFrom: Ada <ada@example.org>\nSubject: {subject}\n\n{text}\n"
        for subject, text in (("Flood", FLOOD), ("Fuel", FUEL))
    )
    found = _read(f"{HEAD.format('Digest')}Content-Type: multipart/digest; boundary=b1\n\n{inner}--b1--\n")
    assert [(document.text, document.declared["headline"]) for document in found] == [(FLOOD, "Flood"), (FUEL, "Fuel")]
