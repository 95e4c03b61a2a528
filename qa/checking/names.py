"""Which names and quotations of a statement a text does not hold."""

import re
from collections.abc import Iterable

from index.text.plain import plain
from qa.language.terms import fold, names, quotations, stem, words

# Cyrillic and Greek letters that look like Latin ones (confusables of Unicode Technical Standard 39, in part).
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһԛԝАВЕЅІЈКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧονιαρ", "aeopcyxijsdhqwABESIJKMHOPCTYXABEZHIKMNOPTYXoviap"
)
_LOOKS_LATIN = re.compile(f"(?<![^\\W\\d_])[A-Za-zÀ-ɏ{''.join(map(chr, _LOOKALIKES))}]+(?![^\\W\\d_])")
_SMALL_WORDS = frozenset("a an the and or of in on at to for from with by v vs".split())
_CUT = re.compile(r"\.{3}|…|\[[^\]]*\]")
_TOKEN = re.compile(r"\d[\d.,]*\d|[^\W_]+|[$€£¥₹%]")
_GAP = " … "


def missing_names(statement: str, held: str) -> list[str]:
    """Return the names of a statement that have a word which is nowhere in a text, whatever its ending."""
    known = {stem(word) for word in (*words(_latin(plain(held))), *_tokens(held).split())}
    found = dict.fromkeys(names(_latin(plain(statement))))
    return [name for name in found if not all(_is_known(word, known) for word in words(name))]


def _is_known(word: str, known: set[str]) -> bool:
    """Whether a word, or what its stops part, is among stems: "U.S" for "US", "Glass" for "Glass.com"."""
    return stem(word) in known or known.issuperset(map(stem, _tokens(word).split()))


def missing_quotations(statement: str, cited: str) -> list[str]:
    """Return the quotations of a statement that are not in a text, word for word and sign for sign.

    Case, typographic marks and stops do not count; what stands before and after an ellipsis or a bracket is looked up
    by itself. In `cited`, an ellipsis parts what does not stand together. The words of a title, all with capitals, must
    be in the text in this order, no more: titles are cut short and put together.
    """
    held = f" {_GAP.join(_tokens(part) for part in cited.split('…'))} "
    return [
        quotation
        for quotation in quotations(statement)
        if not all(f" {_tokens(part)} " in held for part in _CUT.split(quotation) if _tokens(part))
        and not _is_title(quotation, cited)
    ]


def _is_title(quotation: str, cited: str) -> bool:
    """Whether a quotation is a title, every word of which is in the text, in this order."""
    said = [word for word in words(quotation) if fold(word) not in _SMALL_WORDS]
    if not said or any(word[0].islower() for word in said):
        return False
    text = iter(stem(word) for word in words(cited))
    return all(stem(word) in text for word in said)


def together(parts: Iterable[str]) -> str:
    """Return texts that do not stand together as one, such that no quotation reaches over the gap."""
    return _GAP.join(parts)


def _tokens(text: str) -> str:
    return " ".join(_TOKEN.findall(fold(_latin(plain(text)))))


def _latin(text: str) -> str:
    """Return a plain text with words of Latin letters and such as only look like them in Latin letters throughout."""
    return text if text.isascii() else _LOOKS_LATIN.sub(lambda match: match.group().translate(_LOOKALIKES), text)
