"""The one place where a language model is called: LiteLLM, streamed, without retries but for one of our own."""

import asyncio
import codecs
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple, Protocol

from qa.errors import MissingKey, ModelUnavailable, QAError
from qa.llm.budget import Budget, Prompt
from qa.llm.faults import endless, fault_of, reason_in, translated, wait_for
from qa.llm.nonces import masked
from qa.models import Usage

Message = dict[str, str]
_MAX_REPLY_CHARS = 100_000
REASONING_TOKENS = 8192
"""Room for what a model thinks before it writes, which counts as written: "medium" effort takes some thousand."""
_NO_KEY = "not-needed"
_COUNTED_NONCE = "3f84b61c9d27e05a"
"""Counted in place of a prompt's own: what fits must not depend on chance, and this has rather many tokens."""
_UNCHECKED = "jina_ai"
"""Of this provider LiteLLM does not say that its key is missing."""


def _litellm() -> Any:
    """Return LiteLLM, kept from printing hints: they go to stdout, which is for answers."""
    import litellm

    litellm.suppress_debug_info = True
    return litellm


def key_for(what: str, name: str, api_base: str | None) -> str | None:
    """Return None when the key is in the environment, and a stand-in when it is not and a server of one's own is asked.

    `what` is "model", "judge" or "reranker". Raises ModelUnavailable for an unknown name, MissingKey without either.
    """
    litellm = _litellm()
    setting = f"QA_{what.upper()}"
    try:
        _, provider, key, _ = litellm.get_llm_provider(name)
    except Exception:  # of several kinds, by provider; all mean that the name leads nowhere
        raise ModelUnavailable(
            f"LiteLLM does not know the {what} {name!r}. Write {setting} as PROVIDER/MODEL"
        ) from None
    missing: list[str] = litellm.validate_environment(name)["missing_keys"]
    own = f"{provider}_API_KEY".upper()
    if not missing and (os.environ.get(own) == "" or (provider == _UNCHECKED and not key)):
        missing = [own]
    if missing and not api_base:
        raise MissingKey(
            f"The {what} {name!r} needs {' and '.join(missing)} in the environment. Set it, or unset {setting} to "
            f"answer without a {what}"
        )
    return _NO_KEY if missing else None


def budget_of(name: str, reply: int) -> Budget:
    """Return how long a prompt may be beside `reply` tokens, by what LiteLLM knows of a model's window and tokens."""
    litellm = _litellm()
    try:
        window = litellm.get_model_info(name).get("max_input_tokens")
    except Exception:  # LiteLLM says so of a model that it has no figures of
        window = None

    def count(prompt: Prompt) -> int:
        return int(litellm.token_counter(model=name, messages=masked(prompt, _COUNTED_NONCE)))

    return Budget.of(window, reply, count)


class CallOptions(NamedTuple):
    """What is asked of a model beside the prompt; what is None is not sent, for many models refuse it."""

    max_tokens: int
    temperature: float | None = None
    reasoning_effort: str | None = None

    def sent(self, name: str) -> dict[str, Any]:
        """Return the parameters of a call of the model `name`; one that reasons gets room for that beside its reply."""
        reasons = _litellm().supports_reasoning(name)
        tokens = self.max_tokens + (REASONING_TOKENS if reasons else 0)
        asked = {"temperature": self.temperature, "reasoning_effort": self.reasoning_effort}
        return {"max_tokens": tokens} | {name: value for name, value in asked.items() if value is not None}


class LanguageModel(Protocol):
    """Streams a reply as text, and ends with its usage."""

    name: str

    def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str | Usage, None]:
        """Yield the text of the reply as it comes, then a Usage; raise a QAError when the model fails."""
        ...


class LiteLLMModel:
    """Any model that LiteLLM can call."""

    def __init__(
        self,
        name: str,
        api_base: str | None,
        options: CallOptions,
        deadline_s: float = 60.0,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Load LiteLLM (seconds); raise MissingKey when the environment lacks the key that the model needs.

        A second call begins within `deadline_s` of the first, or not at all; `pause` waits for it.
        """
        from qa.llm.connections import confine

        self._litellm = litellm = _litellm()
        litellm.disable_hf_tokenizer_download = True
        self._litellm.verbose_logger.setLevel("CRITICAL")  # it logs the provider's own words, which may hold the key
        confine(litellm)
        self.name = name
        self._deadline_s, self._pause = deadline_s, pause
        self._options: dict[str, Any] = {"api_base": api_base} | options.sent(name)
        if key := key_for("model", name, api_base):
            self._options["api_key"] = key

    async def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str | Usage, None]:
        """Yield the text of the reply as it comes, then its usage.

        Calls a second time when nothing has come and another call may cure the fault, after the time that the provider
        asks for. Raises ModelUnavailable, ModelBusy, ModelTimeout, ModelAnswerIncomplete, ModelAnswerInvalid or
        ModelRefused; none of them repeats what the provider said, which may hold the key.
        """
        until, said = time.monotonic() + self._deadline_s, False
        for calls_left in (1, 0):
            try:
                async with aclosing(self._call(messages)) as pieces:
                    async for piece in pieces:
                        said = True
                        yield piece
                return
            except QAError:
                raise
            except Exception as error:
                wait = wait_for(error)
                if said or not calls_left or wait is None or time.monotonic() + wait > until:
                    raise translated(error, self.name, said) from None
            await self._pause(wait)

    async def _call(self, messages: Sequence[Message]) -> AsyncGenerator[str | Usage, None]:
        from qa.llm.connections import tail_of

        usage, length, blank, end = Usage(), 0, True, None
        # JSON can say half of a surrogate pair, and servers cut an emoji in two; an answer can say only whole ones.
        joined = codecs.getincrementaldecoder("utf-16-le")("replace")
        stream = await self._litellm.acompletion(
            self.name,
            list(messages),
            stream=True,
            stream_options={"include_usage": True},
            num_retries=0,
            max_retries=0,
            **self._options,
        )
        async with aclosing(stream):
            async for chunk in stream:
                if getattr(chunk, "usage", None):
                    usage = self._usage(chunk.usage)
                if not chunk.choices:
                    continue
                end = chunk.choices[0].finish_reason or end
                said = chunk.choices[0].delta.content or ""
                text = joined.decode(said.encode("utf-16-le", "surrogatepass"))
                length, blank = length + len(text), blank and not text.strip()
                if length > _MAX_REPLY_CHARS:
                    raise endless(self.name)
                if text:
                    yield text
            # LiteLLM's own word is "stop" for a reply that was cut off too, and for one that ended in an error.
            reason = stream.received_finish_reason or reason_in(tail_of(stream))
        if fault := fault_of(reason, end, blank, self.name):
            raise fault
        yield usage

    def _usage(self, reported: Any) -> Usage:
        prompt, completion = int(reported.prompt_tokens or 0), int(reported.completion_tokens or 0)
        try:
            cost: float | None = sum(self._litellm.cost_per_token(model=self.name, usage_object=reported))
        except Exception:
            cost = None
        return Usage(prompt_tokens=prompt, completion_tokens=completion, cost=cost)


async def whole_reply(model: LanguageModel, messages: Sequence[Message]) -> tuple[str, Usage]:
    """Return the text of a reply and its usage; raise a QAError when the model fails."""
    text, usage = "", Usage()
    async with aclosing(model.reply(messages)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Usage):
                usage += piece
            else:
                text += piece
    return text, usage
