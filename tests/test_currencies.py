"""Sums of money are told from other figures by the sign, the code or the word beside them."""

import pytest

from qa.language.terms import figures


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("US$4.1bn", 4.1e9, "dollar"),
        ("HK$5", 5, "dollar"),
        ("4.1 billion dollars", 4.1e9, "dollar"),
        ("CHF 20", 20, "franc"),
        ("20 kr.", 20, "crown"),
        ("38 million crowns", 3.8e7, "crown"),
        ("300 kroner a head", 300, "crown"),
        ("Rs. 500", 500, "rupee"),
        ("fifteen zloty", 15, "zloty"),
        ("5 billion won", 5e9, "won"),
        ("85 cents", 85, "cent"),
    ],
)
def test_a_sum_has_a_currency(text: str, value: float, currency: str) -> None:
    [found] = figures(f"It cost {text} at most.")
    assert (found.value, found.unit, found.currency) == (value, "money", currency)


@pytest.mark.parametrize("text", ["5 won", "offers 5", "4 crowned heads", "12 pounders"])
def test_other_figures_are_no_money(text: str) -> None:
    assert {(one.unit, one.currency) for one in figures(f"Team {text} there.")} == {("", "")}
