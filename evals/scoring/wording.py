"""Compare the words of an answer with those that are required, with figures by value, and with a reference."""

import re
from collections import Counter
from collections.abc import Sequence

from qa.language.amounts import Amount, amounts
from qa.language.terms import fold, words
from qa.models.markers import MARKER


def says(text: str, required: str) -> bool:
    """Return whether an answer has the required string as whole words and whole figures.

    Markers are left out; case, accents, the form of quotes and hyphens, and the amount of white space do not count.
    "10 new" is not in "110 new", and "25,000" is not in "25,000,000".
    """
    said, wanted = _plain(text), _plain(required)
    before = r"(?<!\w)(?<!\d[.,])" if wanted[0].isalnum() else ""
    after = r"(?!\w)(?![.,]\d)" if wanted[-1].isalnum() else ""
    return bool(re.search(before + re.escape(wanted) + after, said))


def figures_said(text: str, required: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return of how many required groups with a figure the answer has the figures of one string, and of how many.

    Figures are compared by value and unit, however they are written: "$4m" is "4 million dollars".
    """
    held = set(amounts(_unmarked(text)))
    wanted = [[set(amounts(string)) for string in group] for group in required]
    numeric = [[worth for worth in group if worth] for group in wanted if any(group)]
    said = [any(all(_is_held(amount, held) for amount in worth) for worth in group) for group in numeric]
    return sum(said), len(numeric)


def token_f1(text: str, reference: str) -> float:
    """Return the harmonic mean of the shares of words in common, each counted as often as both have it.

    The F1 of SQuAD (Rajpurkar et al. 2016, arXiv 1606.05250); case, accents and punctuation do not count.
    """
    said, wanted = _bag(text), _bag(reference)
    common = (said & wanted).total()
    return 2 * common / (said.total() + wanted.total()) if common else 0.0


def _bag(text: str) -> Counter[str]:
    return Counter(fold(word) for word in words(_unmarked(text)))


def _is_held(amount: Amount, held: set[Amount]) -> bool:
    return any(
        (other.value, other.unit) == (amount.value, amount.unit)
        and (other.currency == amount.currency or not other.currency or not amount.currency)
        for other in held
    )


def _plain(text: str) -> str:
    return " ".join(fold(_unmarked(text)).split())


def _unmarked(text: str) -> str:
    return MARKER.sub("", text)
