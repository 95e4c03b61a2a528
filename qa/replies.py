"""Take the whole reply of a model, for short calls beside the answer."""

from collections.abc import Sequence
from contextlib import aclosing

from qa.llm import LanguageModel, Message
from qa.models import Usage


async def whole_reply(model: LanguageModel, messages: Sequence[Message]) -> tuple[str, Usage]:
    """Return the text of a reply and its usage; raise a QAError when the model fails."""
    text, usage = "", Usage()
    async with aclosing(model.reply(messages)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Usage):
                usage += piece
            else:
                text += piece
    return text, usage
