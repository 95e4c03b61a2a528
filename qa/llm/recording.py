"""Record a model's replies in files and replay them: checks of one's own without a model, a network or a bill.

Each request has one file, named by its digest, as JSON that can be read and reviewed:

    {"model": ..., "messages": [{"role": ..., "content": [line, ...]}, ...], "reply": [line, ...], "usage": {...}}
"""

import hashlib
import json
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

from pydantic import ValidationError

from index.models import Record
from qa.llm.model import LanguageModel, Message
from qa.llm.nonces import masked
from qa.models import NO_WISHES, Usage, Wishes
from qa.models.errors import QAError, RecordingMissing

_ANY_NONCE = "nonce"
"""Stands for the nonce that fences a prompt and marks its headings, which differs each time."""
_AGAIN = "Record it: give QA_RECORD the folder instead of QA_REPLAY, and ask again"


class _Recording(Record):
    """A request and its reply; texts are cut into lines, which keep their line ends."""

    model: str
    messages: tuple[dict[str, str | tuple[str, ...]], ...]
    reply: tuple[str, ...]
    usage: Usage


class RecordingModel:
    """Asks a model, and keeps its whole replies in a folder; it keeps none that breaks off."""

    def __init__(self, model: LanguageModel, folder: Path) -> None:
        """Ask `model`, and write to `folder`, which need not be there."""
        self.name = model.name
        self._model, self._folder = model, folder

    async def reply(self, messages: Sequence[Message], wishes: Wishes = NO_WISHES) -> AsyncGenerator[str | Usage, None]:
        """Yield what the model yields; raise a QAError too when the folder cannot be written to."""
        reply, usage = "", Usage()
        async with aclosing(self._model.reply(messages, wishes)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Usage):
                    usage = piece
                else:
                    reply += piece
                yield piece
        self._keep(messages, reply, usage)

    def _keep(self, messages: Sequence[Message], reply: str, usage: Usage) -> None:
        file = _file(self._folder, self.name, messages)
        prompt = [{**message, "content": _lines(message["content"])} for message in masked(messages, _ANY_NONCE)]
        recording = {"model": self.name, "messages": prompt, "reply": _lines(reply), "usage": usage.model_dump()}
        # Written beside and renamed, so that nobody replays half a recording.
        unfinished = file.with_suffix(f".{secrets.token_hex(4)}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished.touch(mode=0o600)  # questions are for the owner's eyes alone
            unfinished.write_text(json.dumps(recording, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            unfinished.replace(file)
        except OSError as error:
            raise QAError(f"The reply cannot be recorded: {error.strerror}. Check the folder in QA_RECORD") from None


class ReplayedModel:
    """Replays the replies that a RecordingModel kept, and asks nobody."""

    def __init__(self, name: str, folder: Path) -> None:
        """Stand in for the model `name`, with the recordings in `folder`."""
        self.name = name
        self._folder = folder

    async def reply(self, messages: Sequence[Message], wishes: Wishes = NO_WISHES) -> AsyncGenerator[str | Usage, None]:
        """Yield the reply line by line, then its usage; raise RecordingMissing when it was not recorded.

        A style is part of the messages; the other wishes do not change the request.
        """
        del wishes
        file = _file(self._folder, self.name, messages)
        try:
            recording = _Recording.model_validate_json(file.read_bytes())
        except OSError:
            raise RecordingMissing(f"There is no recording of this request, {file.name!r}. {_AGAIN}") from None
        except ValidationError:
            raise RecordingMissing(f"The recording {file.name!r} cannot be read. {_AGAIN}") from None
        for line in recording.reply:
            yield line
        yield recording.usage


def _file(folder: Path, model: str, messages: Sequence[Message]) -> Path:
    """Return the file of a request: the same for the same model and messages, whatever the fence."""
    request = json.dumps([model, masked(messages, _ANY_NONCE)], sort_keys=True)
    return folder / f"{hashlib.sha256(request.encode()).hexdigest()[:16]}.json"


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
