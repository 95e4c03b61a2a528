"""Fields above an article of plain text or Markdown: they are read, and left out of the index."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.corpus import reading
from index.corpus.formats.front_matter import front_matter
from index.errors import UnreadableFile
from index.sync.ingesting import read_article

STORY = (
    "The harbour of Northport was closed on Tuesday after a flood damaged two of its piers, the port authority said.\n"
)
ABOUT = {
    "headline": "Flood: harbour closed",
    "outlet": "Coast Times",
    "author": "Ada Berg",
    "published": date(2024, 3, 5),
}


@pytest.mark.parametrize(
    "above",
    [
        "---\ntitle: Flood: harbour closed\nsource: Coast Times\nauthor: Ada Berg\ndate: 2024-03-05\n---\n\n",
        "---\r\nTitle: \"Flood: harbour closed\"\r\nPublisher: 'Coast Times'\r\nauthors:\r\n  - Ada Berg\r\n"
        "Date: 5 March 2024\r\ntags: [a, b]\r\n---\r\n",
        '+++\ntitle = "Flood: harbour closed"\nsource = "Coast Times"\nauthors = ["Ada Berg"]\n'
        "date = 2024-03-05T08:00:00Z\n\n[params]\n  weight = 3\n+++\n",
        "Title: Flood: harbour closed\nSource: Coast Times\nAuthor: Ada Berg\nDate: March 5, 2024\n\n",
        "\n\ufeff---\ntitle: Flood: harbour closed\n# a remark\nsite-name: Coast Times\nbyline: Ada Berg\n"
        "published_at: 2024-03-05 08:00\nsummary: >\n  The harbour\n  is closed.\n---\n",
        "---\ntitle: >-\n  Flood:\n  harbour closed\nsource: {name: Coast Times}\nauthors: [Ada Berg]\n"
        "date: 2024-03-05\nsummary: |\n  A summary: with a colon\n---\n",
    ],
)
def test_the_fields_are_read_and_are_no_part_of_the_article(above: str) -> None:
    article = read_article("a.md", (above + STORY).encode())
    assert {name: getattr(article, name) for name in ABOUT} == ABOUT
    assert article.text == (above + STORY).removeprefix("\ufeff")
    assert [article.text[start:end] for start, end in article.article_lines] == [STORY.strip()]
    assert article.found["headline"] == "the file's own fields"


@pytest.mark.parametrize(
    "above",
    [
        "---\nThe harbour was closed.\n---\n",
        "---\ntitle: Flood\n",
        "---\nweight: 3\nlayout: post\n---\n",
        "---\n---\n",
        "Title: Flood\n\n",
        "Q: Was the harbour closed?\nA: It was.\n\n",
        "Title: Flood\nSource: Coast Times\nThe harbour was closed.\n\n",
        "Source: Coast Times, which wrote of it at http://coast.example\n",
    ],
)
def test_other_lines_above_an_article_stay_in_it(above: str) -> None:
    assert front_matter(above + STORY) == ({}, 0)


def test_fields_without_an_article_are_no_article() -> None:
    with pytest.raises(UnreadableFile, match="it holds no text"):
        reading.read("a.md", b"---\ntitle: Flood\n---\n\n")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(["---\n", "+++\n", "title: a\n", "date = b\n", "- c\n", " d\n", "\n", "e.\n", "\r", "'"]))
)
def test_the_article_begins_at_a_line(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = front_matter(text)
    assert 0 <= found.end <= len(text)
    assert found.end in (0, len(text)) or text[found.end - 1] == "\n"
    assert bool(found.end) or not found.declared
