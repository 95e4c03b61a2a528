"""Pages around given texts: heads, JSON-LD and markup in the forms that content systems write. All of it is made up."""

import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from html import escape
from typing import NamedTuple

_FIRST_DAY = date(2024, 1, 15)
_MENU = '<nav><ul><li><a href="/">Home</a></li><li><a href="/n">News</a></li><li><a href="/s">Sport</a></li></ul></nav>'
_MORE = (
    '<aside><h3>Most read</h3><ul><li><a href="/1">Storm closes the ferry to the islands</a> '
    '<time datetime="2019-02-03">3 February 2019</time></li><li><a href="/2">Ten walks for the weekend</a></li></ul>'
    "</aside>"
)
_FOOT = '<footer><p>© Holm Post 2024. All rights reserved.</p><a href="/p">Privacy policy</a></footer>'


class BuiltPage(NamedTuple):
    """The markup of a page, and the day on which its article was published."""

    html: str
    published: date


class _Story(NamedTuple):
    headline: str
    lead: str
    rest: Sequence[str]
    day: date

    @property
    def description(self) -> str:
        """The lead as it goes into an attribute."""
        return escape(self.lead)

    @property
    def paragraphs(self) -> str:
        """All but the lead."""
        return "".join(f"<p>{escape(text)}</p>" for text in self.rest)


def built(form: str, number: int, paragraphs: Sequence[str]) -> BuiltPage:
    """Return a page of one of the `FORMS` around a text, whose first paragraph becomes the lead; `number` dates it."""
    day = _FIRST_DAY + timedelta(days=7 * number)
    headline = " ".join(paragraphs[1].split()[:9]).rstrip(".,;:")
    return BuiltPage(_FORMS[form](_Story(headline, paragraphs[0], paragraphs[1:], day)), day)


def _page(story: _Story, head: str, body: str) -> str:
    title = f"<title>{escape(story.headline)} | Holm Post</title>"
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{title}{head}</head>'
        f"<body><header>{_MENU}</header>{body}{_MORE}{_FOOT}</body></html>"
    )


def _linked(*nodes: object) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes)


def _heading(story: _Story) -> str:
    return f"<h1>{escape(story.headline)}</h1>"


def _article(story: _Story, between: str = "") -> str:
    lead = f"<p>{story.description}</p>"
    return f"<main><article>{_heading(story)}{between}{lead}{story.paragraphs}</article></main>"


def _wordpress(story: _Story) -> str:
    graph = [
        {"@type": "WebPage", "name": story.headline, "datePublished": "2020-01-01T00:00:00+00:00"},
        {"@type": "Article", "headline": story.headline, "datePublished": f"{story.day}T08:00:00+00:00"},
    ]
    head = f'<meta property="article:published_time" content="{story.day}T08:00:00+00:00">'
    return _page(story, head + _linked({"@context": "https://schema.org", "@graph": graph}), _article(story))


def _standfirst(story: _Story) -> str:
    head = f'<meta name="description" content="{story.description}">'
    head += f'<meta name="date" content="{story.day} 16:17:29 +02:00">'
    lead = f'<h2 class="standfirst">{story.description}</h2><div class="byline">By <a href="/e">Eva Lind</a></div>'
    above = f'<div class="article-header">{_heading(story)}{lead}</div>'
    body = f'<main>{above}<div class="body">{story.paragraphs}</div></main>'
    return _page(story, head, body)


def _summary_box(story: _Story) -> str:
    head = f'<meta property="og:description" content="{story.description}">'
    head += f'<meta name="publish-date" content="{story.day:%Y%m%d}">'
    body = f'<header>{_heading(story)}<div class="deck"><span>{story.description}</span></div></header>'
    return _page(story, head, f'{body}<section class="content">{story.paragraphs}</section>')


def _dublin_core(story: _Story) -> str:
    head = f'<meta name="DC.date" content="{story.day}"><meta name="DC.publisher" content="Holm Post">'
    return _page(story, head, _article(story))


def _time_element(story: _Story) -> str:
    stamp = f'<p class="meta">Eva Lind <time datetime="{story.day}T10:30">{story.day:%d %B %Y}</time></p>'
    return _page(story, "", _article(story, stamp))


def _microdata(story: _Story) -> str:
    stamp = f'<span itemprop="datePublished" content="{story.day}">{story.day:%d/%m/%y}</span>'
    body = f'<div itemscope itemtype="https://schema.org/NewsArticle">{_article(story, stamp)}</div>'
    return _page(story, "", body)


def _main_entity(story: _Story) -> str:
    node = {"@type": "NewsArticle", "headline": story.headline, "datePublished": f"{story.day} 06:00:00 +01:00"}
    related = {"@type": "NewsArticle", "headline": "Ten walks for the weekend", "datePublished": "2018-05-05"}
    listed = {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": related}]}
    return _page(story, _linked(listed, {"@type": "WebPage", "mainEntity": node}), _article(story))


def _body_in_json(story: _Story) -> str:
    text = "\n\n".join((story.lead, *story.rest))
    node = {"@type": "ReportageNewsArticle", "headline": story.headline, "articleBody": text}
    node["datePublished"] = f"{story.day}T05:00:00Z"
    teaser = f'<div id="app">{_heading(story)}<p>{escape(story.rest[0])}</p><p>Loading the article</p></div>'
    return _page(story, _linked([node]), teaser)


_FORMS: dict[str, Callable[[_Story], str]] = {
    "graph of JSON-LD": _wordpress,
    "standfirst as a heading": _standfirst,
    "summary in a box": _summary_box,
    "Dublin Core": _dublin_core,
    "time element": _time_element,
    "microdata": _microdata,
    "main entity in JSON-LD": _main_entity,
    "text in JSON-LD": _body_in_json,
}
FORMS = tuple(_FORMS)
"""The forms by name."""
