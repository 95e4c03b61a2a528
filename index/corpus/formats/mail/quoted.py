"""Messages inside the text of a mail: forwarded ones, those of a digest (RFC 1153), and the mails that are answered.

Each begins with a few lines of its header. Their names are in the language of the mail program, so their form counts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from index.corpus.fields import day

# A label and a value; `*` is how some programs write bold in plain text.
_FIELD = re.compile(r"\*?([^\W\d_][\w -]{0,20}):\*?[ \t]+(\S.*)")
_PERSON = re.compile(r"\s*\"?([^<\[\"]*?)\"?\s*[<\[](?:mailto:)?[^\s<>@\[\]]+@[^\s<>@\[\]]+[>\]]")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.\w+")
_RULE = re.compile(r"\s*[-_=*]{2,}[^\n]*[-_=*]{2,}\s*|\s*[-_=]{5,}\s*")
_LEAST_FIELDS, _LEAST_WITHOUT_A_DATE = 3, 4


@dataclass(frozen=True)
class Piece:
    """A stretch of a mail's text, and the fields of its header where it is a `quoted` message."""

    text: str
    quoted: bool = False
    subject: str = ""
    sender: str = ""
    sent: date | None = None


def message_pieces(text: str, subject: str) -> list[Piece]:
    """Cut the text of a mail with this subject at the headers of the messages in it; in one piece where there are none.

    What someone wrote above a single forwarded message stays with it.
    """
    lines = text.splitlines()
    headers = list(_headers(lines))
    if not headers:
        return [Piece(text)]
    ends = [*(start for start, _ in headers[1:]), len(lines)]
    above = _without_rules(lines[: headers[0][0]])
    pieces = []
    for (start, end), next_start in zip(headers, ends, strict=True):
        pieces.append(_piece(lines[start:end], _without_rules(lines[end:next_start]), subject))
    if len(pieces) > 1:
        return [Piece(above), *pieces]
    return [replace(pieces[0], text=f"{above}\n\n{pieces[0].text}".strip())]


def _headers(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the first line of each header, and the line after it."""
    start = 0
    # One step beyond the last line, so that a header at the very end is closed as well.
    for number in range(len(lines) + 1):
        if number < len(lines) and _FIELD.fullmatch(lines[number].strip()):
            continue
        if number - start >= _LEAST_FIELDS and _is_header(lines[start:number]):
            yield start, number
        start = number + 1


def _is_header(lines: Sequence[str]) -> bool:
    """Whether lines with labels name a person with an address, and a day or enough besides."""
    values = _values(lines)
    person = any(map(_PERSON.match, values.values()))
    # Labelled lines with a person may stand in any text: a day, or one more line, makes a header of them.
    return person and (len(lines) >= _LEAST_WITHOUT_A_DATE or any(map(day, values.values())))


def _values(lines: Sequence[str]) -> dict[str, str]:
    matches = (_FIELD.fullmatch(line.strip()) for line in lines)
    return {match[1].lower(): match[2].strip() for match in matches if match}


def _piece(header: Sequence[str], text: str, outer_subject: str) -> Piece:
    """Return a quoted message; its subject is the field that ends the outer one, else the first that can be one."""
    values = _values(header)
    person = next(filter(None, map(_PERSON.match, values.values())))
    sent = next(filter(None, map(day, values.values())), None)
    candidates = [value for value in values.values() if not day(value) and not _ADDRESS.search(value)]
    repeated = [value for value in candidates if outer_subject.endswith(value)]
    subject = values.get("subject") or next(iter([*repeated, *candidates]), "")
    return Piece(text, True, subject, person[1].strip(), sent)


def _without_rules(lines: Sequence[str]) -> str:
    """Return lines as a text, without the rules that set messages apart."""
    return "\n".join(line for line in lines if not _RULE.fullmatch(line)).strip()
