"""Transcripts: what is said belongs to who says it, in search, evidence and citation."""

import pytest

from index.passages.chunking import chunk, embedded_text, sentences_in
from index.passages.speakers import label, speakers, with_speaker, with_speakers
from index.sync.ingesting import read_article

DEBATE = """Transcript: the parish votes on the mill

May 2, 2024

SPEAKER: We take the old mill.

RUTH ADEYEMI: I cannot vote for selling the mill. It grinds for nine farms.

The roof was mended last year. It will stand for another twenty.

TOM HALE: The member forgets what it costs us. I will vote for selling it.

Q: Will the farms get their money back?

HALE: Yes. The parish has put it aside.

SPEAKER: Five to four against the sale.

The parish meets again in June.
"""
LINES = [line for line in DEBATE.splitlines() if line]


def _who(lines: list[str]) -> list[str]:
    return speakers(lines)


def test_what_follows_a_label_belongs_to_it_until_the_next() -> None:
    found = dict(zip(LINES, speakers(LINES), strict=True))
    assert found["The roof was mended last year. It will stand for another twenty."] == "RUTH ADEYEMI"
    assert found["HALE: Yes. The parish has put it aside."] == "TOM HALE"
    assert found["The parish meets again in June."] == ""
    assert found["Transcript: the parish votes on the mill"] in ("", "Transcript")


@pytest.mark.parametrize(
    "lines",
    [
        ["Price: 20 kroner", "Place: Holm", "Time: 8 pm", "Tickets: at the door"],
        ["The mayor said: no.", "It rained.", "The mayor said: yes.", "It snowed."],
        ["Update: the road is open.", "A lorry fell over.", "It lay there for hours.", "Update: it is closed again."],
        ["Just one line"],
        [],
    ],
)
def test_a_text_that_is_no_transcript_has_no_speakers(lines: list[str]) -> None:
    assert not any(speakers(lines))


def test_a_transcript_is_one_in_every_script() -> None:
    lines = ["記者：橋はいつ開きますか。", "市長：来年です。", "記者：費用は。", "市長：三億円です。"]
    assert speakers(lines) == ["記者", "市長", "記者", "市長"]


def test_a_label_is_short_and_has_a_capital() -> None:
    assert label("**Tom Hale:** Yes.") == "Tom Hale"
    assert label("As the mayor of the old town by the river said: no") == ""
    assert label("He said: no") == ""


def test_sentences_carry_their_speaker_and_their_own_characters() -> None:
    article = read_article("mill.txt", DEBATE.encode())
    passages = chunk(article)
    by_text = {p.sentence(span): (p, span) for p in passages for span in p.sentences}
    passage, span = by_text["I will vote for selling it."]
    assert passage.speaker(span) == "TOM HALE"
    assert with_speaker(passage, span) == "TOM HALE: I will vote for selling it."
    assert article.text[span.start : span.end] == "I will vote for selling it."
    passage, span = by_text["HALE: Yes. The parish has put it aside."]
    assert with_speaker(passage, span) == "TOM HALE: Yes. The parish has put it aside."


def test_a_speaker_is_named_once_for_what_he_says_in_one_go() -> None:
    [passage] = chunk(read_article("mill.txt", DEBATE.encode()))
    at = [passage.sentence(span) for span in passage.sentences].index("It grinds for nine farms.")
    assert with_speakers(passage, passage.sentences[at - 1 : at + 1]) == [
        "RUTH ADEYEMI: I cannot vote for selling the mill.",
        "It grinds for nine farms.",
    ]


def test_what_is_embedded_of_a_transcript_names_who_speaks_and_says_where_its_sentences_stand() -> None:
    [passage] = chunk(read_article("mill.txt", DEBATE.encode()))
    text = embedded_text("The mill", passage)
    assert [text[start:end] for start, end in sentences_in(text, passage)] == [
        with_speaker(passage, span) for span in passage.sentences
    ]
