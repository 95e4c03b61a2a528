"""Read XML as a stream of events with the standard library's expat, refusing what makes XML dangerous.

A document type is passed over, and nothing that it names is fetched. It may define an entity for a few characters, such
as a space; a longer one, one of other entities, or one from elsewhere is refused, since such entities let a small file
grow without end. No tree is built, so memory is that of the text which the caller keeps.
"""

from collections.abc import Callable
from typing import IO, NamedTuple
from xml.parsers import expat

from index.errors import UnreadableFile
from index.text.file_names import printable

MAX_DEPTH = 200
_LONGEST_ENTITY = 8
"""Characters that an entity may stand for: three bytes for a reference, so a text hardly grows by them."""
_LONGEST_NAME = 40


class Name(NamedTuple):
    """An element's name: its namespace, and its local name."""

    space: str
    local: str


class Handlers(NamedTuple):
    """The functions called at the start of an element, at its end, and with text."""

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

    # A space can be in no name of XML.
    parser = expat.ParserCreate(namespace_separator=" ")
    # Else a text comes in a piece for each line and each entity.
    parser.buffer_text = True
    parser.EntityDeclHandler = _refuse_entity
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handlers.text
    try:
        parser.ParseFile(source)
    # expat raises ValueError for a charset of several bytes, LookupError for one it does not know.
    except (expat.ExpatError, ValueError, LookupError, TypeError) as error:
        raise UnreadableFile(f"it is not well-formed XML ({error})") from None


def _refuse_entity(name: str, is_parameter: int, value: str | None, *_: str | None) -> None:
    if is_parameter or value is None or len(value) > _LONGEST_ENTITY or "&" in value or "<" in value:
        entity = printable(name[:_LONGEST_NAME])
        raise UnreadableFile(
            f"its document type (DTD) defines an entity, {entity!r}, for more than a few characters, "
            "which is not read; delete the <!DOCTYPE ...> at its start"
        )


def _name(name: str) -> Name:
    space, _, local = name.rpartition(" ")
    return Name(space, local)
