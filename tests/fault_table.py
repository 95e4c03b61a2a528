"""What a model's provider may do wrong, and what it is called here."""

import json
from dataclasses import dataclass

from faulty_model import End, Play, event, finished, head, said, stream, whole
from stub_model import SECRET

from qa.llm.connections import MAX_BYTES
from qa.models.errors import (
    ModelAnswerIncomplete,
    ModelAnswerInvalid,
    ModelBusy,
    ModelCutOff,
    ModelRefused,
    ModelUnavailable,
    QAError,
)

ERROR = json.dumps({"error": {"message": f"Stub says {SECRET}", "type": "t", "code": "c"}})
TOO_LONG = ERROR.replace('"c"', '"context_length_exceeded"').replace("Stub", "This model's maximum context length is")
CALL = {"tool_calls": [{"index": 0, "id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}
MESSAGE = {"role": "assistant", "content": "It rained [1]."}
NOT_STREAMED = json.dumps({"object": "chat.completion", "choices": [{"index": 0, "message": MESSAGE}]})
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
PAGE = f"<html><body>Sign in, {SECRET}</body></html>"
FAR, PAST = "Wed, 21 Oct 2099 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 GMT"
BROKEN_EVENT = f"data: {{{SECRET}\n\n".encode()
ERROR_EVENT = f"data: {ERROR}\n\n".encode()


@dataclass(frozen=True)
class Row:
    """A fault, the error it is, how often the model is called, and a part of what is said."""

    play: Play
    error: type[QAError]
    calls: int
    words: str


BUSY = "is over its rate limit. Ask again in"
UNREACHED = "cannot be reached, or fails. Check QA_MODEL and QA_API_BASE, or unset QA_MODEL to answer without a model"
BROKE_OFF = "broke off its reply. Ask again"
NO_ANSWER = "replied without an answer. Check QA_MODEL and QA_API_BASE"
ENDLESS = "does not stop writing"
ROWS = {
    "reset": Row([End.RESET], ModelUnavailable, 2, UNREACHED),
    "closed": Row([End.CLOSE], ModelUnavailable, 2, UNREACHED),
    "429": Row(whole(429, ERROR), ModelBusy, 2, f"{BUSY} 2 s"),
    "429, later": Row(whole(429, ERROR, "application/json", "Retry-After: 7"), ModelBusy, 2, f"{BUSY} 7 s"),
    "429, at once": Row(whole(429, ERROR, "application/json", "Retry-After: 0"), ModelBusy, 2, f"{BUSY} 1 s"),
    "429, in hours": Row(whole(429, ERROR, "application/json", "Retry-After: 9999"), ModelBusy, 1, f"{BUSY} 60 s"),
    "429, garbage": Row(whole(429, ERROR, "application/json", "Retry-After: soon"), ModelBusy, 2, f"{BUSY} 2 s"),
    "429, a date": Row(
        whole(429, ERROR, "application/json", f"Retry-After: {FAR}"),
        ModelBusy,
        1,
        f"{BUSY} 60 s",
    ),
    "429, a past date": Row(whole(429, ERROR, "application/json", f"Retry-After: {PAST}"), ModelBusy, 2, f"{BUSY} 1 s"),
    "500": Row(whole(500, ERROR), ModelUnavailable, 2, UNREACHED),
    "503, a page": Row(whole(503, PAGE, "text/html"), ModelUnavailable, 2, UNREACHED),
    "529": Row(whole(529, ERROR), ModelUnavailable, 2, UNREACHED),
    "401": Row(whole(401, ERROR), ModelUnavailable, 1, "refused the key. Check the key of the provider"),
    "402": Row(whole(402, ERROR), ModelUnavailable, 1, "is not paid for. Check the account at the provider"),
    "403": Row(whole(403, ERROR), ModelUnavailable, 1, "refused access. Check the key of the provider"),
    "404": Row(whole(404, ERROR), ModelUnavailable, 1, "is not known there. Check QA_MODEL and QA_API_BASE"),
    "400": Row(whole(400, ERROR), ModelUnavailable, 1, "does not take the request"),
    "too long": Row(whole(400, TOO_LONG), ModelUnavailable, 1, "cannot take so long a prompt. Lower QA_HITS"),
    "no finish": Row([head(), said("It rained "), said("in")], ModelAnswerIncomplete, 1, BROKE_OFF),
    "no finish, but done": Row([head(), said("It rained"), b"data: [DONE]\n\n"], ModelAnswerIncomplete, 1, BROKE_OFF),
    "cut in a chunk": Row(
        [CHUNKED, b"%x\r\n%s\r\n" % (len(said("It")), said("It")), b"ff\r\nda"], ModelAnswerIncomplete, 1, BROKE_OFF
    ),
    "reset on the way": Row([head(), said("It rained"), 0.05, End.RESET], ModelAnswerIncomplete, 1, BROKE_OFF),
    "broken event": Row([head(), said("It"), BROKEN_EVENT, finished()], ModelAnswerIncomplete, 1, BROKE_OFF),
    "broken first event": Row([head(), BROKEN_EVENT, finished()], ModelUnavailable, 2, UNREACHED),
    "garbage": Row([head(), said("It"), b"data: \xff\xfe\x00\n\n", finished()], ModelAnswerIncomplete, 1, BROKE_OFF),
    "an error on the way": Row([head(), said("It"), ERROR_EVENT, finished()], ModelAnswerIncomplete, 1, BROKE_OFF),
    "an error at first": Row([head(), ERROR_EVENT, finished()], ModelUnavailable, 2, UNREACHED),
    "a page": Row(whole(200, PAGE, "text/html"), ModelAnswerInvalid, 1, NO_ANSWER),
    "cut JSON": Row(whole(200, NOT_STREAMED[:40]), ModelAnswerInvalid, 1, NO_ANSWER),
    "not streamed, of another form": Row(whole(200, '{"text": "It rained"}'), ModelAnswerInvalid, 1, NO_ANSWER),
    "no content": Row([head(204)], ModelAnswerInvalid, 1, NO_ANSWER),
    "no choices": Row([head(), event({"choices": []}), b"data: [DONE]\n\n"], ModelAnswerInvalid, 1, NO_ANSWER),
    "another object": Row([head(), b'data: {"object": "list"}\n\n'], ModelAnswerInvalid, 1, NO_ANSWER),
    "null": Row([head(), said(None), finished()], ModelAnswerInvalid, 1, NO_ANSWER),
    "empty": Row(stream(""), ModelAnswerInvalid, 1, NO_ANSWER),
    "white space": Row(stream(" ", "\n\t"), ModelAnswerInvalid, 1, NO_ANSWER),
    "many line ends": Row(stream(*["\n" * 999] * 99), ModelAnswerInvalid, 1, NO_ANSWER),
    "a call": Row([head(), finished("tool_calls", CALL)], ModelAnswerInvalid, 1, NO_ANSWER),
    "text and a call": Row(stream("It rained [1].", reason="tool_calls"), ModelAnswerInvalid, 1, NO_ANSWER),
    "filtered": Row(stream("It rained", reason="content_filter"), ModelRefused, 1, "withheld the answer"),
    "filtered at once": Row(
        whole(400, ERROR.replace('"c"', '"content_filter"')), ModelRefused, 1, "withheld the answer"
    ),
    "most tokens": Row(stream("It rained", reason="length"), ModelCutOff, 1, "or raise QA_MAX_TOKENS"),
    "ended in error": Row(stream("It rained", reason="error"), ModelAnswerIncomplete, 1, BROKE_OFF),
    "ended in an unknown way": Row(stream("It rained", reason="moonrise"), ModelAnswerIncomplete, 1, BROKE_OFF),
    "10 MB": Row(
        [head(), *(said(f"{n} words " * 20) for n in range(50_000)), finished()], ModelAnswerIncomplete, 1, ENDLESS
    ),
    "10 MB in one piece": Row([head(), said("x" * 10_000_000), finished()], ModelAnswerIncomplete, 1, ENDLESS),
    "1 MB in one word": Row([head(), said("x" * 1_000_000), finished()], ModelAnswerIncomplete, 1, ENDLESS),
    "10 MB of error": Row(whole(500, SECRET * 500_000), ModelUnavailable, 2, UNREACHED),
    "10 MB of nothing": Row([head(), b": ping\n\n" * (MAX_BYTES // 8 + 1)], ModelAnswerIncomplete, 1, ENDLESS),
}
