"""Reads a prompt back into what it was made from, by its structure alone."""

import re
from typing import NamedTuple

ONE_FIELD = r" \| ([^|\n]*)"


class Block(NamedTuple):
    """One article in a prompt."""

    outlet: str
    published: str
    author: str
    headline: str
    rows: list[tuple[int, str]]


class Parsed(NamedTuple):
    """A prompt, taken apart."""

    history: list[str]
    blocks: list[Block]
    question: str


def parsed(user: str) -> Parsed:
    """Take a user message apart; every line has to have its place, else this raises."""
    lines = user.split("\n")
    fences = [at for at, line in enumerate(lines) if re.fullmatch("===== [0-9a-f]{8} =====", line)]
    start, end = fences[0], fences[-1]
    assert [lines[at] for at in fences] == [lines[start]] * 2, "the fence stands elsewhere, too"
    nonce = lines[start].split()[1]
    blocks: list[Block] = []
    for line in lines[start + 1 : end]:
        if heading := re.fullmatch(rf"## {nonce}{4 * ONE_FIELD}", line):
            blocks.append(Block(*heading.groups(), []))
        elif row := re.fullmatch(r"\[(\d+)\] (.*)", line):
            blocks[-1].rows.append((int(row[1]), row[2]))
        else:
            assert line == "", f"a line of nobody: {line!r}"
    assert lines[end + 1] == ""
    assert lines[end + 2].startswith("Today: ")
    assert lines[end + 3].startswith("Style: ")
    assert lines[end + 4].startswith("Question: ")
    assert lines[end + 5 :] == [""]
    return Parsed(lines[:start], blocks, lines[end + 4].removeprefix("Question: "))
