"""Read a saved web page: the article that trafilatura extracts, the lead it misses, and what the page declares."""

import re

from index.corpus.documents import Document
from index.corpus.encodings import decoded
from index.corpus.formats.html import metadata
from index.corpus.formats.markup import fault_of_markup, looks_like_markup, text_of
from index.errors import UnreadableFile
from index.text.lines import count_words, lines
from index.text.normal_form import letters

# A declaration of XML and comments may stand before what makes a text a page.
_PAGE = re.compile(r"\s*(?:<\?xml[^>]{0,100}>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype html|html)\b", re.I | re.S)
_MUCH_MORE = 1.1
_FEW_WORDS = 50
_TIMES_THE_WORDS_READ = 3
_LEAST_DESCRIPTION_WORDS = 6
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
    # Recall before precision: page junk that comes along is left out in cleaning, and a lost paragraph is lost.
    text = trafilatura.extract(html, include_comments=False, include_tables=True, favor_recall=True) or ""
    body = text_of(page.body) if looks_like_markup(page.body) else page.body
    if count_words(body) > _MUCH_MORE * count_words(text):
        text = body
    if not text:
        raise UnreadableFile("no article text was found in the HTML")
    page_text = text_of(html)
    text = _with_lead(text, page, [line.text for line in lines(page_text)])
    doubts = (doubt, _doubt_of_length(text, page.words, page_text))
    return Document(text, encoding, page.declared, doubts=tuple(filter(None, doubts)))


def _with_lead(text: str, page: metadata.Page, page_lines: list[str]) -> str:
    """Return the text with the lines before it that belong to the article and are not in it."""
    first, *rest = text.split("\n", 1)
    headline = letters(str(page.declared.get("headline", "")))
    opens_with_headline = bool(rest) and letters(first) == headline
    # By letters alone: the extracted text and the page differ in spaces and in the forms of quotation marks.
    text_letters, leads = letters(text), []
    for lead in (*_under_the_headline(text, headline, page_lines), *_descriptions(text, page, page_lines)):
        if (lead_letters := letters(lead)) not in text_letters:
            leads.append(lead)
            text_letters += lead_letters
    return "\n".join([first, *leads, *rest] if opens_with_headline else [*leads, text])


def _under_the_headline(text: str, headline: str, page_lines: list[str]) -> list[str]:
    """Return the running text that the page shows between its headline and the first line of the article."""
    by_letters = [letters(line) for line in page_lines]
    # A headline that stands twice on the page (a list of links, a header that repeats it) does not say where the text
    # is.
    if not headline or by_letters.count(headline) != 1:
        return []
    start = by_letters.index(headline) + 1
    body = {letters(line.text) for line in lines(text) if line.is_prose}
    end = next((number for number in range(start, len(by_letters)) if by_letters[number] in body), start)
    return [line.text for line in lines("\n".join(page_lines[start:end])) if line.is_prose]


def _descriptions(text: str, page: metadata.Page, page_lines: list[str]) -> list[str]:
    """Return the descriptions of the article: the whole line of the page, or a description that shares its words."""
    result = []
    article_words = set(_CONTENT_WORD.findall(text.lower()))
    for description in page.descriptions:
        start = letters(description)
        whole_line = next((line for line in page_lines if start and letters(line).startswith(start)), None)
        # A description often ends in the middle of a sentence, and must then be found whole on the page.
        words = _CONTENT_WORD.findall(description.lower())
        is_cut_off = description.endswith(("…", "..."))
        shares_words = 2 * sum(word in article_words for word in words) >= len(words) and not is_cut_off
        if count_words(description) >= _LEAST_DESCRIPTION_WORDS and (whole_line or shares_words):
            result.append(whole_line or description)
    return result


def _doubt_of_length(text: str, declared_words: int, page_text: str) -> str:
    """Return a doubt where little was read: of the words that the page declares, or of all that it shows; else ""."""
    read, running = count_words(text), sum(line.words for line in lines(text) if line.is_prose)
    if declared_words > _TIMES_THE_WORDS_READ * read:
        return (
            f"only {read:,} words were read of an article that declares {declared_words:,}; save it with its whole text"
        )
    if running < _FEW_WORDS and (all_words := count_words(page_text)) > _TIMES_THE_WORDS_READ * running:
        return (
            f"only {running:,} words of running text were read of a page of {all_words:,}; see if they are the article"
        )
    return ""
