"""Every setting with its default and bounds; no other module reads the environment variables QA_*."""

import difflib
import os
import re
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from index.corpus.formats.records.record import MAY_BE_NAMED
from qa.models import EXTRACTIVE
from qa.models.errors import InvalidSettings

PREFIX = "QA_"
MINILM = "minilm"
_KEY_NAME, _SHA256 = re.compile(r"[A-Za-z0-9._-]{1,40}"), re.compile(r"[0-9a-f]{64}")
MULTILINGUAL = "multilingual"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_Text = TypeVar("_Text", str | None, SecretStr | None)


def _matching(pattern: str, advice: str) -> AfterValidator:
    """Return a validator that refuses a text which is not a whole match of `pattern`; its message is `advice`."""

    def check(value: _Text) -> _Text:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if text and not re.fullmatch(pattern, text):
            raise ValueError(advice)
        return value

    return AfterValidator(check)


_HEADER = _matching(
    r"[A-Za-z0-9-]+: *[!-~]([ -~]*[!-~])?", "give a name, a colon and a value, such as Authorization: Bearer ..."
)
_ROOT_PATH = _matching(
    r"(/[A-Za-z0-9._~-]+)+", "give a path that begins with a slash and does not end with one, such as /news"
)
_RATE = _matching(
    r"[1-9]\d{0,6}/(\d{1,4} )?(second|minute|hour|day)s?", "give a number and a time, such as 60/minute or 1000/hour"
)


def _default_data_dir() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "newsdesk"


