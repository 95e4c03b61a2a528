"""Messages inside the text of a mail: forwarded ones, those of a digest (RFC 1153), and the mails that are answered.

Each begins with a few lines of its header, whose names are in the language of the mail program; their form tells them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from index.corpus.fields import day

_FIELD = re.compile(r"\*?([^\W\d_][\w -]{0,20}):\*?[ \t]+(\S.*)")
_PERSON = re.compile(r"\s*\"?([^<\[\"]*?)\"?\s*[<\[](?:mailto:)?[^\s<>@\[\]]+@[^\s<>@\[\]]+[>\]]")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.\w+")
_RULE = re.compile(r"\s*[-_=*]{2,}[^\n]*[-_=*]{2,}\s*|\s*[-_=]{5,}\s*")
_LEAST_FIELDS, _LEAST_WITHOUT_A_DATE = 3, 4


@dataclass(frozen=True)
class Piece:
    """A stretch of a mail's text; of a `quoted` message, what its header says."""

    text: str
    quoted: bool = False
    subject: str = ""
    sender: str = ""
    sent: date | None = None


def parted(text: str, subject: str) -> list[Piece]:
    """Cut the text of a mail with this subject at the headers of the messages in it; in one piece where there are none.

    What someone wrote above a single forwarded message stays with it.
    """
    lines = text.splitlines()
    blocks = list(_headers(lines))
    if not blocks:
        return [Piece(text)]
    ends = [*(start for start, _ in blocks[1:]), len(lines)]
    above = _joined(lines[: blocks[0][0]])
    pieces = [
        _piece(lines[start:end], _joined(lines[end:next_start]), subject)
        for (start, end), next_start in zip(blocks, ends, strict=True)
    ]
    if len(pieces) > 1:
        return [Piece(above), *pieces]
    [only] = pieces
    whole = f"{above}\n\n{only.text}".strip()
    return [Piece(whole, True, only.subject, only.sender, only.sent)]


def _headers(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where the lines of a header begin and end."""
    start = 0
    for at in range(len(lines) + 1):
        if at < len(lines) and _FIELD.fullmatch(lines[at].strip()):
            continue
        if at - start >= _LEAST_FIELDS and _is_header(lines[start:at]):
            yield start, at
        start = at + 1


def _is_header(lines: Sequence[str]) -> bool:
    """Whether lines with labels name a person with an address, and a day or enough besides."""
    values = _values(lines)
    person = any(map(_PERSON.match, values.values()))
    return person and (len(lines) >= _LEAST_WITHOUT_A_DATE or any(map(day, values.values())))


def _values(lines: Sequence[str]) -> dict[str, str]:
    found = (_FIELD.fullmatch(line.strip()) for line in lines)
    return {field[1].lower(): field[2].strip() for field in found if field}


def _piece(header: Sequence[str], text: str, outer: str) -> Piece:
    values = _values(header)
    person = next(filter(None, map(_PERSON.match, values.values())))
    rest = [value for value in values.values() if not day(value) and not _ADDRESS.search(value)]
    same = [value for value in rest if outer.endswith(value)]
    subject = values.get("subject") or next(iter([*same, *rest]), "")
    return Piece(text, True, subject, person[1].strip(), next(filter(None, map(day, values.values())), None))


def _joined(lines: Sequence[str]) -> str:
    """Return lines as a text, without the rules that set messages apart."""
    return "\n".join(line for line in lines if not _RULE.fullmatch(line)).strip()
