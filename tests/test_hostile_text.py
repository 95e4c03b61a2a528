"""Row F24 of the fault table: text that plays tricks keeps its exact offsets."""

from format_files import FLOOD
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import UnreadableFile
from index.models import Span
from index.passages import chunking
from index.sync.ingesting import read_article

HOSTILE = (
    "\u202a\u202e\u2066\u2069\u200e\u200f\u061c\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f"
    "\u0430\u0435\u043e\u0440\u0391\u0392\uff21\u0301\u0489\u0b95\u05d0\u0627\u0e33\u1100\u1161"
    "\U0001f468\U0001f469\U0001f3fd\ufe0f\u20e3\U0001f1f5\u2028\u2029\u0085\x0b\x1c"
    "\U000e0041\U000e007f\ufffe\uffff\ufdd0\U0001ffff\U0010ffff\ufffd"
)
PIECES = [
    FLOOD,
    "\n",
    "\r\n",
    " ",
    ". ",
    "\u201cHe said. She said.\u201d",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "e" + "\u0301" * 1000,
]
WORDS = st.sampled_from(["The", "harbour", "closed", "Mr.", "4.1", "U.S.", *PIECES]) | st.text(
    st.sampled_from(HOSTILE + " .a"), min_size=1, max_size=8
)


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(st.lists(WORDS, min_size=1, max_size=60))
def test_text_that_plays_tricks_keeps_its_exact_offsets(words: list[str]) -> None:
    data = " ".join(words).encode()
    try:
        article = read_article("a.txt", data)
    except UnreadableFile:
        return
    assert article.text == data.decode("utf-8-sig")
    for passage in chunking.chunk(article):
        assert article.text[passage.start : passage.end] == passage.text
        for start, end in passage.sentences:
            assert passage.start <= start < end <= passage.end
            assert passage.sentence(Span(start, end)) == article.text[start:end]
