"""Read a saved web page: the article that trafilatura finds, with what it missed and the page itself declares."""

import re

from index.corpus.documents import Document
from index.corpus.encodings import decoded
from index.corpus.formats.html import metadata
from index.corpus.formats.markup import fault_of_markup, looks_like_markup, text_of
from index.errors import UnreadableFile
from index.text.lines import count_words, lines
from index.text.normal_form import letters

_PAGE = re.compile(r"\s*(?:<\?xml[^>]{0,100}>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype html|html)\b", re.I | re.S)
_MUCH_MORE = 1.1
_FEW_WORDS = 50
_MOST_WORDS_LEFT = 3
_LEAST_DESCRIPTION = 6
_CONTENT_WORD = re.compile(r"[^\W\d_]{4,}")


def is_page(text: str) -> bool:
    """Whether a text is the source of a web page, whatever its file is called."""
    return bool(_PAGE.match(text))


def read_html(data: bytes) -> Document:
    """Return the article of a saved page; offsets point into the text that is extracted.

    The text is the page's own `articleBody` where that is longer than what was extracted. A standfirst that stands
    under the headline, or that the page declares as its description, goes before the text when it is not in it. Of a
    page of which little was read the document says so. Raises UnreadableFile when there is no article text.
    """
    import trafilatura

    html, encoding, doubt = decoded(data, declares=True)
    if fault := fault_of_markup(html):
        raise UnreadableFile(f"it {fault}")
    page = metadata.page(html)
    text = trafilatura.extract(html, include_comments=False, include_tables=True, favor_recall=True) or ""
    body = text_of(page.body) if looks_like_markup(page.body) else page.body
    if count_words(body) > _MUCH_MORE * count_words(text):
        text = body
    if not text:
        raise UnreadableFile("no article text was found in the HTML")
    shown = text_of(html)
    text = _with_lead(text, page, [line.text for line in lines(shown)])
    doubts = (doubt, _too_little(text, page.words, shown))
    return Document(text, encoding, page.declared, doubts=tuple(filter(None, doubts)))


def _with_lead(text: str, page: metadata.Page, shown: list[str]) -> str:
    """Return the text with the lines before it that belong to the article and are not in it."""
    first, *rest = text.split("\n", 1)
    headline = letters(str(page.declared.get("headline", "")))
    opens_with_headline = bool(rest) and letters(first) == headline
    known, leads = letters(text), []
    for lead in (*_under_the_headline(text, headline, shown), *_described(text, page, shown)):
        if (plain := letters(lead)) not in known:
            leads.append(lead)
            known += plain
    above = [first] if opens_with_headline else []
    return "\n".join([*above, *leads, *(rest if opens_with_headline else [text])])


def _under_the_headline(text: str, headline: str, shown: list[str]) -> list[str]:
    """Return the running text that the page shows between its headline and the first line of the article."""
    plain = [letters(line) for line in shown]
    if not headline or plain.count(headline) != 1:
        return []
    start = plain.index(headline) + 1
    body = {letters(line.text) for line in lines(text) if line.is_prose}
    end = next((at for at in range(start, len(plain)) if plain[at] in body), start)
    return [line.text for line in lines("\n".join(shown[start:end])) if line.is_prose]


def _described(text: str, page: metadata.Page, shown: list[str]) -> list[str]:
    """Return the descriptions of the article, as the page shows them in full, or where they speak of the same."""
    found = []
    words = set(_CONTENT_WORD.findall(text.lower()))
    for description in page.descriptions:
        plain = letters(description)
        whole = next((line for line in shown if plain and letters(line).startswith(plain)), None)
        said = _CONTENT_WORD.findall(description.lower())
        speaks_of_it = 2 * sum(word in words for word in said) >= len(said) and not description.endswith(("…", "..."))
        if count_words(description) >= _LEAST_DESCRIPTION and (whole or speaks_of_it):
            found.append(whole or description)
    return found


def _too_little(text: str, declared: int, shown: str) -> str:
    """Say so where less was read than the page declares, or next to no running text of a page that shows much."""
    read, running = count_words(text), sum(line.words for line in lines(text) if line.is_prose)
    if declared > _MOST_WORDS_LEFT * read:
        return f"only {read:,} words were read of an article that declares {declared:,}; save it with its whole text"
    if running < _FEW_WORDS and (all_words := count_words(shown)) > _MOST_WORDS_LEFT * running:
        return (
            f"only {running:,} words of running text were read of a page of {all_words:,}; see if they are the article"
        )
    return ""
