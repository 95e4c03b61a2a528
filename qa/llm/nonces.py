"""Codes that nobody can have written into an article: they fence the evidence of one prompt and mark its lines."""

import re
import secrets
from collections.abc import Mapping, Sequence

_FENCE = re.compile(r"===== ([0-9a-f]{16}) =====")


def new_nonce() -> str:
    """Return 64 random bits, in hex."""
    return secrets.token_hex(8)


def fence_of(nonce: str) -> str:
    """Return the line that stands before and after the evidence."""
    return f"===== {nonce} ====="


def masked(messages: Sequence[Mapping[str, str]], mask: str) -> list[dict[str, str]]:
    """Return messages with `mask` in place of the nonce: the same whenever the same is asked."""
    nonces = sorted({nonce for message in messages for nonce in _FENCE.findall(message["content"])})
    any_nonce = re.compile("|".join(nonces)) if nonces else None
    return [{name: any_nonce.sub(mask, text) if any_nonce else text for name, text in one.items()} for one in messages]
