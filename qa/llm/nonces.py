"""Random codes that fence the evidence of one prompt and mark its headings: no article can contain them."""

import re
import secrets
from collections.abc import Mapping, Sequence

_FENCE = re.compile(r"===== ([0-9a-f]{8}) =====")
_TODAY = r"(?<=^Today: )[\d-]{10}$"


def new_nonce() -> str:
    """Return 32 random bits, in hex; guessing them gains nothing: no article can begin a line of a prompt."""
    return secrets.token_hex(4)


def fence_of(nonce: str) -> str:
    """Return the line that stands before and after the evidence."""
    return f"===== {nonce} ====="


def masked(messages: Sequence[Mapping[str, str]], mask: str) -> list[dict[str, str]]:
    """Return messages with `mask` in place of the nonce and of the day: the same whenever the same is asked."""
    nonces = sorted({nonce for message in messages for nonce in _FENCE.findall(message["content"])})
    changing = re.compile("|".join([*nonces, _TODAY]), re.MULTILINE)
    masked_messages = []
    for message in messages:
        masked_messages.append({name: changing.sub(mask, text) for name, text in message.items()})
    return masked_messages
