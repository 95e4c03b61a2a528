"""PDF as papers print it: columns, headings across them, lines of the page around them, words cut at line ends."""

import random

import pytest
from format_files import deflated, packed_pdf, placed_pdf, stream_of

from index.corpus import reading
from index.errors import UnreadableFile

Placed = tuple[float, float, float, str]
LEFT, RIGHT = 50, 310
COLUMNS = (
    [
        "The council of Northport has bought the old dock",
        "for 7.5 million, its mayor said on Sunday evening.",
        "The dock will become a theatre after a reno-",
    ],
    [
        "vation that takes two years and costs 12 million.",
        "The seller is the estate of a man who ran the dock",
        "for forty years, and who had refused all offers.",
    ],
)
SENTENCES = [
    "The council of Northport has bought the old dock for 7.5 million, its mayor said on Sunday evening. "
    "The dock will become a theatre after a renovation that takes two years and costs 12 million. "
    "The seller is the estate of a man who ran the dock for forty years, and who had refused all offers."
]


def _column(x: float, y: float, lines: list[str]) -> list[Placed]:
    return [(x, y - 13 * at, 10, line) for at, line in enumerate(lines)]


def _read(*pages: list[Placed], meanings: dict[str, str] | None = None) -> list[str]:
    return reading.read("a.pdf", placed_pdf(*pages, meanings=meanings or {})).documents[0].text.splitlines()


def _in_columns(top: float = 700) -> list[Placed]:
    return _column(LEFT, top, COLUMNS[0]) + _column(RIGHT, top, COLUMNS[1])


@pytest.mark.parametrize("order", ["by column", "by line", "at random"])
def test_columns_are_read_one_after_the_other_however_they_are_written(order: str) -> None:
    body = _in_columns()
    if order == "by line":
        body.sort(key=lambda placed: -placed[1])
    if order == "at random":
        random.Random(7).shuffle(body)
    assert _read([(LEFT, 740, 22, "Council buys the old dock of the town"), *body]) == [
        "Council buys the old dock of the town",
        *SENTENCES,
    ]


def test_a_story_below_another_begins_after_all_columns_of_that() -> None:
    other = ["The weather office has lifted its warning for the", "fjord, where wind speeds fell to nine metres today."]
    below = _column(LEFT, 560, other[:1]) + _column(RIGHT, 560, other[1:])
    below += _column(LEFT, 547, ["Ferries run again as usual from six on Monday, and"])
    below += _column(RIGHT, 547, ["buses do so from seven; the road stays closed yet."])
    found = _read([*_in_columns(), (LEFT, 600, 16, "Warning lifted for the whole of the fjord"), *below])
    assert found[:2] == [*SENTENCES, "Warning lifted for the whole of the fjord"]


def test_what_stands_at_the_edge_of_each_page_is_given_once_and_apart() -> None:
    pages = []
    for number in (1, 2):
        edges = [(LEFT, 810, 8, f"NORTHPORT POST {number}"), (LEFT, 30, 8, f"All rights reserved, page {number}")]
        pages.append([*edges, (LEFT, 740, 22, ("First", "Second")[number - 1] + " story of the day"), *_in_columns()])
    assert _read(*pages) == [
        "NORTHPORT POST 1",
        "First story of the day",
        *SENTENCES,
        "Second story of the day",
        *SENTENCES,
        "All rights reserved, page 1",
    ]


def test_a_sentence_goes_on_over_the_end_of_a_page() -> None:
    edges = [[(LEFT, 810.0, 8.0, f"NORTHPORT POST {number}"), (LEFT, 30.0, 8.0, f"{number} of 2")] for number in (1, 2)]
    filling = _column(LEFT, 500, COLUMNS[0][:2] * 3)
    first = edges[0] + filling + _column(LEFT, 422, COLUMNS[0])
    second = edges[1] + _column(LEFT, 700, [*COLUMNS[1], *COLUMNS[1]])
    assert SENTENCES[0] in " ".join(_read(first, second)[1:-1])


def test_the_rows_of_a_table_stay_rows() -> None:
    rows = [("Year", "Ships"), ("2021", "34"), ("2022", "51"), ("2023", "48")]
    cells = [(x, 700 - 14 * at, 10, row[column]) for column, x in ((0, 50), (1, 400)) for at, row in enumerate(rows)]
    assert _read(cells) == ["Year Ships", "2021 34", "2022 51", "2023 48"]


def test_ligatures_are_letters_and_paragraphs_begin_where_a_line_is_indented() -> None:
    lines = [
        "The of1cial opening of the dock is in the spring of",
        "the year after the next, they all said on a Monday.",
    ]
    more = ["Nobody knows what the theatre will then be named.", "That is left to its guests."]
    placed = [*_column(LEFT, 700, lines), (LEFT + 12, 674, 10, more[0]), (LEFT, 661, 10, more[1])]
    meanings = {chr(code): chr(code) for code in range(32, 127)} | {"1": "\ufb01"}
    opening, name = _read(placed, meanings=meanings)
    assert opening == " ".join(lines).replace("1", "fi")
    assert name == " ".join(more)


def test_what_runs_from_right_to_left_is_read_so_and_its_figures_are_not() -> None:
    meanings = {"a": "\u05d0", "b": "\u05d1", "g": "\u05d2", "d": "\u05d3"} | {char: char for char in " 0123456789."}
    assert _read([(300, 700, 12, ".bd 340 gba")], meanings=meanings) == ["\u05d0\u05d1\u05d2 340 \u05d3\u05d1."]


def test_a_pdf_that_unpacks_without_end_is_refused_in_its_own_process() -> None:
    with pytest.raises(UnreadableFile, match="it is not a whole PDF, or takes too much memory to read"):
        reading.read("a.pdf", packed_pdf(stream_of(deflated(2_000))))
