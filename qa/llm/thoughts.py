"""Take out of a reply what a model thinks aloud between tags, where its server leaves that in."""

import re

_TAG = re.compile(r"<(/?)(?:\w{1,12}:)?(?:think(?:ing)?|thought|reasoning)(?:\s[^<>]{0,40})?>", re.IGNORECASE)
_BEGUN = re.compile(r"</?[\w:]{0,24}(?:(?<=\w)\s[^<>]{0,40})?$", re.IGNORECASE)
"""The possible beginning of a tag whose end has not come yet."""


class Thoughts:
    """Takes `<think>…</think>` and tags like it out of a reply, however it is cut into pieces.

    Some servers send the closing tag alone, for the opening one ends the prompt: what `begins_inside` waits for it.
    """

    def __init__(self, begins_inside: bool = False) -> None:
        """Begin outside of any thought, or inside of one that a closing tag must prove."""
        self._possible_tag = ""
        self._thinking = False
        self._unproven: list[str] | None = [] if begins_inside else None
        self.began_inside = False
        """Whether a closing tag has come before any opening one."""
        self._has_tags = False

    def taken_from(self, text: str) -> str:
        """Return more text of a reply without thoughts; a possible half of a tag waits for its rest."""
        text, answer = self._possible_tag + text, ""
        while tag := _TAG.search(text):
            is_closing = bool(tag[1])
            answer += "" if self._thinking else text[: tag.start()]
            if is_closing and not self._has_tags:
                self.began_inside, answer = True, ""
            elif self._unproven:
                answer = "".join(self._unproven) + answer
            self._thinking, self._has_tags, self._unproven = not is_closing, True, None
            text = text[tag.end() :]
        begun = _BEGUN.search(text)
        self._possible_tag = begun.group() if begun else ""
        answer = answer if self._thinking else answer + text[: len(text) - len(self._possible_tag)]
        if self._unproven is None:
            return answer
        self._unproven.append(answer)
        return ""

    def rest(self, is_whole: bool = True) -> str:
        """Return the text that still waits at the end of a reply; in one that is cut off it may be a thought."""
        unproven = "".join(self._unproven or ()) if is_whole else ""
        return unproven + ("" if self._thinking else self._possible_tag)
