import os
import subprocess
import sys
from pathlib import Path

import pytest
from stub_model import BUDGET

from index.embedding.embedders import LiteLLMEmbedder, MiniLM
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.checking.second_look import SecondLook
from qa.llm.budget import UNKNOWN_WINDOW
from qa.llm.model import budget_of
from qa.models.errors import MissingKey
from qa.settings import Settings
from qa.wiring import build_embedder, build_model, build_second_look, build_service, build_writer, corpus_of
from qa.writing.writer import ExtractiveWriter, ModelWriter

HEAVY = ("litellm", "chromadb", "gradio", "fastapi")


def modules_after(code: str) -> set[str]:
    """Return which heavy libraries a fresh interpreter has loaded after running some code."""
    said = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(HEAVY) & set(said.stdout.split())


def test_without_a_model_no_model_library_is_loaded(data_dir: Path) -> None:
    code = (
        "import asyncio\nfrom pathlib import Path\nfrom qa.settings import Settings\n"
        "from qa.wiring import build_service\n"
        f"service = build_service(Settings(data_dir=Path({str(data_dir)!r})))\n"
        "assert asyncio.run(service.ask('Who is Blome?')).hits\nservice.close()"
    )
    assert modules_after(code) == set()


def test_importing_the_package_is_light() -> None:
    assert modules_after("import qa, qa.wiring, qa.cli, qa.service, qa.llm.model") == set()


def test_out_of_the_box_the_extractive_writer_and_the_bundled_embedder_are_used() -> None:
    assert build_model(Settings()) is None and build_second_look(Settings(), None, None) is None
    assert isinstance(build_writer(None, None), ExtractiveWriter)
    assert isinstance(build_embedder(Settings()), MiniLM)


def test_a_model_name_becomes_a_model_writer() -> None:
    writer = build_writer(build_model(Settings(model="openai/stub", api_base="http://127.0.0.1:9/v1")), BUDGET)
    assert isinstance(writer, ModelWriter)
    assert writer.name == "openai/stub"


def test_the_window_of_a_known_model_bounds_its_prompts() -> None:
    known, other = budget_of("openai/gpt-4", 1200), budget_of("openai/stub", 1200)
    assert known.room == int(8192 * 0.95) - 1200
    assert other.room == int(UNKNOWN_WINDOW * 0.95) - 1200
    assert 5 < known.count([{"role": "user", "content": "It rained in Peshawar."}]) < 20


STUB = {"model": "openai/stub", "api_base": "http://127.0.0.1:9/v1"}
OTHER = {"judge": "openai/other", "judge_api_base": "http://127.0.0.1:9/v1"}


@pytest.mark.parametrize(
    ("options", "looks"),
    [
        ({}, False),
        (OTHER, False),
        (STUB, True),
        (STUB | OTHER, True),
        (STUB | {"verify": "auto"}, True),
        (STUB | {"verify": "off"}, False),
        (STUB | OTHER | {"verify": "off"}, False),
    ],
)
def test_a_model_looks_a_second_time_unless_that_is_off(options: dict[str, str], looks: bool) -> None:
    settings = Settings(**options)
    assert isinstance(build_second_look(settings, build_model(settings), BUDGET), SecondLook) is looks


def test_the_name_of_another_model_for_the_look_needs_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    settings = Settings(**STUB, judge="openai/gpt-4o-mini")
    with pytest.raises(MissingKey, match="unset QA_JUDGE"):
        build_second_look(settings, build_model(settings), BUDGET)


def test_a_model_without_its_key_is_refused_when_the_service_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
    with pytest.raises(MissingKey, match="OPENAI_API_KEY"):
        build_service(Settings(model="openai/gpt-4o-mini", data_dir=tmp_path))


def test_an_embedder_name_becomes_that_embedder() -> None:
    embedder = build_embedder(Settings(embedder="openai/text-embedding-3-small"))
    assert isinstance(embedder, LiteLLMEmbedder)
    assert embedder.id == "litellm:openai/text-embedding-3-small"


def test_the_folder_to_index_is_the_one_set_else_the_last_else_the_seeds(
    tmp_path: Path, seed_folder: Path, embedder: MiniLM
) -> None:
    corpus, data = tmp_path / "news", tmp_path / "data"
    corpus.mkdir()
    (corpus / "storm.txt").write_text("The storm closed the harbour of Northport on Monday.\n")
    assert corpus_of(Settings(data_dir=data)) == seed_folder
    sync(corpus, DataFolder(data), embedder)
    assert corpus_of(Settings(data_dir=data)) == corpus
    assert corpus_of(Settings(data_dir=data, corpus=Path("/srv/news"))) == Path("/srv/news")
