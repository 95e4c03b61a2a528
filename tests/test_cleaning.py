"""The five seeds line by line, as a reader judges them: line number -> how the line begins."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.cleaning import cleaning, metadata
from index.cleaning.cleaning import Cleaned
from index.models import Article, Span
from index.text import lines

JUNK: dict[str, dict[int, str]] = {
    "000": {
        1: "web analytics",
        2: "18.9 C",
        3: "Karachi",
        4: "Thursday, January 2, 2025",
        5: "- Advertisement -",
        9: "TOP NEWS",
        11: "Jahanzaib Ali",
        12: "Jahanzaib Ali",
        13: "The writer is a Washington-based journalist and author. He h",
        31: "- Advertisement -",
        32: "- Advertisement -",
        35: "Trending",
        37: "POLL",
        39: "With inflation coming down, is Pakistan's economy on the pat",
        41: "- Advertisement -",
        44: "MORE STORIES",
    },
    "001": {},
    "002": {
        4: "Short Url",
    },
    "003": {
        19: "This article has been generated from an automated news agenc",
    },
    "004": {
        1: "date 2022-12-23 Left Menu",
        7: "ANI | Updated: 23-12-2022 19:58 IST | Created: 23-12-2022 19:58 IST",
        8: "US seeks strong partnership with Pak on counterterrorism: State dept",
        9: "Representative Image . Image Credit: ANI",
        10: "• Country:",
        11: "• United States",
        25: "(This story has not been edited by Devdiscourse staff and is",
        27: "TRENDING",
        29: "1",
        30: "Woo-hoo! NASA's Perseverance Mars rover deposits first sampl",
        32: "Woo-hoo! NASA's Perseverance Mars rover deposits first sampl",
        34: "Global",
        35: "2",
        36: "Webb telescope fully resumes science operations after software glitch",
        38: "Webb telescope fully resumes science operations after software glitch",
        40: "Global",
        41: "3",
        42: "BGS Gleneagles Global Hospital's Centre for Pediatric Cranio",
        44: "BGS Gleneagles Global Hospital's Centre for Pediatric Cranio",
        46: "India",
        47: "4",
        48: "Mobile gaming is reaching a whole new level",
        50: "Mobile gaming is reaching a whole new level",
        52: "Global",
        54: "DevShots",
        56: "Latest News",
        58: "OPINION / BLOG / INTERVIEW",
        60: "Revolutionizing Energy: The Science Behind Cutting-Edge Technologies",
        62: "Tech-Savvy Farming: The Future of Agriculture and Forestry",
        64: "Agroforestry: A Win-Win for Farmers, Forests, and the Planet",
        66: "The City of the Future: How Technology is Shaping Urban Development",
        68: "Connect us on",
        70: "LinkedIn Quora Youtube RSS",
        71: "Give Feedback",
        72: "Subscribe to our Newsletter",
        74: "SECTORS",
        76: "EDITIONS",
        78: "OTHER LINKS",
        80: "OTHER PRODUCTS",
        82: "CONNECT",
        84: "Devdiscourse",
        86: "Email: info@devdiscourse.com",
        87: "Phone: +91-720-6444012, +91-7027739813, 14, 15",
        89: "VisionRI | Disclaimer | Terms of use | Privacy Policy",
        91: "© Copyright 2022",
    },
}
ARTICLE: dict[str, dict[int, str]] = {
    "000": {
        7: "United States to bloster Pakistan’s counterterrorism capabilites",
        15: "WASHINGTON: The United States will allocate millions of doll",
        17: "Despite concerns from some US lawmakers, the aid package aim",
        19: "During a briefing, the State Department spokesperson was ask",
        21: "He continued, “We will be pursuing four new initiatives to s",
        23: "Miller emphasized that these initiatives build on more than",
        25: "When asked to confirm or deny reports of US Ambassador Donal",
        27: "Regarding the Pakistani Government’s decision not to deport",
        29: "“We believe it is in both our countries’ interest to ensure",
    },
    "001": {
        1: "The US State Department has said that America will be pursui",
        2: '"We’re going to provide $4 million in assistance to expand t',
        3: "Miller also said that an additional $250,000 in equipment wo",
        4: "The spokesman was responding to a question about a group of",
        5: "He further responded that such initiatives built on the over",
        6: '"From our standpoint, the partnership improves justice insti',
        7: "Alleged Imran-Blome meeting",
        8: "Miller was also asked to comment on media reports in Pakista",
        9: "To this, he referred the journalist asking the question to t",
        10: '"But as we have said a number of times, we do not take posit',
        11: "Deportation of Afghan refugees",
        12: "The spokesman further said that it was in the interest of bo",
        13: "Miller was asked for a comment that on the request of the US",
        14: '"It is our desire to work in good faith with the government',
    },
    "002": {
        1: "Washington says working with Pakistan to enhance civilian an",
        3: "State Department spokesperson Matthew Miller addresses journ",
        5: "• Pakistan’s northwestern Khyber Pakhtunkhwa province has se",
        6: "• Southwestern province of Balochistan has also seen increas",
        8: "ISLAMABAD: US State Department Spokesman Matthew Miller said",
        10: "Pakistan’s northwestern Khyber Pakhtunkhwa (KP) province has",
        12: "The remote southwestern province of Balochistan has also see",
        14: "“We continue to have an important bilateral counterterrorism",
        16: "Responding to a question about media reports that eight Paki",
        18: "“I would just say, as these horrific attacks against the Pak",
        20: "On Tuesday, Pakistan said it had approved a “comprehensive m",
    },
    "003": {
        1: "WASHINGTON/Islamabad: Pakistan’s ambassador to the United St",
        2: "The decision to launch Operation Azm-e-Istekam was taken on",
        3: "The federal government recently approved a revitalized natio",
        4: "“Pakistan has launched Azmi Isteqam to counter and dismantle",
        5: "He made these remarks while addressing US policymakers, acad",
        6: "Khan explained that “Azm-i-Istekam” has three components: do",
        7: "The decision to launch the new counterterrorism operation co",
        8: "Khan stressed that Pakistan and the United States should mai",
        9: "“This is critical to regional security and to countering the",
        10: "Khan asserted that bilateral relations should be based on re",
        11: "“Secondly, the entire relationship should not be held hostag",
        12: "He pointed out high-level defence consultations, frequent me",
        13: "Khan also suggested the United States should consider Pakist",
        14: "“In this era of renewed strategic competition, the United St",
        15: "“We should not build a relationship based on mismatched expe",
        16: "Meanwhile, the US State Department expressed support for Pakistan.",
        17: "On June 26, State Department spokesman Matthew Miller, in re",
        18: "“The Pakistani people have suffered greatly from these terro",
    },
    "004": {
        3: "US seeks strong partnership with Pak on counterterrorism: State dept",
        5: "Both countries have suffered terribly due to terrorism, the",
        13: "The US seeks a strong partnership with Pakistan on counterte",
        15: '"We look forward to cooperative efforts to eliminate all reg',
        17: "The issue was also mentioned during Pakistan Foreign Ministe",
        19: "Recently, a top US military commander said the United States",
        21: "General Kurilla made these remarks in response to a question",
        23: "During his visit, the leaders discussed security cooperation",
    },
}
SEEDS = sorted(ARTICLE)
PARAGRAPH = (
    "The minister said on Tuesday that the bridge over the river will be closed for three weeks, since two of its "
    "piers were damaged when a barge ran into them last month."
)


def line_spans(text: str) -> dict[int, Span]:
    """Where each line that is not blank stands without the white space around it, by its number."""
    found, start = {}, 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            begin = start + len(line) - len(line.lstrip())
            found[number] = Span(begin, begin + len(line.strip()))
        start += len(line) + 1
    return found


def _clean(text: str) -> tuple[list[str], list[str]]:
    page = lines.lines(text)
    cleaned: Cleaned = cleaning.clean(page, metadata.parse(page))
    return [text[s:e] for s, e in cleaned.article_lines], [text[s:e] for s, e in cleaned.junk_lines]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_tables_name_every_line_of_a_seed_once(seed: str, seed_articles: dict[str, Article]) -> None:
    text = seed_articles[seed].text
    expected = {**JUNK[seed], **ARTICLE[seed]}
    spans = line_spans(text)
    assert len(expected) == len(JUNK[seed]) + len(ARTICLE[seed])
    assert sorted(expected) == sorted(spans)
    for number, opening in expected.items():
        assert text[slice(*spans[number])].startswith(opening), number


@pytest.mark.parametrize("seed", SEEDS)
def test_no_junk_line_of_a_seed_is_kept(seed: str, seed_articles: dict[str, Article]) -> None:
    article = seed_articles[seed]
    spans = line_spans(article.text)
    assert [number for number in JUNK[seed] if spans[number] in article.article_lines] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_no_article_line_of_a_seed_is_lost(seed: str, seed_articles: dict[str, Article]) -> None:
    article = seed_articles[seed]
    spans = line_spans(article.text)
    assert [number for number in ARTICLE[seed] if spans[number] not in article.article_lines] == []


MENU = ["Home", "World", "Sport", "Opinion", "Sign in", "Subscribe to our newsletter", "Share this on Facebook"]
TAIL = [
    "Share",
    "Comments",
    "Latest news",
    "5 Best Mattress Deals of the Weekend",
    "Ada Berg • 5 hours ago",
    "© 2024 Coast Times",
]


def test_subheads_between_paragraphs_are_kept_and_menus_around_them_are_not() -> None:
    story = [PARAGRAPH, PARAGRAPH + " Again.", "A bridge too old", PARAGRAPH + " Once more."]
    assert _clean("\n".join([*MENU, *story, *TAIL])) == (story, [*MENU, *TAIL])


def test_a_note_on_where_the_article_comes_from_is_not_its_text() -> None:
    note = "This report has been published from a wire agency feed without any changes to it."
    assert _clean(f"{PARAGRAPH}\n{PARAGRAPH} Again.\n{note}")[1] == [note]


def test_a_paragraph_that_speaks_of_a_privacy_policy_is_kept() -> None:
    news = (
        "The regulator fined the company on Monday over its privacy policy, which did not say that the photographs "
        "of two million customers had been sold to three brokers."
    )
    story = [PARAGRAPH, news, PARAGRAPH + " Again."]
    assert _clean("\n".join(story)) == (story, [])
    assert _clean("\n".join([*MENU, *story, *TAIL])) == (story, [*MENU, *TAIL])


def test_teasers_that_read_as_prose_are_junk_on_a_dump() -> None:
    story = [f"{PARAGRAPH} Barge {n} was tied up again, the minister said." for n in range(1, 5)]
    teaser = "Sign up to get our best stories in your inbox, and follow us on Twitter for more of our journalism."
    tail = [*TAIL[:3], teaser, *TAIL[3:]]
    assert _clean("\n".join([*MENU, *story, *tail])) == (story, [*MENU, *tail])


def test_an_article_of_list_items_is_kept_on_a_dump() -> None:
    specs = "Up to {0} hours of battery life for the pump in gate {0} and its lights"
    items = [PARAGRAPH, *(item.format(n) for n in range(1, 13) for item in ("Gate {0}", specs))]
    assert _clean("\n".join([*MENU, *items, *TAIL])) == (items, [*MENU, *TAIL])


def test_a_page_with_nothing_but_short_lines_is_kept_whole() -> None:
    assert _clean("Rain\nWind") == (["Rain", "Wind"], [])
    assert _clean("Heavy rain\nStrong wind") == (["Heavy rain", "Strong wind"], [])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(["Home", PARAGRAPH, "Short Url", "© 2024", "Trending", "“No.”", "•"]) | st.text()))
def test_every_line_is_kept_or_junk_and_both_are_in_order(page: list[str]) -> None:
    text = "\n".join(page)
    found = lines.lines(text)
    cleaned = cleaning.clean(found, metadata.parse(found))
    assert sorted(cleaned.article_lines + cleaned.junk_lines) == [line.span for line in found]
    assert list(cleaned.article_lines) == sorted(cleaned.article_lines)
    assert bool(cleaned.article_lines) == bool(found)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(st.characters() | st.sampled_from("\n\r\t \x0b\x0c\x1c\x85\u2028\u00a0")))
def test_lines_hold_every_character_that_is_not_white_space(text: str) -> None:
    found = lines.lines(text)
    covered = {at for line in found for at in range(line.start, line.end)}
    assert all(char.isspace() or at in covered for at, char in enumerate(text))
    assert all(text[line.start : line.end] == line.text == line.text.strip() != "" for line in found)
