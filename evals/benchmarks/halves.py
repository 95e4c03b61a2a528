"""Two halves of a set, parted by article: what is chosen on the one is reported on the other."""

import hashlib


def first_half(name: str) -> bool:
    """Whether an article, by its name, is of the half that is trained or chosen on."""
    return digest_of(name) % 2 == 1


def digest_of(name: str) -> int:
    """Return a number that a name always has, and that says nothing else of it."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16)
