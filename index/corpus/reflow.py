"""Undo the line breaks of a page's width, so that a sentence does not end where the paper did."""

import re

_FULL_SHARE = 0.75
_ENDS = re.compile(r"[.!?:…؟۔。！？][)\]\"'”’»]*$")
_SOFT_HYPHEN = re.compile(r"[^\W\d_]-$")
_WIDTH_SHARE = 0.9
_LIST_ITEM = re.compile(r"^(?:[•*·▪‣–—-]|\d{1,2}[.)]) ")


def reflowed(text: str) -> str:
    """Join a line with the next when it fills the width and the next goes on with it.

    A word cut by a hyphen at the end of a line is made whole. Blank lines, short lines and list items stay apart.
    """
    rows = [" ".join(row.split()) for row in text.splitlines()]
    widths = sorted(len(row) for row in rows if row)
    # The width of the page is that of its longest lines, but for a tenth of them, which may stick out.
    full = widths[min(int(_WIDTH_SHARE * len(widths)), len(widths) - 1)] * _FULL_SHARE if widths else 0
    joined: list[list[str]] = []
    last = ""
    for row in rows:
        if last and row and len(last) >= full and _goes_on(last, row):
            if is_cut_word(last) and row[0].islower():
                joined[-1][-1] = joined[-1][-1][:-1]
            else:
                joined[-1].append(" ")
            joined[-1].append(row)
        else:
            joined.append([row])
        last = row
    return re.sub(r"\n{3,}", "\n\n", "\n".join("".join(pieces) for pieces in joined)).strip()


def is_cut_word(row: str) -> bool:
    """Whether a line ends with a hyphen after a letter, which may cut a word."""
    return bool(_SOFT_HYPHEN.search(row))


def is_list_item(row: str) -> bool:
    """Whether a line begins as an item of a list."""
    return bool(_LIST_ITEM.match(row))


def ends_sentence(row: str) -> bool:
    """Whether a line ends with the end of a sentence."""
    return bool(_ENDS.search(row))


def _goes_on(row: str, following: str) -> bool:
    # Where lines are wide, a sentence ends at the end of one by chance, and its paragraph goes on.
    return not is_list_item(following) and (following[0].islower() or not ends_sentence(row) or len(row) > 40)
