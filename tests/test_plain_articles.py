"""A text with no page around it keeps every line, however short: briefs, tables, lists, transcripts, any script."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.cleaning import cleaning, metadata
from index.text import lines

BRIEF = """Van hits gate at Brae

A van ran into the gate of the primary school at Brae early on Tuesday, the fire service said.

Its driver was 41.

Nobody was hurt.

Two were taken to hospital."""
TABLE = """How the district voted

The result of the count was announced on Monday.

Party\tVotes\tSeats
River party\t2,118\t11
Hill party\t806\t4

Turnout was 64.2 percent."""
QUESTIONS = """Ten questions for the new head of the port

What was the first thing you did?

I walked along the quay.

And then?

I slept."""
TRANSCRIPT = """Transcript: council debate on the bridge

CHAIR: We take item two.

ADA BERG: No. The piers are sound.

Q: Who pays?

BERG: The county.

CHAIR: Carried."""
BULLETS = """What the strike means

• No trains until Friday
• Buses: every hour
• Ferries: none

Sport
1. Vik 3 Holm 2
2. Os 0 Moe 0"""
URDU = """نئے پل کا افتتاح

وزیر نے منگل کو بتایا کہ دریا پر بنا نیا پل لوگوں کے لیے کھول دیا گیا ہے۔

پل پر 3 کروڑ روپے خرچ ہوئے۔

کام دو سال چلا۔"""
JAPANESE = """橋の工事、三月に完了

市は十日、川にかかる橋の工事を三月に終えると発表した。

費用は二億円。

けが人はない。"""
THAI = """สะพานใหม่เปิดแล้ว

รัฐมนตรีกล่าวว่าสะพานใหม่เปิดให้ประชาชนใช้แล้วเมื่อวันอังคาร

ไม่มีผู้บาดเจ็บ"""
ARABIC = """افتتاح الجسر الجديد

قال الوزير إن الجسر الجديد على النهر افتتح يوم الثلاثاء أمام السكان.

من دفع؟

المحافظة."""


def _lost(text: str) -> list[str]:
    page = lines.lines(text)
    return [text[start:end] for start, end in cleaning.clean(page, metadata.parse(page)).junk_lines]


@pytest.mark.parametrize(
    "text", [BRIEF, TABLE, QUESTIONS, TRANSCRIPT, BULLETS, URDU, JAPANESE, THAI, ARABIC], ids=lambda text: text[:12]
)
def test_a_plain_article_keeps_every_line(text: str) -> None:
    assert _lost(text) == []


WORDS = st.sampled_from(
    "the bridge river minister said harbour of in seven votes percent council 2,118 4 Berg Vik school ferry were hurt "
    "closed opens Monday quay county Os wind hull pier and 71.4 crew storm north a not by their old".split()
)
PHRASE = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)
PROSE = st.lists(WORDS, min_size=3, max_size=40).map(lambda words: [f"{' '.join(words).capitalize()}."])
BULLET = st.sampled_from(["- ", "• ", "* ", "1. ", ""])
LIST = st.tuples(BULLET, st.lists(PHRASE, min_size=1, max_size=8)).map(lambda both: [both[0] + row for row in both[1]])
CELLS = st.lists(st.lists(WORDS, min_size=2, max_size=4), min_size=2, max_size=8)
TABLES = st.tuples(st.sampled_from(["\t", " | ", "  "]), CELLS).map(lambda both: [both[0].join(row) for row in both[1]])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(PROSE | LIST | TABLES, min_size=1, max_size=10))
def test_a_text_of_prose_lists_and_tables_loses_nothing(blocks: list[list[str]]) -> None:
    text = "\n\n".join("\n".join(block) for block in blocks)
    assert _lost(text) == []
