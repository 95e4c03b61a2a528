"""From a conversation to chat messages. Whatever an article, a reader or a model wrote becomes text, never markup."""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Any

from qa.answer_draft import ABSTENTION, DECLINED, unchecked_note
from qa.markers import MARKER, numbers_of, unmarked
from qa.models import Support
from qa.web.page.conversation import Conversation, Exchange, Said

_PUNCTUATION = re.compile(r"[\\`*_{}\[\]()#+\-.!|~:/@$=^]")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_ITEM = re.compile(r"^(?:[-*•]|\d{1,2}[.)])\s+")
_SPACE = re.compile(r"\s+")
_SHOWN = 90
_VERDICTS = {
    Support.PARTLY: "Only partly borne out by its source",
    Support.UNSUPPORTED: "Not borne out by its source",
    Support.NO_CLAIM: "",
    Support.SUPPORTED: "",
    Support.UNCHECKED: "",
}


def messages(conversation: Conversation) -> list[dict[str, Any]]:
    """Return a conversation as messages of a Gradio chatbot: two for each exchange."""
    return [
        message
        for exchange in conversation.exchanges
        for message in (
            {"role": "user", "content": f'<p class="question">{literal(exchange.question)}</p>'},
            {"role": "assistant", "content": answer_html(exchange)},
        )
    ]


def literal(text: str) -> str:
    """Return HTML that shows exactly this text, on one line; neither HTML nor Markdown finds anything to read in it."""
    escaped = escape(_SPACE.sub(" ", text), quote=True)
    parts = re.split(r"(&(?:#x?[0-9a-fA-F]+|[a-z]+);)", escaped)
    return "".join(part if part.startswith("&") else _PUNCTUATION.sub(_entity, part) for part in parts)


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match.group())};"


def answer_html(exchange: Exchange) -> str:
    """Return the answer of an exchange, in whatever state it is; one line, so that Markdown takes it as one block."""
    return f'<div class="answer">{"".join(_answer(exchange))}</div>'


def _answer(exchange: Exchange) -> Iterator[str]:
    yield from _nearest(exchange) if exchange.heading else _text(exchange)
    yield from _checks(exchange)
    if exchange.state == "reading":
        yield '<p class="step">Reading the articles</p>'
    elif exchange.state == "writing":
        pending = any(said.pending for said in exchange.said)
        yield f'<p class="step">{"Checking" if pending else "Checking the next sentence"}</p>'
    elif exchange.state == "not_in_articles":
        yield f'<p class="abstention">{literal(exchange.abstention or ABSTENTION)}</p>'
        yield _missing(exchange.missing or "")
    elif exchange.state == "declined":
        yield f'<p class="missing">{literal(DECLINED)}</p>'
    elif exchange.state in ("partial", "nearest") and exchange.missing:
        yield _missing(exchange.missing)
    elif exchange.state == "failed":
        begun = "The answer broke off. " if exchange.said else ""
        yield f'<p class="failure">{begun}{literal(exchange.error or "")}</p>'
    elif exchange.state == "stopped":
        yield '<p class="stopped">Stopped. Ask again for the whole answer.</p>'
    unchecked = sum(said.support is Support.UNCHECKED and not said.pending for said in exchange.said)
    if unchecked:
        yield f'<p class="unchecked">{literal(unchecked_note(unchecked))}</p>'
    yield from (f'<p class="missing">{literal(note)}</p>' for note in exchange.notes)


def _missing(missing: str) -> str:
    return f'<p class="missing"><strong>Missing:</strong> {literal(missing)}</p>'


def _nearest(exchange: Exchange) -> Iterator[str]:
    """Yield what may be no answer as quotations below their heading, each as it stands in its article."""
    yield f'<p class="nearest">{literal(exchange.heading)}</p>'
    yield from (f"<blockquote>{_statement(said.text, said, exchange)}</blockquote>" for said in exchange.said)


def _text(exchange: Exchange) -> Iterator[str]:
    """Yield the statements as paragraphs and lists."""
    blocks: list[list[Said]] = []
    for said in exchange.said:
        if not blocks or "\n" in said.separator or _ITEM.match(said.text):
            blocks.append([])
        blocks[-1].append(said)
    for is_item, group in groupby(blocks, key=lambda block: bool(_ITEM.match(block[0].text))):
        inner = [" ".join(_statement(_ITEM.sub("", said.text), said, exchange) for said in block) for block in group]
        if is_item:
            yield f"<ul>{''.join(f'<li>{item}</li>' for item in inner)}</ul>"
        else:
            yield "".join(f"<p>{paragraph}</p>" for paragraph in inner)


def _statement(text: str, said: Said, exchange: Exchange) -> str:
    """Return the text of one statement with its markers as links to the sources."""
    html, last = "", 0
    for match in MARKER.finditer(text):
        html += _prose(text[last : match.start()]) + _chips(numbers_of(match.group()), exchange)
        last = match.end()
    html += _prose(text[last:])
    if said.pending:
        return f'<span class="pending">{html.strip()}</span>'
    if not (verdict := _VERDICTS[said.support]):
        return f"<span>{html.strip()}</span>"
    title = literal(" ".join((f"{verdict}.", *said.problems)))
    return f'<span class="doubt {said.support.value}" title="{title}">{html.strip()}</span>'


def _prose(text: str) -> str:
    """Return text with the one piece of Markdown that models use inside sentences: bold."""
    html, last = "", 0
    for match in _BOLD.finditer(text):
        html += literal(text[last : match.start()]) + f"<strong>{literal(match[1])}</strong>"
        last = match.end()
    return html + literal(text[last:])


def _chips(numbers: list[int], exchange: Exchange) -> str:
    titles = {source.number: source.title for source in exchange.sources}
    return "".join(
        f'<a class="cite" href="#cite-{exchange.id}-{number}" title="Source {number}: {literal(titles[number])}">'
        f"{number}</a>"
        for number in numbers
        if number in titles
    )


def _checks(exchange: Exchange) -> Iterator[str]:
    """Yield one box that names the statements which their sources do not fully bear out, and why."""
    doubted = [said for said in exchange.said if _VERDICTS[said.support]]
    if not doubted:
        return
    grave = any(said.support is Support.UNSUPPORTED for said in doubted)
    count = "One sentence needs" if len(doubted) == 1 else f"{len(doubted)} sentences need"
    items = "".join(f"<li>{_check(said)}</li>" for said in doubted)
    kind = "unsupported" if grave else "partly"
    heading = f"<p><strong>{count} your own look at the source:</strong></p>"
    yield f'<div class="doubts {kind}">{heading}<ul>{items}</ul></div>'


def _check(said: Said) -> str:
    text = _BOLD.sub(r"\1", unmarked(_ITEM.sub("", said.text)))
    start = text if len(text) <= _SHOWN else f"{text[:_SHOWN].rsplit(maxsplit=1)[0]} …"
    why = " ".join(f"{problem.rstrip('.')}." for problem in said.problems) or f"{_VERDICTS[said.support]}."
    return f"“{literal(start)}” {literal(why)}"
