from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from index.corpus.formats.html import metadata

HEAD = """<html lang="en-GB"><head><title>Flood | Coast Times</title><link rel="canonical" href="https://e.org/f">
<meta property="article:published_time" content="2024-03-05T08:00:00Z"><meta name="author" content="https://e.org/a">
<meta property="article:modified_time" content="yesterday"><script type="application/ld+json">%s</script></head>
<body><h1>Flood closes <b>harbour</b></h1><p>January 2, 2025</p>"""
LINKED = """{"@graph": [{"@type": "WebPage"}, {"@type": "NewsArticle", "headline": " Flood ",
"author": [{"name": "Ada"}, "Bo"], "publisher": {"name": "Coast Times"},
"dateModified": "2024-03-06", "datePublished": "2024-03-04"}]}"""


def test_meta_tags_give_what_they_declare() -> None:
    assert metadata.page(HEAD % "{broken").declared == {
        "headline": "Flood closes harbour",
        "published": date(2024, 3, 5),
        "language": "en",
        "url": "https://e.org/f",
    }


def test_json_ld_goes_before_meta_tags() -> None:
    assert metadata.page(HEAD % LINKED).declared == {
        "headline": "Flood",
        "outlet": "Coast Times",
        "author": "Ada, Bo",
        "published": date(2024, 3, 4),
        "updated": date(2024, 3, 6),
        "language": "en",
        "url": "https://e.org/f",
    }


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(["<meta name=", '"author"', ">", "<script type=application/ld+json>", "[", "{"]) | st.text()
    )
)
def test_any_html_is_read(parts: list[str]) -> None:
    metadata.page("".join(parts))
