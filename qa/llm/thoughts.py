"""What a model thinks aloud in its reply, between tags, where its server leaves that in; it is never shown."""

import re

_TAG = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_BEGUN = re.compile(r"</?[a-z]{0,8}$", re.IGNORECASE)
"""What may be the beginning of a tag whose end has not come yet."""


class Thoughts:
    """Takes `<think>…</think>` out of a reply, however it is cut into pieces."""

    def __init__(self) -> None:
        """Begin outside of any thought."""
        self._held = ""
        self._thinking = False

    def taken_from(self, text: str) -> str:
        """Return what more text of a reply says beside thoughts; what may be half a tag waits for its rest."""
        text, said = self._held + text, ""
        while tag := _TAG.search(text):
            said += "" if self._thinking else text[: tag.start()]
            self._thinking = not tag[1]
            text = text[tag.end() :]
        begun = _BEGUN.search(text)
        self._held = begun.group() if begun else ""
        return said if self._thinking else said + text[: len(text) - len(self._held)]

    def rest(self) -> str:
        """Return what is left at the end of a reply."""
        return "" if self._thinking else self._held
