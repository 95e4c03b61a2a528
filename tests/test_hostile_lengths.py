"""Long texts of one thing, as broken models and odd files give them: no check takes more than in proportion."""

import gc
import time
from collections.abc import Callable
from datetime import date

import pytest
from stub_model import hit_of

from qa.checking.citations import Draft
from qa.checking.figures import missing_dates, missing_digits, missing_figures
from qa.checking.grounding import _is_verbatim
from qa.checking.names import KnownWords, missing_names, missing_quotations
from qa.checking.second_look import _lowest
from qa.models.markers import markers_in
from qa.prompting.evidence import number_evidence
from qa.writing.repair import _drafts
from qa.writing.wrapping import Wrapping

LENGTH = 30_000
UNITS = [
    "1,",
    "1-",
    "[1",
    "$1 ",
    "1. x\n",
    "1 May ",
    "May ",
    "Mr. ",
    "A.",
    "U.S. ",
    "Ada Berg met Bo Cox. ",
    "It rained. ",
    "\n",
    "[1†",
    "[s",
    "[sentences 1 and ",
    "[^1,",
    "(1,",
    "(1) ",
    " ",
    "1.111.",
    "1'111'",
    "1 111 ",
    "9",
    "```\n",
    '{"a":',
    '{"',
]
CHECKS: dict[str, Callable[[str], object]] = {
    "figures": lambda text: missing_figures(text, "Three men."),
    "figures of another language": lambda text: missing_digits(text, text),
    "dates": lambda text: missing_dates(text, "On Monday.", published=[date(2024, 1, 1)]),
    "names": lambda text: missing_names(text, KnownWords("Bob Ray")),
    "quotations": lambda text: missing_quotations(f"'{text}", "He said so."),
    "names held": lambda text: missing_names("They met Bob Ray.", KnownWords(text)),
    "whole sentences": lambda text: _is_verbatim(f"{text}x", number_evidence([hit_of("a.txt", text)])),
    "verdicts": _lowest,
    "drafts": lambda text: _drafts(text, ()),
    "markers": markers_in,
    "a drafted statement": Draft.parsed,
    "a reply": lambda text: unwrapped(text),
    "a block of code": lambda text: unwrapped(f"```{text}"),
    "an object": lambda text: unwrapped(f"{{{text}"),
}


def unwrapped(reply: str) -> str:
    wrapping = Wrapping()
    return "".join([*map(wrapping.taken_from, reply), wrapping.taken_from(None)])


@pytest.mark.parametrize("check", CHECKS)
def test_no_check_takes_quadratic_time(check: str) -> None:
    slow = {}
    gc.disable()  # a collection looks through what all tests have left
    for unit in (*UNITS, "a "):
        text = (unit * LENGTH)[:LENGTH]
        began = time.thread_time()
        CHECKS[check](text)
        if (took := time.thread_time() - began) > 2:
            slow[unit] = took
    gc.enable()
    assert not slow