class Settings(BaseSettings):
    """All settings, each from the variable of its name with the prefix QA_. Keys of providers are not among them."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    model: str = Field(EXTRACTIVE, description="`extractive` (no model, no network) or any LiteLLM model name")
    api_base: str | None = Field(None, description="base address of an OpenAI-compatible server for `QA_MODEL`")
    embedder: str = Field(
        MINILM, description="`minilm` (bundled), `multilingual` (extra) or any LiteLLM embedding model name"
    )
    embedder_api_base: str | None = Field(None, description="base address of a server of one's own for `QA_EMBEDDER`")
    reranker: str | None = Field(
        None, description="any LiteLLM rerank model name, to order the passages found; unset: none"
    )
    reranker_api_base: str | None = Field(None, description="base address of a server of one's own for `QA_RERANKER`")
    verify: Literal["auto", "off"] = Field(
        "auto", description="`auto`: a model looks a second time at what it wrote; `off`: only facts are checked"
    )
    judge: str | None = Field(
        None, description="any LiteLLM model name, for the second look; unset: that of `QA_MODEL`"
    )
    judge_api_base: str | None = Field(None, description="base address of a server of one's own for `QA_JUDGE`")
    corpus: Path | None = Field(None, description="folder of articles; unset: the last one indexed, else the seeds")
    fields: Annotated[dict[str, str], NoDecode] = Field(
        {},
        description="what records call their fields where it is not the usual name, such as `text=body_nitf,title=hl`",
    )
    data_dir: Path = Field(default_factory=_default_data_dir, description="folder of the index")
    chroma_url: str | None = Field(
        None, description="address of a Chroma server for the vectors; see `docs/chroma-server.md`"
    )
    chroma_tenant: str = Field("default_tenant", description="tenant in the Chroma server")
    chroma_database: str = Field("default_database", description="database in the Chroma server")
    chroma_header: Annotated[SecretStr | None, _HEADER] = Field(
        None, description="header for the Chroma server's proxy, such as `Authorization: Bearer ...`"
    )
    host: str = Field("127.0.0.1", description="address to serve at; any but a loopback one needs a key")
    port: int = Field(7860, ge=0, le=65535, description="port to serve at")
    api_key: SecretStr | None = Field(None, min_length=8, description="key that the HTTP endpoint asks for")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="further `Host` names that requests may carry, comma-separated"
    )
    root_path: Annotated[str | None, _ROOT_PATH] = Field(
        None, description="path below which a proxy serves it, such as `/news`; the proxy takes it away from requests"
    )
    proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="addresses or networks of proxies whose `X-Forwarded-` headers are believed, comma-separated"
    )
    hits: int | None = Field(
        None, ge=1, le=50, description="passages retrieved for a question; unset: 8, with a model 40"
    )
    context_tokens: int = Field(
        6000,
        ge=500,
        le=1_000_000,
        description="tokens that a model is shown at most: the best passages, those around them, and others",
    )
    deadline_s: float = Field(60.0, gt=0, le=600, description="seconds that one answer may take")
    temperature: float | None = Field(
        None, ge=0, le=2, description="sampling temperature of the model; unset: none is sent, as many models take none"
    )
    max_tokens: int = Field(
        1200, ge=50, le=32000, description="most tokens of an answer; models that reason get 8,192 more for that"
    )
    reasoning_effort: str | None = Field(
        None, description="how long the model reasons, in its own words, such as `low`; unset: its default"
    )
    record: Path | None = Field(None, description="folder to keep the model's replies in, one JSON file a request")
    replay: Path | None = Field(None, description="folder of replies kept with `QA_RECORD`, given instead of asking")
    answer_cache: int = Field(0, ge=0, le=100_000, description="answers kept, to give them again; 0: none")
    keep_answers_h: float = Field(
        24.0, ge=0, le=8760, description="hours that a server keeps an answer, to show it again by its id; 0: none"
    )
    budget_day: float | None = Field(
        None, gt=0, description="US dollars that the models may cost in a day (UTC); unset: no limit"
    )
    api_keys: Annotated[dict[str, str] | None, NoDecode] = Field(
        None, description="further keys as `name:sha256`, comma-separated; `newsdesk key new NAME` makes one"
    )
    rate_limit: Annotated[str | None, _RATE] = Field(
        None, description="questions from one key or address, such as `60/minute`; unset: no limit"
    )
    drain_s: float = Field(5.0, ge=0, le=600, description="seconds that answers under way have after SIGTERM")
    log: Literal["text", "json"] = Field(
        "text", description="`text`: warnings and errors; `json`: a line for each request too"
    )
    uploads: bool = Field(False, description="`1`: readers can add articles on the page; see `docs/operating.md`")
    max_concurrency: int = Field(16, ge=1, le=1000, description="questions answered at once; more wait in line")

    @field_validator("chroma_url")
    @classmethod
    def _check_address(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "")  # a wrong port raises a ValueError
        plain = parts.hostname and parts.port != 0 and not (parts.query or parts.fragment or parts.username)
        if value and (parts.scheme not in ("http", "https") or not plain):
            raise ValueError("give http:// or https://, a host and a port, and no name, password or query")
        return value and value.rstrip("/")

    @field_validator("fields", mode="before")
    @classmethod
    def _parse_fields(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = (part.partition("=") for part in value.split(",") if part.strip())
        return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}

    @field_validator("fields")
    @classmethod
    def _check_fields(cls, value: dict[str, str]) -> dict[str, str]:
        if not all(ours in MAY_BE_NAMED and theirs for ours, theirs in value.items()):
            raise ValueError(f"give pairs such as text=body_nitf,title=hl, of: {', '.join(MAY_BE_NAMED)}")
        return value

    @field_validator("api_keys", mode="before")
    @classmethod
    def _parse_keys(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.strip().partition(":") for part in value.split(",") if part.strip()]
        if any(not _KEY_NAME.fullmatch(name) or not _SHA256.fullmatch(digest) for name, _, digest in pairs):
            raise ValueError("give name:sha256 pairs, as `newsdesk key new NAME` prints them")
        return {name: digest for name, _, digest in pairs}

    @field_validator("proxies")
    @classmethod
    def _check_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(str(ip_network(network)) for network in value)
        except ValueError:
            raise ValueError("give addresses or networks, such as 127.0.0.1,10.0.0.0/8") from None

    @field_validator("allowed_hosts", "proxies", mode="before")
    @classmethod
    def _parse_list(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def load_settings() -> Settings:
    """Return the settings of the environment; raise InvalidSettings, which names the variable, for a wrong value."""
    names = [PREFIX + name.upper() for name in Settings.model_fields]
    # pydantic-settings takes no notice of variables that are no setting, and a misspelt one must not pass in silence.
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in names:
            raise unknown_setting(name, names)
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = PREFIX + str(first["loc"][0]).upper() if first["loc"] else "A setting"
        raise InvalidSettings(f"{name} is not valid: {first['msg']}. Change it or unset it") from None


def unknown_setting(name: str, names: Sequence[str]) -> InvalidSettings:
    """Return the error for an unknown setting; it names the most similar setting of `names`, else all."""
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"The settings are: {', '.join(names)}"
    return InvalidSettings(f"There is no setting {name}. {hint}")
