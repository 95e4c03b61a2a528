"""Saved pages: what trafilatura misses and the page itself shows or declares, dates in many forms, pages as .txt."""

import json
from datetime import date

import pytest

from index.corpus import reading
from index.corpus.formats.html import metadata

LEAD = "The head of the port signed the contract for 4 million on Monday evening, after two other bids had been refused"
BODY = "".join(
    f"<p>Pier {n} of Northport has stood empty since the flood and will be used by the fishing boats again, said the "
    f"port authority, which wants the work on pier {n} to begin in spring.</p>"
    for n in range(1, 4)
)
MENU = '<nav><a href="/">Home</a> <a href="/n">News</a></nav>'
DAY = date(2024, 4, 30)


def _read(head: str, above: str = "", body: str = BODY, name: str = "a.html") -> reading.Document:
    html = f"<!DOCTYPE html><html><head><title>Port mends piers</title>{head}</head><body>{MENU}"
    html += f"<main>{above}{body}</main><footer>Northport Post</footer></body></html>"
    [document] = reading.read(name, html.encode()).documents
    return document


@pytest.mark.parametrize("tag", ['h2 class="standfirst"', 'div class="deck"', "span"])
def test_a_standfirst_that_the_page_declares_is_article_text(tag: str) -> None:
    head = f'<meta name="description" content="{LEAD}">'
    above = f'<div class="head"><h1>Port mends piers</h1><{tag}>{LEAD}</{tag.split()[0]}></div>'
    text = _read(head, above).text
    assert text.count(LEAD) == 1
    assert text.index(LEAD) < text.index("Pier 1")


def test_a_description_of_the_site_is_no_article_text() -> None:
    head = '<meta name="description" content="All news from towns along our coast, every morning, noon and night">'
    assert "every morning" not in _read(head, "<h1>Port mends piers</h1>").text


def test_the_text_in_json_ld_counts_where_it_is_longer() -> None:
    whole = f"{LEAD}. " + " ".join(f"Boat {n} is to come back to its place at the old pier by June." for n in range(20))
    node = {"@type": "NewsArticle", "headline": "Port mends piers", "articleBody": whole}
    head = f'<script type="application/ld+json">{json.dumps(node)}</script>'
    assert _read(head, "<h1>Port mends piers</h1>", "<p>Boat 0 is to come back.</p>").text == whole
    assert "Pier 3" in _read(head.replace(whole, "Short."), "<h1>Port mends piers</h1>").text


def test_a_page_of_which_little_was_read_says_so() -> None:
    links = "".join(f'<li><a href="/{n}">Northport story number {n} of the week</a></li>' for n in range(60))
    page = _read("", "<h1>Port mends piers</h1>", f"<p>The page is loading now.</p><nav><ul>{links}</ul></nav>")
    assert "only" in page.doubts[0]
    node = {"@type": "NewsArticle", "headline": "Port mends piers", "wordCount": 900}
    counted = _read(f'<script type="application/ld+json">{json.dumps(node)}</script>')
    assert "declares 900" in counted.doubts[0]
    assert _read("").doubts == ()


def test_a_page_that_is_saved_as_text_is_read_as_a_page() -> None:
    assert _read("", name="a.txt").text == _read("").text


@pytest.mark.parametrize(
    "written",
    [
        '<meta name="date" content="2024-04-30 16:17:29 +02:00">',
        '<meta name="publishdate" content="20240430">',
        '<meta name="publish-date" content="30 April 2024">',
        '<meta name="DC.date" content="2024-04-30">',
        '<meta name="dcterms.created" content="2024-04-30T08:00Z">',
        '<meta itemprop="datePublished" content="2024-04-30">',
        '<h1>Port</h1><p>By Ada <time datetime="2024-04-30T10:00">today</time></p>',
        '<time pubdate datetime="2024-04-30">30/4</time>',
        '<span itemprop="datePublished" content="2024-04-30">30/4</span>',
        '<script type="application/ld+json">{"@type": "WebPage", "mainEntity": {"@type": "NewsArticle", '
        '"datePublished": "2024-04-30 16:17:29 +02:00"}}</script>',
        '<script type="application/ld+json">[[{"data": {"@type": ["NewsArticle"], "datePublished": "2024-04-30"}}]]'
        "</script>",
        '<script type="application/ld+json">[{"@type": "NewsArticle", "headline": "Walks", "datePublished": '
        '"2018-01-01"}, {"@type": "NewsArticle", "headline": "Port", "datePublished": "2024-04-30"}]'
        "</script><h1>Port</h1>",
    ],
)
def test_a_date_is_read_in_the_forms_that_pages_write(written: str) -> None:
    assert metadata.page(f"<html><head></head><body>{written}").declared["published"] == DAY


@pytest.mark.parametrize(
    "written",
    [
        "<h1>Port</h1><p>30 April 2024</p>",
        f"<h1>Port</h1><p>{LEAD * 4}</p><aside><time datetime='2024-04-30'>30/4</time></aside>",
        '<meta name="date" content="04/05/2024">',
        '<meta name="expires" content="2024-04-30">',
    ],
)
def test_other_days_on_a_page_are_not_its_date(written: str) -> None:
    assert "published" not in metadata.page(f"<html><head></head><body>{written}").declared
