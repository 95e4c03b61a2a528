"""Read the articles of a folder without an index, for what needs their text alone."""

from pathlib import Path

from evals.errors import EvalError
from index.corpus.reading import digest, read, read_bytes, source_files
from index.errors import IndexingError, UnreadableFile
from index.models import Article
from index.sync.ingesting import ingest


def articles_in(folder: Path) -> dict[str, Article]:
    """Return the articles of a folder by path; files that cannot be read are left out, as when they are indexed.

    Raises EvalError when the folder is not there.
    """
    try:
        files, _ = source_files(folder)
    except IndexingError as error:
        raise EvalError(str(error)) from None
    found: dict[str, Article] = {}
    for file in files:
        try:
            contents = read(file.path, data := read_bytes(file, folder))
        except UnreadableFile:
            continue
        for document in contents.documents:
            path = f"{file.path}/{document.part}" if document.part else file.path
            found[path] = ingest(path, digest(data), document).article
    return found
