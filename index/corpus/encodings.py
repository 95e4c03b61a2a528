"""From bytes to text: by the byte order mark, as UTF-8, or by a declared charset; else by a guess, with a doubt."""

import codecs
import re
from typing import NamedTuple

from index.errors import UnreadableFile

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# A meta tag of HTML, or the declaration of XML. The lengths between are bounded: without an end to look for, the search
# in a hostile file would take for ever.
_DECLARED = re.compile(
    rb"""<meta\s[^>]{0,300}?charset\s*=\s*["']?\s*([\w.:-]+)|^\s*<\?xml\s[^>]{0,100}?encoding\s*=\s*["']([\w.:-]+)""",
    re.IGNORECASE,
)
_DECLARED_WITHIN = 4096
# Browsers read these labels as the larger set (WHATWG Encoding Standard); the names are those of Python's codecs.
_LARGER = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
}
# Codecs of Python that are no charsets of a text: they turn bytes into bytes, or names of hosts.
_NO_CHARSETS = {"base64", "bz2", "hex", "quopri", "rot13", "uu", "zlib", "idna", "punycode", "undefined"}
_MAX_CONTROL_SHARE = 0.01
_LEAST_CONFIDENCE = 0.1
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]{2,}")
_FEWEST_GARBLED = 3


class Decoded(NamedTuple):
    """A text, the codec that it was read with, and a sentence for the report where that is in doubt."""

    text: str
    encoding: str
    doubt: str = ""


def decoded(data: bytes, *, declares: bool = False) -> Decoded:
    """Return the text of a file; raise UnreadableFile when the bytes are not text.

    A byte order mark decides (UTF-8, UTF-16) and is not part of the text. Bytes that are valid UTF-8 beyond ASCII are
    UTF-8, whatever is declared; so are those of which most are. Else the charset counts that the file declares, where
    `declares` says that it may be a page; without a declaration that fits, chardet guesses.
    """
    reading = _by_mark(data) or _by_form(data, _declared(data) if declares else "")
    if _looks_binary(reading.text):
        raise _not_text()
    return reading if reading.doubt else reading._replace(doubt=_garbled(reading.text))


def _by_mark(data: bytes) -> Decoded | None:
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "")
    text = _read(data, encoding)
    if encoding and text is None:
        raise _not_text()
    return Decoded(text, encoding) if text is not None else None


def _by_form(data: bytes, declared: str) -> Decoded:
    utf8 = _read(data, "utf-8")
    # Bytes of ASCII may be another charset that writes its letters in ASCII (ISO-2022-JP), so a declaration goes first.
    if utf8 is not None and not (declared and data.isascii()):
        return Decoded(utf8, "utf-8")
    if (text := _read(data, declared)) is not None:
        return Decoded(text, declared)
    if utf8 is not None:
        return Decoded(utf8, "utf-8")
    broken = data.decode("utf-8", "replace")
    lost = broken.count("\ufffd")
    # More letters of UTF-8 than bytes that are none: a text that was damaged, not one in another charset.
    whole = sum(char > "\x7f" for char in broken) - lost
    return Decoded(broken, "utf-8") if whole >= lost else _guessed(data)


def _guessed(data: bytes) -> Decoded:
    """Return the reading that chardet finds likeliest; where it has no clear idea, that in Windows-1252."""
    # chardet read 63 of 63 texts in 20 encodings, charset-normalizer 51 of them.
    import chardet

    guess = chardet.detect(data)
    name = _codec(guess["encoding"] or "")
    encoding = name if guess["confidence"] >= _LEAST_CONFIDENCE else "cp1252"
    text = _read(data, encoding)
    if text is None:
        raise _not_text()
    label = "Windows-1252" if encoding == "cp1252" else str(guess["encoding"])
    return Decoded(text, encoding, f"its encoding is a guess ({label}); save it as UTF-8 if letters are wrong")


def _declared(data: bytes) -> str:
    """Return the codec of the charset that a page or XML file declares near its beginning, or an empty string."""
    match = _DECLARED.search(data[:_DECLARED_WITHIN])
    return _codec((match[1] or match[2]).decode("ascii", "replace")) if match else ""


def _codec(label: str) -> str:
    """Return the name of the codec that reads a charset, or an empty string where there is none."""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    # What was found as ASCII cannot be in UTF-16, whatever it declares.
    return "" if name in _NO_CHARSETS or name.startswith("utf-16") else _LARGER.get(name, name)


def _read(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding) if encoding else None
    except (UnicodeError, LookupError):
        return None


def _looks_binary(text: str) -> bool:
    if "\0" in text:
        return True
    controls = sum(1 for char in text if char < " " and char not in "\t\n\r\f")
    return controls > _MAX_CONTROL_SHARE * len(text)


def _garbled(text: str) -> str:
    """Return a doubt where letters are UTF-8 that was once read as Windows-1252, or were lost before; else ""."""
    if lost := text.count("\ufffd"):
        return f"{lost:,} of its characters were lost before it came here (they stand as \ufffd); get it anew"
    runs = _BEYOND_ASCII.findall(text)
    twice = sum(_is_utf8_read_wrongly(run) for run in runs)
    if twice >= _FEWEST_GARBLED and 2 * twice > len(runs):
        return "its letters are garbled (UTF-8 that was saved as Windows-1252); get it anew"
    return ""


def _is_utf8_read_wrongly(run: str) -> bool:
    try:
        # The bytes of one letter were read as two or three, so a run that was read wrongly becomes shorter.
        return len(run.encode("cp1252").decode("utf-8")) < len(run)
    except UnicodeError:
        return False


def _not_text() -> UnreadableFile:
    return UnreadableFile("it is not text (binary, or in an encoding that is not recognised); save it as UTF-8")
