"""Read XML as a stream of events with the standard library's expat, refusing what makes XML dangerous.

A document type is refused, so no entity can be defined, expanded or fetched; no tree is built, so memory is that of
the text which the caller keeps.
"""

from collections.abc import Callable
from typing import IO, NamedTuple, NoReturn
from xml.parsers import expat

from index.errors import UnreadableFile

MAX_DEPTH = 200


class Name(NamedTuple):
    """An element's name: its namespace, and its local name."""

    space: str
    local: str


class Handlers(NamedTuple):
    """What is called at the start of an element, at its end, and with text."""

    start: Callable[[Name, dict[str, str]], None]
    end: Callable[[Name], None]
    text: Callable[[str], None]


def parse(source: IO[bytes], handlers: Handlers) -> None:
    """Call the handlers in the order of the document; raise UnreadableFile where it cannot be read further."""
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise UnreadableFile(f"it nests elements more than {MAX_DEPTH} deep")
        handlers.start(_name(name), attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handlers.end(_name(name))

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handlers.text
    try:
        parser.ParseFile(source)
    except (expat.ExpatError, ValueError, LookupError, TypeError) as error:
        raise UnreadableFile(f"it is not well-formed XML ({error})") from None


def _refuse_doctype(*_: object) -> NoReturn:
    raise UnreadableFile("it has a document type (DTD), which is not read because entities can be defined there")


def _name(name: str) -> Name:
    space, _, local = name.rpartition(" ")
    return Name(space, local)
