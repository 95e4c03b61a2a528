from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.cleaning import metadata
from index.cleaning.metadata import Metadata
from index.models import Article
from index.text import lines

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
        ("Published on 07/03/2024", None),
        ("Published on 27/03/2024", date(2024, 3, 27)),
        ("Published on 03/03/2024", date(2024, 3, 3)),
        ("Last modified on 7 March 2024", None),
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
    ("line", "updated"),
    [
        ("Updated 5:13 PM ET, Tue March 5, 2019", date(2019, 3, 5)),
        ("ANI | Updated: 23-12-2022 19:58 IST | Created: 22-12-2022 19:58 IST", date(2022, 12, 23)),
        ("Last modified on 7 March 2024", date(2024, 3, 7)),
        ("Published: 5 March 2024", None),
        ("Updated 5 minutes ago", None),
    ],
)
def test_the_updated_date_is_kept_apart(line: str, updated: date | None) -> None:
    assert _parse(line).updated == updated


@pytest.mark.parametrize(
    ("page", "published"),
    [
        (["By Ada Berg on Monday, November 18th, 2019 at 11:04 a.m."], date(2019, 11, 18)),
        (["By Ada Berg, March 5, 2024"], date(2024, 3, 5)),
        (["Nov. 19, 2019, 8:41 AM UTC", "By Ada Berg"], date(2019, 11, 19)),
        (["By Ada Berg", "5 March 2024"], date(2024, 3, 5)),
        (["5 March 2024", "Home", "By Ada Berg"], None),
        (["5 March 2024", "Ada Berg"], None),
    ],
)
def test_a_date_beside_the_byline_is_the_articles(page: list[str], published: date | None) -> None:
    found = _parse(*page)
    assert found.published == published
    assert found.author == ("Ada Berg" if any(line.startswith("By") for line in page) else None)


@pytest.mark.parametrize(
    ("header", "outlet", "published"),
    [
        (["Coast Times", "5 March 2024"], "Coast Times", date(2024, 3, 5)),
        (["Coast Times | March 5, 2024"], "Coast Times", date(2024, 3, 5)),
        (
            ["The Coast of Northport Herald, Tuesday, 5 March 2024, 08:15"],
            "The Coast of Northport Herald",
            date(2024, 3, 5),
        ),
        (["By Ada Berg, Coast Times", "5 March 2024"], "Coast Times", date(2024, 3, 5)),
        (["Northport - 5 March 2024"], None, date(2024, 3, 5)),
        (["Reuters"], "Reuters", None),
        (["Coast Times", "Home", "5 March 2024"], None, None),
        (["Home", "Sports"], None, None),
        (["03/05/2024"], None, None),
    ],
)
def test_a_few_lines_between_headline_and_text_tell_outlet_and_date(
    header: list[str], outlet: str | None, published: date | None
) -> None:
    found = _parse("Northport will wait", *header)
    assert (found.outlet, found.published) == (outlet, published)
    assert found.headline == (None if "Home" in header else "Northport will wait")


def test_each_field_says_where_it_was_found() -> None:
    row = "Ada Berg | Coast Times | 2024-03-05 | https://example.org/flood"
    found = _parse("Flood closes the harbour", row, "Updated: 6 March 2024")
    assert found.found == {
        "headline": "line 1",
        "author": "line 2",
        "outlet": "line 2",
        "published": "line 2",
        "url": "line 2",
        "updated": "line 3",
    }
    assert _parse("By Ada Berg").found == {"author": "the byline, line 1"}


@pytest.mark.parametrize("title", ["NFL: Who wins", "Will the harbour of Northport ever open again?", "Flood | Live"])
def test_a_line_above_a_row_of_metadata_is_the_headline(title: str) -> None:
    assert _parse(title, "Ada Berg | Coast Times | 2024-03-05").headline == title


def test_a_question_is_a_headline_and_a_link_to_the_text_is_not() -> None:
    found = _parse(
        "Skip to main content of the harbour",
        "Sign up to hear of the harbour of Northport",
        "Will the harbour of Northport ever be open again?",
    )
    assert found.headline == "Will the harbour of Northport ever be open again?"


def test_a_line_that_the_article_never_speaks_of_is_no_headline() -> None:
    assert _parse("Best Mattress Deals This Weekend").headline is None


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


def test_the_dates_of_a_seed_say_where_they_stand(seed_articles: dict[str, Article]) -> None:
    article = seed_articles["004"]
    assert (article.published, article.updated, article.language) == (date(2022, 12, 23), date(2022, 12, 23), "en")
    assert article.found == {
        "headline": "line 2",
        "author": "line 4",
        "published": "line 4",
        "updated": "line 4",
        "outlet": "the note that its staff did not edit the text",
        "language": "the words of the text",
    }
    assert {seed_articles[seed].updated for seed in ("000", "001", "002", "003")} == {None}
    assert {article.language for article in seed_articles.values()} == {"en"}


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


@pytest.mark.parametrize(
    "text", [("Three boats sank.",), ("16:40", "Power is back.", "11:05", "Power is out."), (STORY,)]
)
def test_a_header_below_a_headline_is_read_however_short_the_text_is(text: tuple[str, ...]) -> None:
    page = ("Storm over Greenby", "", "By Ada Berg", "Port Times, November 12, 2024", "", *text)
    found = metadata.parse(lines.lines("\n".join(page)))
    assert (found.headline, found.author, found.outlet) == ("Storm over Greenby", "Ada Berg", "Port Times")
    assert found.published == date(2024, 11, 12)


def test_lines_that_tell_nothing_of_an_article_are_no_header() -> None:
    found = metadata.parse(lines.lines("Storm over Greenby\n\nThree boats sank.\n\nNovember 12, 2024\n"))
    assert found.published is None
