"""The words of a text as the index looks them up, cut by script; the words of a question meet those of an article.

A script with spaces has words: letters, marks and digits that stand together (UAX #29). Letters that the same standard
joins to no word (Han, Hiragana, Thai, Khmer, Lao, Burmese, ...), Katakana and Hangul, whose words run into one another,
are taken in overlapping pairs (McNamee and Mayfield 2004, "Character N-Gram Tokenization"). A word of a script with one
stemmer is stemmed; words of the Latin script are left to whoever reads them.
"""

import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Any

import regex
import Stemmer

from index.text.normal_form import normalised

_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*")
_UNSPACED_LETTER = r"[\p{L}&&[\p{Word_Break=Other}\p{Word_Break=Katakana}\p{Script=Hangul}]]\p{M}*"
_SYLLABLE, _FOREIGN_SYLLABLE = r"\p{Hiragana}\p{M}*", r"\p{Word_Break=Katakana}\p{M}*"
_UNSPACED = regex.compile(
    rf"(?:{_SYLLABLE})+|(?:{_FOREIGN_SYLLABLE})+|(?:(?!{_SYLLABLE}|{_FOREIGN_SYLLABLE}){_UNSPACED_LETTER})+", regex.V1
)
"""A run of one script of Japanese, or of another script without spaces: where the script changes, a word ends."""
_GRAMMAR = regex.compile(r"\p{Hiragana}+")
_LETTER = regex.compile(_UNSPACED_LETTER, regex.V1)
# A word with a letter that is neither Latin nor a figure: a text in Latin script goes through in one search.
_FOREIGN = regex.compile(r"[[\p{L}\p{N}]--[\p{Latin}\p{Nd}]][[\p{L}\p{M}]--\p{Latin}]*", regex.V1)
_STEMMED = {
    "Cyrillic": "russian",
    "Arabic": "arabic",
    "Devanagari": "hindi",
    "Greek": "greek",
    "Armenian": "armenian",
    "Tamil": "tamil",
}
"""The stemmer of a script; of several languages in one script all words are stemmed alike."""
_STEMMERS = [(regex.compile(rf"\p{{{script}}}"), Stemmer.Stemmer(name)) for script, name in _STEMMED.items()]
_FIRST_ACCENT = 10
"""Marks of a lower combining class are parts of letters: the nukta, the sign of a voiced kana, the virama."""


def tokens(text: str) -> list[str]:
    """Return the words of a text in order, repeats included: whole words, or pairs of letters, by their script."""
    words: list[str] = _WORD.findall(segmented(text))
    return words


def segmented(text: str) -> str:
    """Return a normalised text in which spaces part the words of every script; words that are not Latin are stemmed."""
    if text.isascii():
        return text
    return str(_FOREIGN.sub(lambda word: _segmented(word.group()), normalised(text)))


def may_be_grammar(token: str) -> bool:
    """Whether a token is of Hiragana alone, which writes the endings of Japanese and few of its words."""
    return bool(_GRAMMAR.fullmatch(token))


def unaccented(text: str) -> str:
    """Return a text without accents and vowel points; marks that make another letter stay."""
    # Taken apart, so that accents are characters of their own; what is left is joined again.
    decomposed = unicodedata.normalize("NFKD", text)
    bare = (char for char in decomposed if not unicodedata.combining(char) >= _FIRST_ACCENT)
    return unicodedata.normalize("NFC", "".join(bare))


@lru_cache(50_000)
def _segmented(word: str) -> str:
    # The spaces part the pairs from what stands beside the run.
    # Stemmed before it is cut: a stemmer has to see the whole word.
    return str(_UNSPACED.sub(lambda run: f" {' '.join(_pairs(run.group()))} ", _stem(word)))


def _stem(word: str) -> str:
    stemmer: Any = next((stemmer for script, stemmer in _STEMMERS if script.match(word)), None)
    word = word.lower()
    return unaccented(stemmer.stemWord(word) if stemmer else word)


def _pairs(run: str) -> list[str]:
    letters = _LETTER.findall(run)
    # A run of one letter has no pair and stands for itself.
    return [letter + following for letter, following in pairwise(letters)] or letters
