from pathlib import Path

import pytest

from qa.models.errors import InvalidSettings
from qa.settings import Settings, load_settings

EVERY_SETTING = {
    "QA_MODEL": ("openai/gpt-4o-mini", "openai/gpt-4o-mini"),
    "QA_API_BASE": ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
    "QA_EMBEDDER_API_BASE": ("http://127.0.0.1:8003/v1", "http://127.0.0.1:8003/v1"),
    "QA_EMBEDDER": ("openai/text-embedding-3-small", "openai/text-embedding-3-small"),
    "QA_RERANKER": ("cohere/rerank-v3.5", "cohere/rerank-v3.5"),
    "QA_RERANKER_API_BASE": ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
    "QA_VERIFY": ("off", "off"),
    "QA_JUDGE": ("openai/gpt-4o", "openai/gpt-4o"),
    "QA_JUDGE_API_BASE": ("http://127.0.0.1:8002/v1", "http://127.0.0.1:8002/v1"),
    "QA_CORPUS": ("/srv/news", Path("/srv/news")),
    "QA_FIELDS": ("text=body_nitf, title = head.main", {"text": "body_nitf", "title": "head.main"}),
    "QA_DATA_DIR": ("/srv/index", Path("/srv/index")),
    "QA_CHROMA_URL": ("https://chroma.internal:8443/vectors/", "https://chroma.internal:8443/vectors"),
    "QA_CHROMA_TENANT": ("press", "press"),
    "QA_CHROMA_DATABASE": ("news", "news"),
    "QA_CHROMA_HEADER": ("Authorization: Bearer long short", "Authorization: Bearer long short"),
    "QA_HOST": ("0.0.0.0", "0.0.0.0"),
    "QA_PORT": ("8080", 8080),
    "QA_API_KEY": ("long-enough", "long-enough"),
    "QA_ALLOWED_HOSTS": ("news.example, b.example ,", ("news.example", "b.example")),
    "QA_ROOT_PATH": ("/desk/news", "/desk/news"),
    "QA_PROXIES": ("127.0.0.1, 10.0.0.0/8,::1", ("127.0.0.1/32", "10.0.0.0/8", "::1/128")),
    "QA_KEEP_ANSWERS_H": ("0.5", 0.5),
    "QA_HITS": ("3", 3),
    "QA_CONTEXT_TOKENS": ("9000", 9000),
    "QA_DEADLINE_S": ("2.5", 2.5),
    "QA_TEMPERATURE": ("0.7", 0.7),
    "QA_MAX_TOKENS": ("500", 500),
    "QA_REASONING_EFFORT": ("low", "low"),
    "QA_RECORD": ("/srv/replies", Path("/srv/replies")),
    "QA_REPLAY": ("/srv/replies", Path("/srv/replies")),
    "QA_ANSWER_CACHE": ("64", 64),
    "QA_MAX_CONCURRENCY": ("2", 2),
    "QA_UPLOADS": ("1", True),
    "QA_API_KEYS": (f"desk:{'0' * 64}, press:{'a' * 64}", {"desk": "0" * 64, "press": "a" * 64}),
    "QA_RATE_LIMIT": ("60/minute", "60/minute"),
    "QA_BUDGET_DAY": ("2.5", 2.5),
    "QA_DRAIN_S": ("30", 30),
    "QA_LOG": ("json", "json"),
}


def value_of(settings: Settings, variable: str) -> object:
    value = getattr(settings, variable.removeprefix("QA_").lower())
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


def test_every_setting_has_its_variable_here() -> None:
    assert {f"QA_{name.upper()}" for name in Settings.model_fields} == set(EVERY_SETTING)
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize("variable", EVERY_SETTING)
def test_a_setting_is_read_from_its_variable(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, value = EVERY_SETTING[variable]
    assert value_of(load_settings(), variable) != value
    monkeypatch.setenv(variable, text)
    assert value_of(load_settings(), variable) == value


@pytest.mark.parametrize("variable", EVERY_SETTING)
def test_an_empty_value_counts_as_unset(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    default = value_of(load_settings(), variable)
    monkeypatch.setenv(variable, "")
    assert value_of(load_settings(), variable) == default


def test_out_of_the_box_there_is_no_model_and_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    settings = load_settings()
    assert (settings.model, settings.embedder, settings.corpus, settings.api_key) == (
        "extractive",
        "minilm",
        None,
        None,
    )
    assert (settings.host, settings.data_dir) == ("127.0.0.1", tmp_path / "newsdesk")


def test_without_a_data_home_the_index_lies_in_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings().data_dir == tmp_path / ".local" / "share" / "newsdesk"


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("QA_MODL", "QA_MODEL"),
        ("QA_DATADIR", "QA_DATA_DIR"),
        ("QA_APIKEY", "QA_API_KEY"),
        ("QA_MAX_TOKEN", "QA_MAX_TOKENS"),
        ("QA_DEADLINE", "QA_DEADLINE_S"),
    ],
)
@pytest.mark.parametrize("value", ["x", ""])
def test_a_misspelt_setting_is_refused_with_the_name_that_was_meant(
    variable: str, meant: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidSettings) as caught:
        load_settings()
    assert str(caught.value) == f"There is no setting {variable}. Did you mean {meant}?"


def test_a_name_like_no_other_gets_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_ZZZZZZ", "1")
    with pytest.raises(InvalidSettings, match=r"There is no setting QA_ZZZZZZ\. The settings are: QA_MODEL, .*QA_HITS"):
        load_settings()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("QA_PORT", "http"),
        ("QA_PORT", "65536"),
        ("QA_PORT", "-1"),
        ("QA_HITS", "0"),
        ("QA_HITS", "51"),
        ("QA_HITS", "3.5"),
        ("QA_DEADLINE_S", "0"),
        ("QA_DEADLINE_S", "nan"),
        ("QA_DEADLINE_S", "601"),
        ("QA_TEMPERATURE", "2.1"),
        ("QA_MAX_TOKENS", "49"),
        ("QA_MAX_CONCURRENCY", "0"),
        ("QA_ANSWER_CACHE", "-1"),
        ("QA_VERIFY", "never"),
        ("QA_API_KEY", "short"),
        ("QA_CHROMA_URL", "127.0.0.1:8000"),
        ("QA_CHROMA_URL", "ftp://127.0.0.1"),
        ("QA_CHROMA_URL", "http://:8000"),
        ("QA_CHROMA_URL", "http://127.0.0.1:80000"),
        ("QA_CHROMA_URL", "http://127.0.0.1:0"),
        ("QA_CHROMA_URL", "http://name:short@127.0.0.1:8000"),
        ("QA_CHROMA_URL", "http://127.0.0.1:8000/?key=short"),
        ("QA_CHROMA_HEADER", "short"),
        ("QA_CHROMA_HEADER", "Authorization: short\r\nX: short"),
    ],
)
def test_a_value_out_of_bounds_is_one_sentence_with_the_name_and_without_a_secret(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidSettings) as caught:
        load_settings()
    message = str(caught.value)
    assert message.startswith(f"{variable} is not valid: ") and message.endswith(". Change it or unset it")
    assert "\n" not in message and "short" not in message.removeprefix(variable)


def test_keys_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_API_KEY", "very-secret-key")
    monkeypatch.setenv("OPENAI_API_KEY", "another-secret")
    shown = f"{load_settings()!r} {load_settings().model_dump_json()}"
    assert "secret" not in shown


def test_variables_of_other_programs_are_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QABLE", "1")
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    assert load_settings() == Settings()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1
