"""Tables of articles: CSV (RFC 4180) and TSV, a header with the names of the fields, then a record a row."""

import csv
from io import StringIO

from index.corpus.documents import MAX_CHARACTERS, Contents
from index.corpus.encodings import decoded
from index.corpus.fields import Parts
from index.corpus.formats.records.record import FieldNames, add_article
from index.errors import UnreadableFile

_SEPARATORS = ",;\t|"
_MAX_CELLS = 1_000_000


def read_table(data: bytes, field_names: FieldNames) -> Contents:
    """Return the article of each row; the separator is the one that the header has most of."""
    text, encoding, _ = decoded(data)
    header = text.lstrip("\r\n").partition("\n")[0]
    separator = max(_SEPARATORS, key=header.count)
    if text.count(separator) + text.count("\n") > _MAX_CELLS:
        raise UnreadableFile(f"it may hold more than {_MAX_CELLS:,} cells; keep the columns of the articles only")
    # The module's own limit is 128 KiB a cell, less than the text of a long article.
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
            elif len(row) > len(columns):
                # A comma in a text without quotation marks has moved the cells of the row.
                cells = f"has {len(row)} cells, and the header {len(columns)}; put texts in quotation marks"
                parts.refuse(f"row {number}", cells)
            else:
                with parts.refusing(f"row {number}"):
                    add_article(parts, dict(zip(columns, row, strict=False)), field_names)
    except csv.Error as error:
        if not len(parts):
            raise UnreadableFile(f"it is not a table: row {number + 1} cannot be read ({error})") from None
        parts.stop(f"row {number}", f"cannot be read ({error})")
    return parts.contents()
