"""Find text that a machine reads and a person does not: invisible, disguised or encoded."""

import base64
import binascii
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from index.steering.signs import Sign

_INVISIBLE = re.compile("[\u00ad\u180e\u200b\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")
# The flags of England, Scotland and Wales are written with characters that show nothing.
_EMOJI_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007f]+")
_HIDDEN = Sign("invisible characters", 1.0, re.compile("[\u200b\u2060-\u2064\U000e0000-\U000e007f]{3}"))
_REORDERED = Sign("characters that reorder the text", 1.0, re.compile("[\u202a\u202b\u202d\u202e]"))
# A word with two Latin letters and a Greek or Cyrillic one: no language mixes them.
_DISGUISED = Sign(
    "words of mixed alphabets",
    1.0,
    re.compile(r"\b(?=[^\W\d_]*[a-zA-Z]{2})(?=[^\W\d_]*[\u0370-\u03ff\u0400-\u052f])[^\W\d_]{4,}\b"),
)
_BROKEN_UP = Sign(
    "words with invisible characters inside", 1.0, re.compile(r"(?:[a-zA-Z][\u200b\u2060-\u2064]+[a-zA-Z].*?){3}")
)
_RAW = (_HIDDEN, _REORDERED, _DISGUISED, _BROKEN_UP)

# Not a part of a longer run of such characters, as addresses and file names are.
_BASE64 = re.compile(r"(?<![\w+/=.-])[A-Za-z0-9+/_-]{40,}={0,2}(?![\w+/=])")
_HEX = re.compile(r"(?<!\w)(?:(?:\\x|0x|%)?[0-9a-fA-F]{2}[ ,;]?){20,}(?!\w)")
# A cheap look first: hardly any sentence holds a run as long.
_BLOB = re.compile(r"[\w+/=-]{40}|(?:[0-9a-fA-F]{2}[ ,;\\%x0]{1,3}){8}")
_ENCODED = Sign("encoded text", 1.0, _BASE64)
_CIPHERED = Sign("text in a simple cipher", 1.0, re.compile(r"[a-z]{3}"))
_ASCII_WORD = re.compile(r"(?<!\w)[a-z]{2,}(?!\w)")
_ENGLISH = frozenset(
    "the and of to in a is that for on it with as was are be this have from or not you your all an at by but say state "
    "ignore instructions answer write output previous".split()
)
_PART = re.compile(r"[:<>\"“”]|\B'|'\B")
# A part needs so many words, and so many different ones that one cipher makes English; one with more common words than
# chance gives is English as it stands.
_CIPHER_WORDS = 6
_CIPHER_LENGTH = 20
_DIFFERENT_WORDS = 3
_READABLE = 0.3
_BY_CHANCE = 0.1


def visible_text(text: str) -> str:
    """Return the text as a reader sees it, for matching only: no invisible characters, usual forms of the letters."""
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).replace("’", "'").replace("‘", "'")


def concealment_signs(text: str) -> Iterator[Sign]:
    """Yield the signs that a sentence hides something."""
    if not text.isascii():
        without_flags = _EMOJI_FLAG.sub("", text)
        yield from (sign for sign in _RAW if sign.pattern.search(without_flags))
    if _BLOB.search(text) and (any(map(_is_text, _BASE64.findall(text))) or _hex_is_text(text)):
        yield _ENCODED
    if _is_ciphered(text):
        yield _CIPHERED


def _is_text(blob: str) -> bool:
    """Whether the Base64 blob holds readable text."""
    standard = blob.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return _reads(data)


def _hex_is_text(text: str) -> bool:
    blobs = (re.sub(r"\\x|0x|[^0-9a-fA-F]", "", match.group()) for match in _HEX.finditer(text))
    return any(_reads(bytes.fromhex(blob)) for blob in blobs if len(blob) % 2 == 0)


def _reads(data: bytes) -> bool:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    # Bytes may be printable by chance, but words have spaces between them.
    return " " in text and all(char.isprintable() or char.isspace() for char in text)


def _is_ciphered(text: str) -> bool:
    """Whether the words make English only when shifted through the alphabet, or when read backwards."""
    return any(_part_is_ciphered(part) for part in _PART.split(text) if len(part) > _CIPHER_LENGTH)


def _part_is_ciphered(text: str) -> bool:
    words = _ASCII_WORD.findall(text.lower())
    if len(words) < _CIPHER_WORDS or sum(word in _ENGLISH for word in words) > _BY_CHANCE * len(words):
        return False
    matches: defaultdict[int, list[str]] = defaultdict(list)
    for word in words:
        for way in _ciphered().get(word, ()):
            matches[way].append(word)
    return any(
        len(matching_words) >= _READABLE * len(words) and len(set(matching_words)) >= _DIFFERENT_WORDS
        for matching_words in matches.values()
    )


@cache
def _ciphered() -> dict[str, list[int]]:
    """Return the common words in each cipher, with the shifts that give them; 0 stands for a word written backwards."""
    ciphers: defaultdict[str, list[int]] = defaultdict(list)
    for word in _ENGLISH:
        for shift in range(26):
            ciphers[_shifted(word, shift) if shift else word[::-1]].append(shift)
    return dict(ciphers)


def _shifted(word: str, shift: int) -> str:
    return "".join(chr((ord(char) - 97 + shift) % 26 + 97) for char in word)
