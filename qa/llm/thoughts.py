"""Take out of a reply what a model thinks aloud between tags, where its server leaves that in."""

import re

_TAG = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_BEGUN = re.compile(r"</?[a-z]{0,8}$", re.IGNORECASE)
"""The possible beginning of a tag whose end has not come yet."""


class Thoughts:
    """Takes `<think>…</think>` out of a reply, however it is cut into pieces."""

    def __init__(self) -> None:
        """Begin outside of any thought."""
        self._possible_tag = ""
        self._thinking = False

    def taken_from(self, text: str) -> str:
        """Return more text of a reply without thoughts; a possible half of a tag waits for its rest."""
        text, answer = self._possible_tag + text, ""
        while tag := _TAG.search(text):
            answer += "" if self._thinking else text[: tag.start()]
            self._thinking = not tag[1]
            text = text[tag.end() :]
        begun = _BEGUN.search(text)
        self._possible_tag = begun.group() if begun else ""
        return answer if self._thinking else answer + text[: len(text) - len(self._possible_tag)]

    def rest(self) -> str:
        """Return the text that still waits at the end of a reply."""
        return "" if self._thinking else self._possible_tag
