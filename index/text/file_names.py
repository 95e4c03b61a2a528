"""File names as a person may see them: a name is untrusted text."""


def printable(name: str) -> str:
    """Make a file name safe to print: no control or invisible characters, no bytes that are not text."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in name)
