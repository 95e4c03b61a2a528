"""The one place where a language model is called: LiteLLM, streamed, without retries of its own."""

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from qa.errors import MissingKey, ModelTimeout, ModelUnavailable, QAError
from qa.models import Usage

Message = dict[str, str]
_MAX_REPLY_CHARS = 100_000
_NO_KEY = "not-needed"
_FORBIDDEN = 403
_UNCHECKED = "jina_ai"
"""Of this provider LiteLLM does not say that its key is missing."""


def key_for(what: str, name: str, api_base: str | None) -> str | None:
    """Return None when the key is in the environment, and a stand-in when it is not and a server of one's own is asked.

    `what` is "model" or "reranker"; raises ModelUnavailable for an unknown name, MissingKey when there is neither.
    """
    import litellm

    setting = f"QA_{what.upper()}"
    try:
        _, provider, key, _ = litellm.get_llm_provider(name)
    except Exception:
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


class LanguageModel(Protocol):
    """Streams a reply as text, and ends with its usage."""

    name: str

    def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str | Usage, None]:
        """Yield the text of the reply as it comes, then a Usage; raise a QAError when the model fails."""
        ...


class LiteLLMModel:
    """Any model that LiteLLM can call."""

    def __init__(self, name: str, api_base: str | None, temperature: float, max_tokens: int) -> None:
        """Load LiteLLM (seconds); raise MissingKey when the environment lacks the key that the model needs."""
        import litellm

        litellm.suppress_debug_info = True
        litellm.disable_hf_tokenizer_download = True
        self.name = name
        self._litellm: Any = litellm
        self._options = {"api_base": api_base, "temperature": temperature, "max_tokens": max_tokens}
        if key := key_for("model", name, api_base):
            self._options["api_key"] = key

    async def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str | Usage, None]:
        """Yield the text of the reply as it comes, then its usage."""
        usage, length = Usage(), 0
        try:
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
                    text = (chunk.choices[0].delta.content or "") if chunk.choices else ""
                    length += len(text)
                    if length > _MAX_REPLY_CHARS:
                        raise ModelUnavailable(
                            f"The model {self.name!r} does not stop writing. Ask again or change QA_MODEL"
                        )
                    if text:
                        yield text
            if not length or stream.received_finish_reason is None:
                raise ModelUnavailable(f"The model {self.name!r} broke off its reply. Ask again")
        except (QAError, GeneratorExit):
            raise
        except Exception as error:
            raise self._translated(error) from error
        yield usage

    def _usage(self, reported: Any) -> Usage:
        prompt, completion = int(reported.prompt_tokens or 0), int(reported.completion_tokens or 0)
        try:
            cost: float | None = sum(
                self._litellm.cost_per_token(model=self.name, prompt_tokens=prompt, completion_tokens=completion)
            )
        except Exception:
            cost = None
        return Usage(prompt_tokens=prompt, completion_tokens=completion, cost=cost)

    def _translated(self, error: Exception) -> QAError:
        """Say what went wrong in our own words: the provider's may hold the key."""
        known = self._litellm.exceptions
        if isinstance(error, known.Timeout):
            return ModelTimeout(f"The model {self.name!r} did not answer in time. Ask again, or raise QA_DEADLINE_S")
        if getattr(error, "status_code", None) == _FORBIDDEN:
            return ModelUnavailable(f"The model {self.name!r} refused access. Check the key of the provider")
        for kind, said in (
            (known.AuthenticationError, "refused the key. Check the key of the provider"),
            (known.NotFoundError, "is not known there. Check QA_MODEL and QA_API_BASE"),
            (known.RateLimitError, "is over its rate limit. Wait and ask again"),
            (known.ContextWindowExceededError, "cannot take so long a prompt. Lower QA_HITS"),
        ):
            if isinstance(error, kind):
                return ModelUnavailable(f"The model {self.name!r} {said}")
        return ModelUnavailable(
            f"The model {self.name!r} cannot be reached ({type(error).__name__}). Check QA_MODEL and QA_API_BASE, "
            "or unset QA_MODEL to answer without a model"
        )
