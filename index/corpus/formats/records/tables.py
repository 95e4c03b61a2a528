"""Tables of articles: CSV (RFC 4180) and TSV, a header with the names of the fields, then a record a row."""

import csv
from io import StringIO

from index.corpus.documents import MAX_CHARACTERS, Contents, decode
from index.corpus.fields import Parts
from index.corpus.formats.records.record import FieldNames, add_article
from index.errors import UnreadableFile

_SEPARATORS = ",;\t|"
_MAX_CELLS = 1_000_000


def read_table(data: bytes, names: FieldNames) -> Contents:
    """Return the article of each row; what separates the cells is what the header has most of."""
    text, encoding = decode(data)
    header = text.lstrip("\r\n").partition("\n")[0]
    separator = max(_SEPARATORS, key=header.count)
    if text.count(separator) + text.count("\n") > _MAX_CELLS:
        raise UnreadableFile(f"it may hold more than {_MAX_CELLS:,} cells; keep the columns of the articles only")
    csv.field_size_limit(MAX_CHARACTERS)
    rows = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    parts, columns = Parts(encoding), list[str]()
    number = 0
    try:
        for number, row in enumerate(rows, 1):
            if not any(cell.strip() for cell in row):
                continue
            if not columns:
                columns = row
            elif parts.is_full(f"row {number - 1}"):
                break
            else:
                _add_or_refuse(parts, columns, row, names, f"row {number}")
    except csv.Error as error:
        if not len(parts):
            raise UnreadableFile(f"it is not a table: row {number + 1} cannot be read ({error})") from None
        parts.stop(f"row {number}", f"cannot be read ({error})")
    return parts.contents()


def _add_or_refuse(parts: Parts, columns: list[str], row: list[str], names: FieldNames, where: str) -> None:
    if len(row) > len(columns):
        parts.refuse(where, f"has {len(row)} cells, and the header {len(columns)}; put texts in quotation marks")
        return
    try:
        add_article(parts, dict(zip(columns, row, strict=False)), names)
    except UnreadableFile as error:
        parts.refuse(where, str(error))
