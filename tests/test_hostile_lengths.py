"""Long texts of one thing, as broken models and odd files give them: no check takes more than in proportion."""

import time
from collections.abc import Callable
from datetime import date

import pytest

from qa.checking.figures import missing_dates, missing_figures
from qa.checking.judging import _verdicts
from qa.checking.names import missing_names, missing_quotations
from qa.writing.repair import _drafts

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
    "\n",
    "[1†",
]
CHECKS: dict[str, Callable[[str], object]] = {
    "figures": lambda text: missing_figures(text, "Three men."),
    "dates": lambda text: missing_dates(text, "On Monday.", published=[date(2024, 1, 1)]),
    "names": lambda text: missing_names(text, "Bob Ray"),
    "quotations": lambda text: missing_quotations(f"'{text}", "He said so."),
    "names held": lambda text: missing_names("They met Bob Ray.", text),
    "verdicts": _verdicts,
    "drafts": lambda text: _drafts(text, ()),
}


@pytest.mark.parametrize("check", CHECKS)
def test_no_check_takes_quadratic_time(check: str) -> None:
    slow = {}
    for unit in (*UNITS, "a "):
        text = (unit * LENGTH)[:LENGTH]
        began = time.process_time()
        CHECKS[check](text)
        if (took := time.process_time() - began) > 2:
            slow[unit] = took
    assert not slow
