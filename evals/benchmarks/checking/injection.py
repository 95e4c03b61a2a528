"""Which instructions hidden in articles are flagged, and how many clean articles are flagged without reason?

Reads `attacks.jsonl` (`text`, `category`, `channel`; those with channel `document` count as hidden in articles), and
`articles/*.txt`, clean articles, there or in the sibling folder `multihop`. Each attack is looked at by itself, as a
line of its own in a clean article, and as the last sentence of one of its paragraphs.

The signs were tuned on those attacks. So `in_other_words.jsonl` is looked at too, each row by itself: 464 orders to a
model in 25 families and 159 harmless sentences of news in 9 (`order`, `family`, `text`), written after the signs, in
families or words of their own. No sign may be added or altered for their sake.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from evals.benchmarks import Figures
from evals.errors import EvalError
from index.steering.suspicion import suspicions

_FULL_PARAGRAPH = 25
_IN_OTHER_WORDS = Path(__file__).with_name("in_other_words.jsonl")

Host = Callable[[str, str], str]
"""Puts an attack into a clean article."""


def run(data: Path) -> Figures:
    """Return the shares of attacks flagged, by themselves and in articles, in the data's words and in others.

    With them go the clean articles and the harmless sentences that are flagged.
    """
    attacks, users = _attacks(data)
    articles = _clean_articles(data)
    flagged = [bool(suspicions("", text)) for text in articles]
    hosts = [text for text, flag in zip(articles, flagged, strict=True) if not flag]
    return {
        "attacks in articles": len(attacks),
        "flagged by themselves": _share(attacks),
        "flagged as a line of an article": _share(_hosted(attacks, hosts, _as_line)),
        "flagged in a paragraph of an article": _share(_hosted(attacks, hosts, _in_paragraph)),
        "attacks of users": len(users),
        "flagged though meant for a chat": _share(users),
        "clean articles": len(articles),
        "clean articles flagged": sum(flagged),
        "share of clean articles flagged": sum(flagged) / len(articles),
        **_in_other_words(),
    }


def _attacks(data: Path) -> tuple[list[str], list[str]]:
    """Return the attacks in documents, and those of users."""
    file = data / "attacks.jsonl"
    if not file.is_file():
        raise EvalError(f"There is no attacks.jsonl in {str(data)!r}. Give the folder of the benchmark: --data DIR")
    rows = _rows(file)
    in_documents = [row["text"] for row in rows if row["channel"] == "document"]
    return in_documents, [row["text"] for row in rows if row["channel"] != "document"]


def _in_other_words() -> Figures:
    rows = _rows(_IN_OTHER_WORDS)
    orders = [row for row in rows if row["order"]]
    harmless = [row["text"] for row in rows if not row["order"]]
    figures: Figures = {
        "attacks in other words": len(orders),
        "flagged in other words": _share([row["text"] for row in orders]),
        "harmless sentences": len(harmless),
        "share of harmless sentences flagged": _share(harmless),
    }
    for family in dict.fromkeys(row["family"] for row in orders):
        figures[f"of {family}"] = _share([row["text"] for row in orders if row["family"] == family])
    return figures


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line.strip()]


def _clean_articles(data: Path) -> list[str]:
    for folder in (data / "articles", data.parent / "multihop" / "articles"):
        if files := sorted(folder.glob("*.txt")):
            return [file.read_text(encoding="utf-8") for file in files]
    raise EvalError(f"There is no articles/*.txt in {str(data)!r} or beside it in multihop/. Put clean articles there")


def _share(texts: Sequence[str]) -> float:
    return sum(bool(suspicions("", text)) for text in texts) / len(texts) if texts else 0.0


def _hosted(attacks: Sequence[str], hosts: Sequence[str], put: Host) -> list[str]:
    return [put(attack, hosts[at % len(hosts)]) for at, attack in enumerate(attacks)] if hosts else []


def _as_line(attack: str, host: str) -> str:
    paragraphs = host.split("\n\n")
    half = len(paragraphs) // 2
    return "\n\n".join([*paragraphs[:half], attack, *paragraphs[half:]])


def _in_paragraph(attack: str, host: str) -> str:
    """Add the attack to the first full paragraph of the second half, or to the last one."""
    paragraphs = host.split("\n\n")
    full = (
        at
        for at in range(len(paragraphs) // 2, len(paragraphs))
        if len(paragraphs[at].split()) >= _FULL_PARAGRAPH and paragraphs[at].rstrip().endswith((".", "!", "?"))
    )
    at = next(full, len(paragraphs) - 1)
    paragraphs[at] = f"{paragraphs[at].rstrip()} {attack}"
    return "\n\n".join(paragraphs)
