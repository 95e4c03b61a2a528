"""Which names and quotations of a statement a text does not hold."""

import re
from collections.abc import Iterable, Sequence

from index.text.normal_form import normalised
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
_WHOLE = 4
"""A word of so many letters may have another form that begins with it."""


class KnownWords:
    """The words of a text, to look names up in."""

    def __init__(self, text: str) -> None:
        """Take the words of `text` by their stems, and the initials of its capitalised words, in order."""
        in_order = words(_latin(normalised(text)))
        self._stems = {stem(word) for word in (*in_order, *_tokens(text).split())}
        self._initials = "".join(word[0] for word in in_order if word[0].isupper())
        self._shortened = {word.replace(".", "") for word in in_order if word.isupper()}

    def holds(self, word: str) -> bool:
        """Return whether the text has a word, another form ("American" for "America"), or what its letters stand for.

        Another form is one that begins with the whole of the other: one letter off is another word.
        """
        stemmed = stem(word)
        if stemmed in self._stems or self._stems.issuperset(map(stem, _tokens(word).split())):
            return True
        # "WHO" for "World Health Organization": its letters are initials that stand in a row.
        if word.isupper() and word in self._initials:
            return True
        return any(_is_a_form(stemmed, other) for other in self._stems)

    def shortens(self, parts: Sequence[str]) -> bool:
        """Return whether the text has the initials of a name as a word: "UN" for "United Nations"."""
        initials = "".join(part[0] for part in parts)
        return len(initials) > 1 and initials in self._shortened


def _is_a_form(word: str, other: str) -> bool:
    shorter, longer = sorted((word, other), key=len)
    return len(shorter) >= _WHOLE and longer.startswith(shorter)


def missing_names(statement: str, known: KnownWords) -> list[str]:
    """Return the names of several words of a statement of which a text lacks a word.

    A single word is as a rule another name for what the text has ("British", "Brussels"): of 2,972 true statements
    1.4 % had one that was missing, and 0.2 % a missing name of several words. The word that opens the statement is not
    looked up: it has its capital anyway.
    """
    statement = _latin(normalised(statement)).lstrip()
    missing = []
    for name in dict.fromkeys(names(statement)):
        parts = [word for word in words(name) if not word[0].islower()]
        is_of_several = sum(word[0].isupper() for word in parts) > 1
        # `startswith` counts as 1 for the name that opens the statement, whose first word is then left out.
        if not is_of_several or known.shortens(parts):
            continue
        if not all(map(known.holds, parts[statement.startswith(name) :])):
            missing.append(name)
    return missing


def missing_quotations(statement: str, cited: str) -> list[str]:
    """Return the quotations of a statement that are not in a text, word for word and sign for sign.

    Case, typographic marks and stops do not count; the parts before and after an ellipsis or a bracket are looked up
    one by one. In `cited`, an ellipsis parts texts that do not stand together. The words of a title, all with capitals,
    must be in the text in this order, no more: titles are cut short and put together.
    """
    text = f" {_GAP.join(_tokens(part) for part in cited.split('…'))} "
    missing = []
    for quotation in quotations(statement):
        parts = filter(None, map(_tokens, _CUT.split(quotation)))
        if not all(f" {part} " in text for part in parts) and not _is_title(quotation, cited):
            missing.append(quotation)
    return missing


def _is_title(quotation: str, cited: str) -> bool:
    """Return whether a quotation is a title, every word of which is in the text, in this order."""
    title = [word for word in words(quotation) if fold(word) not in _SMALL_WORDS]
    if not title or any(word[0].islower() for word in title):
        return False
    text = iter(stem(word) for word in words(cited))
    # `in` uses the iterator up to the word that it finds, so the next word must come behind it.
    return all(stem(word) in text for word in title)


def joined_with_gaps(texts: Iterable[str]) -> str:
    """Join texts that do not stand together, such that no quotation reaches over the gap."""
    return _GAP.join(texts)


def _tokens(text: str) -> str:
    return " ".join(_TOKEN.findall(fold(_latin(normalised(text)))))


def _latin(text: str) -> str:
    """Return a plain text in which letters that only look Latin are Latin, in words that are Latin otherwise."""
    return text if text.isascii() else _LOOKS_LATIN.sub(lambda match: match.group().translate(_LOOKALIKES), text)
