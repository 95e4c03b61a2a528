"""The frame of the pages to read (articles, stored answers, the reference): their look and the bar at the top."""

from collections.abc import Iterator
from html import escape
from importlib.resources import files

_THEME = (
    "const chosen = localStorage.getItem('newsdesk-theme');"
    "const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;"
    "document.documentElement.classList.toggle('dark', dark);"
)


def page_start(title: str, root: str, bar: str = "") -> Iterator[str]:
    """Yield the head and the bar of a page; `root` is the relative address of the service, `bar` more of its HTML."""
    yield '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    yield f'<link rel="icon" href="{root or "./"}favicon.ico"><title>{escape(title)} · Newsdesk</title>'
    yield f"<script>{_THEME}</script><style>{asset('article.css')}</style>"
    yield f'<div class="bar"><div><a class="home" href="{root or "."}">Newsdesk</a>'
    yield f'<a href="{root}articles">Articles</a>{bar}</div></div>'


def refusal_page(title: str, root: str, reason: str) -> Iterator[str]:
    """Yield a page that gives the reason why there is nothing to read."""
    yield from page_start(title, root)
    yield f"<main><h1>{escape(title)}</h1><p>{escape(reason)}</p>"
    yield f'<p><a href="{root}">Back to the questions</a></p></main></html>'


def asset(name: str) -> str:
    """Return a file of this package as text."""
    return (files(__package__) / name).read_text(encoding="utf-8")
