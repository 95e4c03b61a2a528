"""Messages of several parts (MIME, RFC 2045), which mails and saved web pages are: parsed, within bounds."""

from email.message import EmailMessage

from index.errors import UnreadableFile

_MAX_LINES = 200_000
_MAX_PARTS = 2_000


def message_of(data: bytes, what: str, remedy: str) -> EmailMessage:
    """Return the message; raise UnreadableFile with `what` it should be and the `remedy` when it is none.

    The email package keeps an object for each line and each part: tens of bytes for one, thousands for the other.
    """
    from email import message_from_bytes, policy

    if data.count(b"\n") > _MAX_LINES or data.count(b"\n--") > _MAX_PARTS:
        raise UnreadableFile(f"it has more than {_MAX_LINES:,} lines or {_MAX_PARTS:,} parts; {remedy}")
    try:
        message = message_from_bytes(data, EmailMessage, policy=policy.default)
    except Exception as error:  # the package lets many errors out of a broken header
        raise UnreadableFile(f"it is not {what} ({type(error).__name__})") from None
    if not message.keys():
        raise UnreadableFile(f"it is not {what}: it has no header")
    return message
