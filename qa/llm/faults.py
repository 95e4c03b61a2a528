"""Translate the faults of a model's provider, and say whether a second call may cure one, and after how long."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from qa.models.errors import (
    ModelAnswerIncomplete,
    ModelAnswerInvalid,
    ModelBusy,
    ModelCutOff,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    QAError,
)

_FINISHED = frozenset({"stop", "end_turn", "stop_sequence", "eos", "eos_token", "complete"})
"""The reasons of whole replies; LiteLLM turns "error", "network_error" and unknown words into "stop" too."""
_GEMINI_REASON = re.compile(rb'"finishReason":\s*"(\w+)"')
_BUSY = 429
# Seconds before a second call where the provider names none; and the bounds of what it may name.
_SOON_S = 0.25
_BUSY_S = 2
_WAITS_S = (1, 60)
_FILTERED = ("content_filter", "content_policy_violation")
_MESSAGES = {
    400: "does not take the request. Check QA_MODEL, QA_TEMPERATURE, QA_MAX_TOKENS and QA_REASONING_EFFORT",
    401: "refused the key. Check the key of the provider",
    402: "is not paid for. Check the account at the provider",
    403: "refused access. Check the key of the provider",
    404: "is not known there. Check QA_MODEL and QA_API_BASE",
    413: "cannot take so long a prompt. Lower QA_HITS",
}
_UNREACHED = "cannot be reached, or fails. Check QA_MODEL and QA_API_BASE, or unset QA_MODEL to answer without a model"


def wait_for(error: Exception) -> float | None:
    """Return the seconds after which a second call may go well; None when it would fail as the first did.

    A provider's `Retry-After` (RFC 9110, section 10.2.3: seconds or a date) counts as at least 1 second and at most 60.
    """
    status = _status(error)
    # A fault of the request would come again; that of a busy or failing server may pass.
    if _is_endless(error) or not (status == _BUSY or status >= 500):
        return None
    wait = _retry_after(error)
    return wait if wait is not None else _BUSY_S if status == _BUSY else _SOON_S


def qa_error_of(error: Exception, model: str, has_begun: bool) -> QAError:
    """Return the error in our own words, once there is no second call; `has_begun`: text of the reply had come."""
    import litellm

    if _is_endless(error):
        return endless(model)
    if isinstance(error, litellm.exceptions.Timeout):
        return ModelTimeout(f"The model {model!r} did not answer in time. Ask again, or raise QA_DEADLINE_S")
    if isinstance(error, litellm.exceptions.ContentPolicyViolationError) or getattr(error, "code", None) in _FILTERED:
        return _refused(model)
    # Part of the answer is on its way to the reader, so what failed matters less than that it broke off.
    if has_begun:
        return _broken_off(model)
    status = _status(error)
    if status == _BUSY:
        after = int(_retry_after(error) or _BUSY_S)
        busy = ModelBusy(f"The model {model!r} is over its rate limit. Ask again in {after} s")
        busy.retry_after = after
        return busy
    if isinstance(error, litellm.exceptions.ContextWindowExceededError):
        return ModelUnavailable(f"The model {model!r} {_MESSAGES[413]}")
    if 300 <= status < 400:
        return ModelUnavailable(
            f"The model {model!r} is said to be at another address, which is not followed. Set QA_API_BASE to it"
        )
    return ModelUnavailable(f"The model {model!r} {_MESSAGES.get(status, _UNREACHED)}")


def reason_in(tail: bytes) -> str | None:
    """Return why a reply of Gemini's ended, from its last bytes: LiteLLM gives "stop" for each of its events."""
    reasons = _GEMINI_REASON.findall(tail)
    return str(reasons[-1], "ascii") if reasons else None


def fault_of(reason: str | None, end: str | None, blank: bool, model: str) -> QAError | None:
    """Return the fault of a reply that has come to its end; None when it is whole.

    `reason` is the provider's word for why it ended (None: it gave none), `end` what LiteLLM makes of it, and `blank`
    whether the reply was nothing but white space.
    """
    if end == "content_filter":
        return _refused(model)
    if end == "length" and reason is not None:
        kind = ModelAnswerIncomplete if blank else ModelCutOff
        return kind(f"The model {model!r} came to its most tokens before its end. Ask for less, or raise QA_MAX_TOKENS")
    if blank or end in ("tool_calls", "function_call"):
        return ModelAnswerInvalid(f"The model {model!r} replied without an answer. Check QA_MODEL and QA_API_BASE")
    return None if reason is not None and str(reason).lower() in _FINISHED else _broken_off(model)


def endless(model: str) -> ModelAnswerIncomplete:
    """Return the fault of a reply without end."""
    return ModelAnswerIncomplete(f"The model {model!r} does not stop writing. Ask again or change QA_MODEL")


def _broken_off(model: str) -> ModelAnswerIncomplete:
    return ModelAnswerIncomplete(f"The model {model!r} broke off its reply. Ask again")


def _refused(model: str) -> ModelRefused:
    return ModelRefused(f"The filter of the model {model!r} withheld the answer. Ask in other words")


def _status(error: Exception) -> int:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else 0


def _is_endless(error: BaseException) -> bool:
    from qa.llm.connections import EndlessReply

    return any(isinstance(cause, EndlessReply) for cause in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        # LiteLLM raises errors of its own in place of those that it met, so the first cause may lie deep.
        error = error.__cause__ or error.__context__


def _retry_after(error: Exception) -> float | None:
    headers = getattr(error, "litellm_response_headers", None) or getattr(
        getattr(error, "response", None), "headers", {}
    )
    text = str(headers.get("retry-after", ""))
    try:
        seconds = float(text) if text.strip().isdecimal() else _until(text)
    except (TypeError, ValueError, OverflowError):  # a TypeError: the date has no zone
        return None
    return min(max(seconds, _WAITS_S[0]), _WAITS_S[1])


def _until(text: str) -> float:
    return (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
