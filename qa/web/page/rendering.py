"""Writes a conversation as chat messages; what an article, a reader or a model wrote becomes text, never markup."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Any
from urllib.parse import quote

from index.models import ListedArticle
from qa.answer_draft import DOUBTS, unchecked_note
from qa.language.dates import day_text
from qa.models import EXTRACTIVE, Difference, Side, Support
from qa.models.markers import MARKER, markers_in, numbers_of, unmarked
from qa.web.page.conversation import Conversation, Exchange, ShownStatement, Source
from qa.web.page.states import search_text, state_texts

_PUNCTUATION = re.compile(r"[\\`*_{}\[\]()#+\-.!|~:/@$=^]")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_ITEM = re.compile(r"^(?:[-*•]|\d{1,2}[.)])\s+")
_SPACE = re.compile(r"\s+")
_START = 90
"""The most characters of a statement that the box of doubts repeats."""
_VERDICTS = {support: f"{words} by its source" for support, words in DOUBTS.items()}
_OPINIONS = {
    "good": "Right",
    "wrong_source": "Wrong source",
    "wrong_fact": "Wrong fact",
    "missing": "Something is missing",
}
"""The links for feedback on an answer, by its kind."""


def messages(conversation: Conversation) -> list[dict[str, Any]]:
    """Return a conversation as messages of a Gradio chatbot: two for each exchange."""
    rows = []
    for exchange in conversation.exchanges:
        rows.append({"role": "user", "content": _question(exchange)})
        rows.append({"role": "assistant", "content": answer_html(exchange)})
    return rows


def _question(exchange: Exchange) -> str:
    again = '<span class="again">Asked again</span>' if exchange.repeats else ""
    items = "".join(f"<span>{literal(text)}</span>" for text in exchange.understood)
    understood = f'<p class="understood">{items}</p>' if items else ""
    return f'<p class="question">{again}{literal(exchange.question)}</p>{understood}'


def literal(text: str) -> str:
    """Return HTML that shows exactly this text, on one line; no part of it is markup to HTML or Markdown."""
    escaped = escape(_SPACE.sub(" ", text), quote=True)
    # The entities that `escape` has made stay whole. All other signs become entities as well, and Markdown sees none.
    parts = re.split(r"(&(?:#x?[0-9a-fA-F]+|[a-z]+);)", escaped)
    return "".join(part if part.startswith("&") else _PUNCTUATION.sub(_entity, part) for part in parts)


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match.group())};"


def answer_html(exchange: Exchange) -> str:
    """Return the answer of an exchange in any state as one line, which Markdown takes as one block.

    Its class names the exchange, by which the page finds the sources of the answer in view.
    """
    return f'<div class="answer of-{exchange.id}">{"".join(_answer(exchange))}</div>'


def _answer(exchange: Exchange) -> Iterator[str]:
    if exchange.heading:
        yield f'<p class="nearest">{literal(exchange.heading)}</p>'
    yield from _quotations(exchange) if _is_quoted(exchange) else _text(exchange)
    yield from _checks(exchange)
    yield from (_table(difference, exchange) for difference in exchange.differs)
    if exchange.is_open:
        yield f'<p class="step">{_step(exchange)}</p>'
    yield from _end(exchange)
    unchecked = sum(statement.support is Support.UNCHECKED and not statement.pending for statement in exchange.said)
    if unchecked:
        yield f'<p class="unchecked">{literal(unchecked_note(unchecked))}</p>'
    if exchange.anew and not exchange.is_open:
        note = (
            f"{_sentences(exchange.anew)} had a fact that the source does not hold, and went back to the model first."
        )
        yield f'<p class="unchecked">{literal(note[0].upper() + note[1:])}</p>'
    yield from (f'<p class="note"><strong>Note:</strong> {literal(note)}</p>' for note in exchange.notes)
    yield from _article_list(exchange)
    yield from _foot(exchange)


def _table(difference: Difference, exchange: Exchange) -> str:
    """Return a table of the values that articles give for one thing, with source and day, the newest first."""
    rows = "".join(_row(side, exchange) for side in difference.sides)
    question = f": {literal(difference.asked)}" if len(exchange.differs) > 1 else ""
    head = "".join(f'<th scope="col">{words}</th>' for words in ("What is said", "By", "When"))
    return f'<table class="differ"><caption>The articles differ{question}</caption><tr>{head}</tr>{rows}</table>'


def _row(side: Side, exchange: Exchange) -> str:
    source = next((source for source in exchange.sources if source.number == side.marker), None)
    when = ", ".join(filter(None, (day_text(source.published) if source else "", side.time)))
    by = f"{_chips([side.marker], exchange, with_outlet=False)} {literal(source.outlet or '') if source else ''}"
    return f"<tr><td>{literal(side.value)}</td><td>{by.strip()}</td><td>{literal(when)}</td></tr>"


def _foot(exchange: Exchange) -> Iterator[str]:
    """Yield the address of an answer that the server stores, and the links for feedback."""
    if exchange.answer_id:
        link = f'<a href="answers/{exchange.answer_id}" target="_blank" rel="noopener">Link to this answer</a>'
        opinions = (
            f'<a class="say" role="button" href="v1/answers/{exchange.answer_id}/feedback#{kind}">{words}</a>'
            for kind, words in _OPINIONS.items()
        )
        yield f'<div class="foot">{link} <span class="verdicts">{" ".join(opinions)}</span></div>'


def _step(exchange: Exchange) -> str:
    """Return a line that says what is being done."""
    if any(statement.pending for statement in exchange.said):
        return "Checking"
    if exchange.anew:
        return f"Writing {_sentences(exchange.anew)} anew"
    if exchange.state == "writing":
        return "Checking the next sentence"
    return "Reading what was found" if exchange.sources else search_text(exchange)


def _sentences(number: int) -> str:
    return "one sentence" if number == 1 else f"{number} sentences"


def _article_list(exchange: Exchange) -> Iterator[str]:
    """Yield, folded, the articles of an answer about the collection that its sentences do not cite."""
    cited_paths = {source.path for source in exchange.sources if source.number}
    others = [article for article in exchange.articles if article.path not in cited_paths]
    if not others:
        return
    unshown = exchange.listed - len(exchange.articles)
    rows = "".join(map(_article_row, others))
    rest = f'<p>{unshown:,} more are not shown here: <a href="articles">all articles</a>.</p>' if unshown else ""
    number = f"{len(others) + unshown:,} {'other' if cited_paths else 'article'}"
    plural = "" if len(others) + unshown == 1 else "s"
    yield f'<details class="listed"><summary>{number}{plural}</summary><ul>{rows}</ul>{rest}</details>'


def _article_row(article: ListedArticle) -> str:
    title, address = literal(article.headline or article.path), literal(f"articles/{quote(article.path)}")
    about = (article.outlet, str(article.published) if article.published else None, article.author)
    cited_numbers = literal(" · ".join(part for part in about if part))
    url = article.url if article.url and article.url.startswith(("https://", "http://")) else ""
    source = f' <a href="{literal(url)}" target="_blank" rel="noopener">source</a>' if url else ""
    return f'<li><a href="{address}" target="_blank" rel="noopener">{title}</a> {cited_numbers}{source}</li>'


def _is_quoted(exchange: Exchange) -> bool:
    """Return whether the statements are sentences of articles; a list of articles is written in words."""
    return bool(exchange.heading) or (exchange.writer == EXTRACTIVE and not exchange.articles)


def _end(exchange: Exchange) -> Iterator[str]:
    """Yield what an outcome lacks, or why there is none; the details for the operator are folded."""
    texts = state_texts(exchange)
    if texts.outcome:
        yield f'<p class="outcome {exchange.state}">{literal(texts.outcome)}</p>'
    if exchange.missing and exchange.state in ("partial", "nearest", "not_in_articles"):
        yield f'<p class="missing"><strong>Missing:</strong> {literal(exchange.missing)}</p>'
    if texts.details:
        yield f"<details><summary>Details</summary><p>{literal(texts.details)}</p></details>"


def _quotations(exchange: Exchange) -> Iterator[str]:
    """Yield the quotations with outlet and date; those that follow one another in an article are one block."""
    numbered = {source.number: source for source in exchange.sources}
    blocks: list[tuple[Source | None, list[str]]] = []
    for statement in exchange.said:
        source = next((numbered[number] for number in markers_in(statement.text) if number in numbered), None)
        follows = blocks and blocks[-1][0] and source and blocks[-1][0].path == source.path
        # A line break before a statement begins a block even in the same article.
        if not follows or "\n" in statement.separator:
            blocks.append((source, []))
        blocks[-1][1].append(_statement(statement.text, statement, exchange))
    for source, sentences in blocks:
        about = " · ".join(part for part in (source.outlet, day_text(source.published)) if part) if source else ""
        by = f'<span class="by">{literal(about)}</span>' if about else ""
        paragraph = f"<p>{' '.join(sentences)}</p>"
        yield f"<blockquote>{paragraph}{by}</blockquote>" if source else paragraph


def _text(exchange: Exchange) -> Iterator[str]:
    """Yield the statements as paragraphs and lists."""
    blocks: list[list[ShownStatement]] = []
    for statement in exchange.said:
        if not blocks or "\n" in statement.separator or _ITEM.match(statement.text):
            blocks.append([])
        blocks[-1].append(statement)
    for is_item, group in groupby(blocks, key=lambda block: bool(_ITEM.match(block[0].text))):
        tag = "li" if is_item else "p"
        html = "".join(f"<{tag}>{_block(block, exchange)}</{tag}>" for block in group)
        yield f"<ul>{html}</ul>" if is_item else html


def _block(block: Sequence[ShownStatement], exchange: Exchange) -> str:
    return " ".join(_statement(_ITEM.sub("", statement.text), statement, exchange) for statement in block)


def _statement(text: str, statement: ShownStatement, exchange: Exchange) -> str:
    """Return the text of one statement with its markers as links to the sources."""
    html, last = "", 0
    for match in MARKER.finditer(text):
        html += _prose(text[last : match.start()]) + _chips(numbers_of(match.group()), exchange)
        last = match.end()
    html += _prose(text[last:])
    if statement.pending:
        return f'<span class="pending">{html.strip()}</span>'
    if not (verdict := _VERDICTS.get(statement.support)):
        return f"<span>{html.strip()}</span>"
    title = literal(" ".join((f"{verdict}.", *statement.problems)))
    return f'<span class="doubt {statement.support.value}" title="{title}">{html.strip()}</span>'


def _prose(text: str) -> str:
    """Return text with the one piece of Markdown that models use inside sentences: bold."""
    html, last = "", 0
    for match in _BOLD.finditer(text):
        html += literal(text[last : match.start()]) + f"<strong>{literal(match[1])}</strong>"
        last = match.end()
    return html + literal(text[last:])


def _chips(numbers: list[int], exchange: Exchange, *, with_outlet: bool = True) -> str:
    """Return the links to sources; where an answer in prose has several outlets, those that follow one name theirs."""
    outlets = {source.number: source.outlet or "" for source in exchange.sources if source.number}
    cited_numbers = [number for number in numbers if number in outlets]
    is_prose = not _is_quoted(exchange)
    with_outlet = with_outlet and is_prose and not exchange.articles and len(set(outlets.values())) > 1
    html = ""
    for index, number in enumerate(cited_numbers):
        # Of several numbers in a row with one outlet, the last one names it.
        is_last = index + 1 == len(cited_numbers) or outlets[cited_numbers[index + 1]] != outlets[number]
        outlet = f"<span>{literal(outlets[number])}</span>" if with_outlet and is_last and outlets[number] else ""
        html += f'<a class="cite" href="#cite-{exchange.id}-{number}">{number}{outlet}</a>'
    return html


def _checks(exchange: Exchange) -> Iterator[str]:
    """Yield a box with the statements that their sources do not bear out whole, and why."""
    doubted = [statement for statement in exchange.said if statement.support in _VERDICTS]
    # What is said of the outcome says it of each sentence.
    if not doubted or exchange.state == "declined":
        return
    grave = any(statement.support is Support.UNSUPPORTED for statement in doubted)
    count = "One sentence needs" if len(doubted) == 1 else f"{len(doubted)} sentences need"
    items = "".join(f"<li>{_check(statement)}</li>" for statement in doubted)
    kind = "unsupported" if grave else "partly"
    heading = f"<p><strong>{count} your own look at the source:</strong></p>"
    yield f'<div class="doubts {kind}">{heading}<ul>{items}</ul></div>'


def _check(statement: ShownStatement) -> str:
    text = _BOLD.sub(r"\1", unmarked(_ITEM.sub("", statement.text)))
    start = text if len(text) <= _START else f"{text[:_START].rsplit(maxsplit=1)[0]} …"
    why = " ".join(f"{problem.rstrip('.')}." for problem in statement.problems) or f"{_VERDICTS[statement.support]}."
    later = ' <span class="later">Marked after it was shown.</span>' if statement.later else ""
    return f"“{literal(start)}” {literal(why)}{later}"
