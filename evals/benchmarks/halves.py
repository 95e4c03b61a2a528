"""Two halves of a set, parted by article: what is chosen on the one is reported on the other."""

import hashlib


def first_half(name: str) -> bool:
    """Whether an article, by its name, is of the half that is trained or chosen on."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == 1
