from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import lines, metadata
from index.metadata import Metadata
from index.models import Article

STORY = (
    "The harbour of Northport was closed on Tuesday after a flood damaged two of its piers, the port authority said."
)


def _parse(*page: str) -> Metadata:
    return metadata.parse(lines.lines("\n".join((*page, STORY))))


@pytest.mark.parametrize(
    ("seed", "headline", "outlet", "author", "published"),
    [
        ("000", "United States to bloster Pakistan’s counterterrorism capabilites", None, "Jahanzaib Ali", None),
        ("001", None, None, None, None),
        (
            "002",
            "Washington says working with Pakistan to enhance civilian and military anti-terror capabilities",
            None,
            None,
            None,
        ),
        ("003", None, None, None, None),
        (
            "004",
            "US seeks strong partnership with Pak on counterterrorism: State dept",
            "Devdiscourse",
            "ANI",
            date(2022, 12, 23),
        ),
    ],
)
def test_seeds_say_what_a_reader_sees_on_them(
    seed: str,
    headline: str | None,
    outlet: str | None,
    author: str | None,
    published: date | None,
    seed_articles: dict[str, Article],
) -> None:
    article = seed_articles[seed]
    assert (article.headline, article.outlet, article.author, article.published, article.url) == (
        headline,
        outlet,
        author,
        published,
        None,
    )


@pytest.mark.parametrize("mark", ["", "# ", "## "])
def test_the_headline_is_the_first_line_that_looks_like_one(mark: str) -> None:
    found = _parse("Menu", f"{mark}Flood closes the harbour of Northport")
    assert found.headline == "Flood closes the harbour of Northport"


@pytest.mark.parametrize(
    "line",
    [
        "Home",
        "Monday, 4 March 2024",
        "all lower case words in this line",
        "This is a sentence, no headline.",
        "NORTHPORT: The flood came at night",
        "One | Two | Three words here",
    ],
)
def test_other_lines_above_the_story_are_no_headline(line: str) -> None:
    assert _parse(line).headline is None


def test_a_row_of_author_source_date_and_address_is_read() -> None:
    found = _parse("Ada Berg | Coast Times | 2024-03-05 08:00:00 | https://example.org/flood")
    assert (found.author, found.outlet, found.published) == ("Ada Berg", "Coast Times", date(2024, 3, 5))
    assert found.url == "https://example.org/flood"


def test_a_row_may_name_a_source_with_a_bar_and_no_author() -> None:
    found = _parse("unknown | Coast Times | Business | 5 March 2024")
    assert (found.author, found.outlet, found.published) == (None, "Coast Times | Business", date(2024, 3, 5))


@pytest.mark.parametrize("written", ["23-12-2022 19:58 IST", "Fri, 23 Dec 2022 19:58:00 GMT", "2022-12-23 19:58 UTC"])
def test_the_time_and_zone_behind_a_date_do_not_matter(written: str) -> None:
    assert _parse(f"Ada Berg | Coast Times | {written}").published == date(2022, 12, 23)


@pytest.mark.parametrize("row", ["Home | World | 10", "Home | World | Friday", "Home | World | May", "A | B | 12:30"])
def test_a_row_of_a_menu_gives_no_date(row: str) -> None:
    found = _parse(row)
    assert (found.author, found.outlet, found.published) == (None, None, None)


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("Published: 5 March 2024", date(2024, 3, 5)),
        ("Updated: March 7, 2024 | Published: March 5, 2024", date(2024, 3, 5)),
        ("Last modified on 07/03/2024", date(2024, 3, 7)),
        ("Posted 25.12.2023", date(2023, 12, 25)),
        ("Created: 2024-03-05T08:00:00Z", date(2024, 3, 5)),
        ("Published: 31 February 2024", None),
        ("Published: soon", None),
        ("Monday, 4 March 2024", None),
    ],
)
def test_only_a_labelled_date_is_the_articles(line: str, published: date | None) -> None:
    assert _parse(line).published == published


@pytest.mark.parametrize(
    ("page", "author"),
    [
        (["By Ada Berg"], "Ada Berg"),
        (["By: Ada Berg-Lund"], "Ada Berg-Lund"),
        (["By the time they came"], None),
        (["BY ADA BERG"], "ADA BERG"),
        (["Ada Berg", "The writer is a London-based journalist who covers ports."], "Ada Berg"),
        (["Ada Berg"], None),
    ],
)
def test_the_author_is_named_by_a_byline_or_a_note_on_the_writer(page: list[str], author: str | None) -> None:
    assert _parse(*page).author == author


def test_the_outlet_is_the_one_that_did_not_edit_the_story() -> None:
    page = lines.lines(f"{STORY}\n(This story has not been edited by Coast Times staff and comes from a feed.)")
    assert metadata.parse(page).outlet == "Coast Times"


@pytest.mark.parametrize("text", ["2024-02-30", "31 February 2024", "12 People 2024", "99-99-2024", ""])
def test_what_is_no_date_gives_none(text: str) -> None:
    assert metadata.parse_date(text) is None


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.dates(date(1900, 1, 1)), st.sampled_from(["%d-%m-%Y", "%Y-%m-%d", "%d %B %Y", "%B %d, %Y"]))
def test_a_written_date_is_read_day_first(day: date, form: str) -> None:
    assert metadata.parse_date(day.strftime(form)) == day


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(["|", "By", "Updated:", "5 March 2024", "Ada", "# ", "99/99/9999"]) | st.text(), max_size=30
    )
)
def test_any_page_is_parsed_and_its_headline_stands_in_it(words: list[str]) -> None:
    text = " ".join(words)
    found = metadata.parse(lines.lines(text))
    if found.headline_span:
        assert text[slice(*found.headline_span)].endswith(found.headline or "\0")
    else:
        assert found.headline is None
