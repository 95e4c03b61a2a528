"""What both pages of articles begin with: their look and the bar at the top."""

from collections.abc import Iterator
from datetime import date
from html import escape
from importlib.resources import files

_THEME = (
    "const chosen = localStorage.getItem('newsdesk-theme');"
    "const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;"
    "document.documentElement.classList.toggle('dark', dark);"
)


def begun(title: str, root: str, bar: str = "") -> Iterator[str]:
    """Yield the head of a page and its bar; `root` is the address of the service from it, `bar` further HTML."""
    yield '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    yield f"<title>{escape(title)} · Newsdesk</title><script>{_THEME}</script><style>{part('article.css')}</style>"
    yield f'<div class="bar"><div><a class="home" href="{root or "."}">Newsdesk</a>'
    yield f'<a href="{root}articles">Articles</a>{bar}</div></div>'


def part(name: str) -> str:
    """Return a file of this package as text."""
    return (files(__package__) / name).read_text(encoding="utf-8")


def said_day(day: date | None) -> str:
    """Return a day in words."""
    return f"{day.day} {day:%B %Y}" if day else ""
