"""Call a language model through LiteLLM, streamed, with one retry of our own; nothing else calls one."""

import asyncio
import codecs
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel

from qa.llm.budget import Budget, Prompt
from qa.llm.faults import endless, fault_of, qa_error_of, reason_in, wait_for
from qa.llm.nonces import masked
from qa.llm.thoughts import Thoughts
from qa.models import NO_WISHES, Usage, Wishes
from qa.models.errors import MissingKey, ModelUnavailable, QAError

Message = dict[str, str]
_MAX_REPLY_CHARS = 100_000
REASONING_TOKENS = 8192
"""Room for a model's thoughts before it writes, which count as written: "medium" effort takes some thousand."""
_NO_KEY = "not-needed"
_COUNTED_NONCE = "3f84b61c"
"""Counted in place of a prompt's own nonce: what fits must not depend on chance. It has rather many tokens."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_AWS = (
    "AWS_BEARER_TOKEN_BEDROCK AWS_PROFILE AWS_SHARED_CREDENTIALS_FILE AWS_CONFIG_FILE AWS_ROLE_ARN "
    "AWS_WEB_IDENTITY_TOKEN_FILE AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_CREDENTIALS_FULL_URI".split(),
    ("~/.aws/credentials", "~/.aws/config"),
)
_OWN_WAYS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "bedrock": _AWS,
    "bedrock_converse": _AWS,
    "azure": (("AZURE_AD_TOKEN", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"), ("~/.azure",)),
    "vertex_ai": (
        ("GOOGLE_APPLICATION_CREDENTIALS", "VERTEXAI_CREDENTIALS"),
        ("~/.config/gcloud/application_default_credentials.json",),
    ),
}
"""By provider, the variables and files that its library takes in place of a key."""
_UNCHECKED = "jina_ai"
"""LiteLLM does not report the missing key of this provider."""


def quiet_litellm() -> Any:
    """Return LiteLLM, which takes seconds to load the first time; it prints no hints and logs nothing.

    Its hints go to stdout, which is for answers; its log holds the provider's own words, which may hold the key.
    """
    spare_loopback()
    import litellm

    module: Any = litellm
    module.suppress_debug_info = True
    module.verbose_logger.setLevel("CRITICAL")
    return module


def spare_loopback() -> None:
    """Keep the proxies of the environment from being asked for servers on this machine."""
    names = [name for name in ("NO_PROXY", "no_proxy") if os.environ.get(name)] or ["NO_PROXY"]
    for name in names:
        hosts = [host for host in os.environ.get(name, "").split(",") if host.strip()]
        os.environ[name] = ",".join([*hosts, *(host for host in _LOOPBACK if host not in hosts)])


def key_for(what: str, name: str, api_base: str | None) -> str | None:
    """Return None when the key is in the environment, and a stand-in for it when `api_base` is a server of one's own.

    `what` is "model", "judge" or "reranker". Raises ModelUnavailable for an unknown name, MissingKey without either.
    """
    litellm = quiet_litellm()
    setting = f"QA_{what.upper()}"
    try:
        _, provider, key, _ = litellm.get_llm_provider(name)
    except Exception:  # of several kinds, by provider; all mean that the name leads nowhere
        raise ModelUnavailable(
            f"LiteLLM does not know the {what} {name!r}. Write {setting} as PROVIDER/MODEL"
        ) from None
    missing: list[str] = [] if _has_own_way(provider) else litellm.validate_environment(name)["missing_keys"]
    variable = f"{provider}_API_KEY".upper()
    # LiteLLM takes an empty variable for a key.
    if not missing and (os.environ.get(variable) == "" or (provider == _UNCHECKED and not key)):
        missing = [variable]
    if missing and not api_base:
        raise MissingKey(
            f"The {what} {name!r} needs {' and '.join(missing)} in the environment. Set it, or unset {setting} to "
            f"answer without a {what}"
        )
    return _NO_KEY if missing else None


def _has_own_way(provider: str) -> bool:
    """Return whether the environment holds what a provider takes in place of the keys that LiteLLM looks for."""
    names, files = _OWN_WAYS.get(provider, ((), ()))
    return any(os.environ.get(name) for name in names) or any(Path(file).expanduser().exists() for file in files)


def budget_of(name: str, reply: int) -> Budget:
    """Return the budget of a prompt beside `reply` tokens, by LiteLLM's figures of the model's window and tokens."""
    litellm = quiet_litellm()
    try:
        window = litellm.get_model_info(name).get("max_input_tokens")
    except Exception:  # LiteLLM says so of a model that it has no figures of
        window = None

    def count(prompt: Prompt) -> int:
        return int(litellm.token_counter(model=name, messages=masked(prompt, _COUNTED_NONCE)))

    return Budget.of(window, reply, count)


def _has_shapes(name: str) -> bool:
    """Return whether a model gives replies of a shape, and its provider takes the parameter that asks for one."""
    litellm = quiet_litellm()
    parameters = litellm.get_supported_openai_params(name) or ()
    return "response_format" in parameters and bool(litellm.supports_response_schema(name))


class CallOptions(NamedTuple):
    """The parameters of a call beside the prompt; those that are None are not sent, for many models refuse them."""

    max_tokens: int
    temperature: float | None = None
    reasoning_effort: str | None = None
    drop_params: bool | None = None
    response_format: type[BaseModel] | None = None

    def with_wishes(self, wishes: Wishes) -> "CallOptions":
        """Return the options changed by wishes; LiteLLM leaves out a temperature that the model does not take."""
        tokens = min(self.max_tokens, wishes.max_tokens or self.max_tokens)
        options = self._replace(max_tokens=tokens, response_format=wishes.shape)
        if wishes.temperature is None:
            return options
        return options._replace(temperature=wishes.temperature, drop_params=True)

    def parameters_for(self, name: str) -> dict[str, Any]:
        """Return the parameters of a call of the model `name`.

        A model that reasons gets room for that beside its reply; one without replies of a given shape writes lines.
        """
        tokens = self.max_tokens + (REASONING_TOKENS if quiet_litellm().supports_reasoning(name) else 0)
        parameters = self._asdict() | {"max_tokens": tokens}
        if self.response_format and not _has_shapes(name):
            parameters["response_format"] = None
        return {name: value for name, value in parameters.items() if value is not None}


class LanguageModel(Protocol):
    """Streams a reply as text, then yields its usage."""

    name: str

    def reply(self, messages: Sequence[Message], wishes: Wishes = NO_WISHES) -> AsyncGenerator[str | Usage, None]:
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

        A second call begins within `deadline_s` of the first, or not at all, after a `pause`.
        """
        from qa.llm.connections import confine

        self._litellm = litellm = quiet_litellm()
        litellm.disable_hf_tokenizer_download = True
        confine(litellm)
        self.name = name
        self._deadline_s, self._pause = deadline_s, pause
        self._options = options
        self._thinks_first = False
        """Whether thoughts begin in the prompt, as the last reply told; the first has given its own out by then."""
        self._access: dict[str, Any] = {"api_base": api_base}
        if key := key_for("model", name, api_base):
            self._access["api_key"] = key

    async def reply(self, messages: Sequence[Message], wishes: Wishes = NO_WISHES) -> AsyncGenerator[str | Usage, None]:
        """Yield the text of the reply as it comes, then its usage.

        Calls a second time when nothing has come and another call may cure the fault, after the time that the provider
        asks for. Raises ModelUnavailable, ModelBusy, ModelTimeout, ModelAnswerIncomplete, ModelAnswerInvalid or
        ModelRefused; none of them repeats the provider's words, which may hold the key.
        """
        until, has_begun = time.monotonic() + self._deadline_s, False
        # The only retry: those of the libraries are off, which know neither the deadline nor what has been sent.
        for calls_left in (1, 0):
            try:
                async with aclosing(self._call(messages, self._options.with_wishes(wishes))) as pieces:
                    async for piece in pieces:
                        has_begun = True
                        yield piece
                return
            # The fault of a reply that has come to its end: another call would cost as much, and end likewise.
            except QAError:
                raise
            except Exception as error:
                wait = wait_for(error)
                # What has been sent cannot be taken back, so nothing is called again once text has come.
                if has_begun or not calls_left or wait is None or time.monotonic() + wait > until:
                    raise qa_error_of(error, self.name, has_begun) from None
            await self._pause(wait)

    async def _call(self, messages: Sequence[Message], options: CallOptions) -> AsyncGenerator[str | Usage, None]:
        from qa.llm.connections import tail_of

        usage, length, blank, end = Usage(), 0, True, None
        # JSON can say half of a surrogate pair, and servers cut an emoji in two; an answer can say only whole ones.
        joined, thoughts = codecs.getincrementaldecoder("utf-16-le")("replace"), Thoughts(self._thinks_first)
        stream = await self._litellm.acompletion(
            self.name,
            list(messages),
            stream=True,
            stream_options={"include_usage": True},
            num_retries=0,
            max_retries=0,
            **self._access,
            **options.parameters_for(self.name),
        )
        async with aclosing(stream):
            async for chunk in stream:
                if getattr(chunk, "usage", None):
                    usage = self._usage(chunk.usage)
                if not chunk.choices:
                    continue
                end = chunk.choices[0].finish_reason or end
                piece = chunk.choices[0].delta.content or ""
                length += len(piece)
                if length > _MAX_REPLY_CHARS:
                    raise endless(self.name)
                if text := thoughts.taken_from(joined.decode(piece.encode("utf-16-le", "surrogatepass"))):
                    blank = blank and not text.strip()
                    yield text
            # LiteLLM's own word is "stop" for a reply that was cut off too, and for one that ended in an error.
            reason = stream.received_finish_reason or reason_in(tail_of(stream))
        self._thinks_first = thoughts.began_inside
        if rest := thoughts.rest(is_whole=end != "length"):
            blank = blank and not rest.strip()
            yield rest
        yield usage
        if fault := fault_of(reason, end, blank, self.name):
            raise fault

    def _usage(self, reported: Any) -> Usage:
        prompt, completion = int(reported.prompt_tokens or 0), int(reported.completion_tokens or 0)
        try:
            cost: float | None = sum(self._litellm.cost_per_token(model=self.name, usage_object=reported))
        # LiteLLM raises for a model without a price; the budget of a day then refuses it (`PaidModel`).
        except Exception:
            cost = None
        return Usage(prompt_tokens=prompt, completion_tokens=completion, cost=cost)


async def whole_reply(
    model: LanguageModel, messages: Sequence[Message], wishes: Wishes = NO_WISHES
) -> tuple[str, Usage]:
    """Return the text of a reply and its usage; raise a QAError when the model fails."""
    text, usage = "", Usage()
    async with aclosing(model.reply(messages, wishes)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Usage):
                usage += piece
            else:
                text += piece
    return text, usage
