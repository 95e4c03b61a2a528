"""The texts for each state of an exchange, which the answer and the panel show."""

from typing import NamedTuple

from qa.answer_draft import ABSTENTION, DECLINED
from qa.models import EXTRACTIVE
from qa.web.page.conversation import Exchange

_SOON = "Ask again in a minute."
_NO_SEARCH = f"The articles cannot be searched right now. {_SOON}"
FAILURES = {
    "invalid-question": "The question cannot be answered as it stands. Word it differently.",
    "invalid-scope": "No article can be within what you asked of. Take a condition away, and ask again.",
    "model-key-missing": "The language model is not set up, so it cannot write answers.",
    "model-unavailable": f"The language model cannot be reached right now. {_SOON}",
    "model-busy": f"The language model has too much to do right now. {_SOON}",
    "model-timeout": "The language model took too long. Ask again, or ask for less at once.",
    "model-answer-incomplete": "The language model broke off its answer. Ask again.",
    "model-answer-invalid": "The language model gave no answer. Ask again.",
    "model-refused": "The provider of the language model withheld its answer. Word the question differently.",
    "budget-spent": "The language model may not write more today: what it may cost a day is spent. Ask again tomorrow.",
    "recording-missing": "The language model has no answer to this question.",
    "overloaded": "Too many questions are being answered right now. Ask again in a few seconds.",
    "search-timeout": f"The search took too long. {_SOON}",
    "answer-failed": "The answer could not be finished. Ask again.",
    "index-missing": "No articles have been indexed yet, so there is nothing to answer from.",
    "index-damaged": "The index of the articles is damaged, so they cannot be searched.",
    "index-mismatch": "The index of the articles does not fit this service, so they cannot be searched.",
    "embedder-unavailable": _NO_SEARCH,
    "vectors-unavailable": _NO_SEARCH,
    "disk-full": _NO_SEARCH,
    "index-unavailable": _NO_SEARCH,
}
"""What the reader sees of a problem, by its slug; the text of the problem is for the operator."""
UNEXPECTED_FAILURE = "Something went wrong in the server. Ask again."
CUT = {
    "stopped": "You stopped this answer. Ask again for all of it.",
    "left": "You left before this answer was finished. Ask again for all of it.",
    "lost": "The connection to the server was lost before this answer was finished. Ask again for all of it.",
}
_MODEL_NOTE = "{} writes the answers. Every sentence is checked against the source it cites."
_QUOTING_NOTE = "Text is quoted from articles. Every sentence names the source where it stands."


class StateTexts(NamedTuple):
    """The texts of an exchange; an empty one is not shown.

    `outcome` stands in the answer, `details` folded below it, `heading` and `note` above the sources.
    """

    outcome: str = ""
    details: str = ""
    heading: str = "Sources"
    note: str = ""


def standing_note(writer: str) -> str:
    """Return the note that holds for all answers of a writer or model of this name."""
    return _QUOTING_NOTE if writer == EXTRACTIVE else _MODEL_NOTE.format(writer)


def state_texts(exchange: Exchange) -> StateTexts:
    """Return the texts of an exchange in its state."""
    if exchange.is_open:
        return _open_texts(exchange)
    if exchange.state == "failed" or exchange.state in CUT:
        return _cut_texts(exchange)
    if exchange.heading:
        return StateTexts(heading="Nearest sentences", note="They come nearest, and may not answer the question.")
    if exchange.state == "declined":
        return StateTexts(DECLINED, heading="Passages found", note="The answer rests on none of them.")
    if exchange.state == "not_in_articles":
        return StateTexts(exchange.abstention or ABSTENTION, heading="Nearest passages", note=_nearest_note(exchange))
    if exchange.sources and not any(source.number for source in exchange.sources):
        return StateTexts(heading="Passages found", note="The answer cites none of them.")
    return StateTexts()


def _nearest_note(exchange: Exchange) -> str:
    if not exchange.sources:
        return "No passage comes near this question."
    return "These came nearest. An answer was not found in them."


def _open_texts(exchange: Exchange) -> StateTexts:
    if exchange.heading:
        return StateTexts(heading="Nearest sentences", note="They come nearest, and may not answer the question.")
    if any(source.number for source in exchange.sources):
        return StateTexts()
    if exchange.sources:
        return StateTexts(heading="Passages found", note="They are being read for an answer.")
    return StateTexts(note=f"{search_text(exchange)} …")


def search_text(exchange: Exchange) -> str:
    """Return a line that says what is being searched."""
    if not exchange.among:
        return "Searching the articles"
    return f"Searching {exchange.among:,} {'article' if exchange.among == 1 else 'articles'}"


def _cut_texts(exchange: Exchange) -> StateTexts:
    reason = FAILURES.get(exchange.failure, UNEXPECTED_FAILURE) if exchange.state == "failed" else CUT[exchange.state]
    if exchange.heading:
        heading, note = "Nearest sentences", "They come nearest, and may not answer the question. There may be more."
    elif any(source.number for source in exchange.sources):
        heading, note = "Sources", "Those of the part that was written."
    elif exchange.sources:
        heading, note = "Passages found", "They were found before the answer broke off."
    else:
        heading, note = "Sources", "Nothing had been found when the answer broke off."
    return StateTexts(reason, exchange.details, heading, note)
