"""The Python interface: it says what the service says, keeps the index in step, and its page's examples run."""

import ast
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from test_structure import HEAVY

import index.errors
import qa
import qa.models.errors
from index.models import Article, Scope
from index.sync.locking import writer_lock
from qa import Answer, AsyncNewsdesk, DoneEvent, Newsdesk, NewsdeskError, SearchEvent, Settings, StatementEvent, Turn

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
QUESTION = "When was Operation Azm-e-Istekam decided on?"
ABSENT = "What is the temperature in Karachi?"
BY_CHANCE = {"id", "timings"}


@pytest.fixture(scope="module")
def desk(data_dir: Path, seed_folder: Path) -> Iterator[Newsdesk]:
    """A desk on the shared index, which it only reads; it is made before each test gets its own environment."""
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("QA_")]:
            environment.delenv(name)
        opened = Newsdesk.open(seed_folder, settings=Settings(data_dir=data_dir), index=False)
    with opened:
        yield opened


@pytest.fixture
def articles(tmp_path: Path, seed_folder: Path) -> Path:
    """A folder of one article, to be changed."""
    folder = tmp_path / "articles"
    folder.mkdir()
    shutil.copy(seed_folder / "003_df5ff5e2f72e0d1f.txt", folder)
    return folder


def _same(answer: Answer, other: Answer) -> bool:
    return answer.model_dump(exclude=BY_CHANCE) == other.model_dump(exclude=BY_CHANCE)


def _loaded_by(code: str) -> set[str]:
    done = f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", done], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(json.loads(said.stdout))


def test_every_name_of_the_interface_is_defined_in_the_module_that_type_checkers_see() -> None:
    tree = ast.parse(Path(qa.__file__).read_text(encoding="utf-8"))
    typed = next(node for node in tree.body if isinstance(node, ast.If)).body
    assert [node.module for node in typed if isinstance(node, ast.ImportFrom)] == list(qa._NAMES)
    assert set(qa.__all__) <= set(dir(qa)) and len(qa.__all__) == len(set(qa.__all__))
    for module, names in qa._NAMES.items():
        for name in names.split():
            home = getattr(sys.modules[module], name)
            assert getattr(qa, name) is home, name
            assert not isinstance(home, type) or home.__module__ == module, name


def test_a_name_that_is_none_of_the_interface_is_an_attribute_error() -> None:
    name = "Newsdeks"
    with pytest.raises(AttributeError, match="module 'qa' has no attribute 'Newsdeks'"):
        getattr(qa, name)


def test_importing_the_package_loads_none_of_its_modules_and_its_names_no_heavy_library() -> None:
    assert {name for name in _loaded_by("import qa") if name.startswith("qa.") or name == "pydantic"} == set()
    assert _loaded_by("from qa import *") & set(HEAVY) == set()


def test_the_errors_are_one_tree() -> None:
    kinds = {*qa.IndexingError.__subclasses__(), *qa.QAError.__subclasses__()}
    shipped = {kind for kind in kinds if kind.__module__ in ("index.errors", "qa.models.errors")}
    assert len(shipped) > 20
    assert {kind.__name__ for kind in shipped} <= set(qa.__all__)
    assert set(NewsdeskError.__subclasses__()) == {index.errors.IndexingError, qa.models.errors.QAError}


def test_an_answer_is_that_of_the_service(desk: Newsdesk, ask: Callable[..., Answer]) -> None:
    assert _same(desk.ask(QUESTION), ask(QUESTION))
    assert _same(desk.ask(ABSENT), ask(ABSENT))


def test_history_is_made_of_answers_or_turns(desk: Newsdesk, ask: Callable[..., Answer]) -> None:
    first, follow_up = desk.ask("Who commands CENTCOM?"), "Where did he travel?"
    turn = Turn(question=first.question, answer=first.text)
    assert _same(desk.ask(follow_up, [first]), desk.ask(follow_up, history=[turn]))
    assert _same(desk.ask(follow_up, [turn]), ask(follow_up, first.question))


def test_a_stream_gives_the_events_of_the_service_and_ends_with_the_answer(desk: Newsdesk) -> None:
    events = list(desk.stream(QUESTION))
    assert [event.type for event in events][:3] == ["search", "hits", "statement"]
    told = "".join(one.separator + one.statement.text for one in events if isinstance(one, StatementEvent))
    assert isinstance(events[-1], DoneEvent)
    assert events[-1].answer.text == told
    assert _same(events[-1].answer, desk.ask(QUESTION))


def test_who_leaves_a_stream_early_can_ask_on(data_dir: Path) -> None:
    with Newsdesk.open(data_dir=data_dir, index=False, max_concurrency=1) as desk:
        for _ in range(3):
            for event in desk.stream(QUESTION):
                assert event.type == "search"
                break
        assert desk.ask(QUESTION).citations


def test_search_gives_the_hits_and_on_demand_all_that_was_ranked(desk: Newsdesk) -> None:
    found = desk.search("Who commands CENTCOM?")
    assert found.hits == desk.ask("Who commands CENTCOM?").hits
    assert found.understanding.names and not found.considered
    assert len(desk.search("Who commands CENTCOM?", explain=True).considered) >= len(found.hits)


def test_articles_hold_the_text_that_citations_quote(desk: Newsdesk, seed_articles: dict[str, Article]) -> None:
    assert desk.articles() == tuple(seed_articles[key] for key in sorted(seed_articles))
    (citation, *_) = desk.ask(QUESTION).citations
    assert desk.article(citation.path).text[citation.start : citation.end] == citation.quote
    with pytest.raises(qa.ArticleNotFound, match=r"the path '999.txt'"):
        desk.article("999.txt")


@pytest.mark.parametrize("ask_in_vain", [Newsdesk.ask, Newsdesk.search, lambda *given: list(Newsdesk.stream(*given))])
def test_an_error_of_the_service_reaches_the_caller(desk: Newsdesk, ask_in_vain: Callable[..., object]) -> None:
    with pytest.raises(qa.InvalidQuestion, match="question is empty"):
        ask_in_vain(desk, " ")


def test_several_threads_and_code_inside_an_event_loop_may_use_one_desk(desk: Newsdesk) -> None:
    async def as_in_a_notebook() -> Answer:
        return desk.ask(QUESTION)

    expected = asyncio.run(as_in_a_notebook())
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(desk.ask, [QUESTION] * 8))
    assert all(_same(answer, expected) for answer in answers)


def test_opening_indexes_all_and_then_what_changed(articles: Path, tmp_path: Path, seed_folder: Path) -> None:
    data_dir, steps = tmp_path / "data", []
    with Newsdesk.open(articles, data_dir=data_dir, progress=lambda step, *_: steps.append(step)) as desk:
        assert desk.report and desk.report.added == ("003_df5ff5e2f72e0d1f.txt",)
        assert {"Reading", "Embedding", "Verifying"} <= set(steps)
        assert desk.ask(QUESTION).status is qa.Status.ANSWERED
        shutil.copy(seed_folder / "004_babc4bf3d394c5e5.txt", articles)
        (articles / "broken.txt").write_bytes(b"\x00\x01")
        assert len(desk.articles()) == 1
        report = desk.index()
        assert report == desk.report
        assert report.added == ("004_babc4bf3d394c5e5.txt",) and report.skipped[0].path == "broken.txt"
        assert len(desk.articles()) == 2
    (articles / "003_df5ff5e2f72e0d1f.txt").unlink()
    with Newsdesk.open(articles, data_dir=data_dir, index=False) as desk:
        assert desk.report is None and len(desk.articles()) == 2
    with Newsdesk.open(data_dir=data_dir) as desk:
        assert desk.report and desk.report.removed == ("003_df5ff5e2f72e0d1f.txt",) and desk.report.unchanged == 1


def test_an_index_that_another_process_is_at_work_on_is_used_as_it_is(articles: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with writer_lock(data_dir), pytest.raises(qa.IndexLocked, match="is indexing into"):
        Newsdesk.open(articles, data_dir=data_dir)
    Newsdesk.open(articles, data_dir=data_dir).close()
    (articles / "new.txt").write_text("The storm closed the harbour of Northport on Monday.\n")
    with writer_lock(data_dir), Newsdesk.open(articles, data_dir=data_dir) as desk:
        assert desk.report is None and len(desk.articles()) == 1
        with pytest.raises(qa.IndexLocked):
            desk.index()


def test_the_index_of_another_folder_is_never_replaced(articles: Path, tmp_path: Path, data_dir: Path) -> None:
    for index_it in (True, False):
        with pytest.raises(qa.InvalidSettings, match=r"is that of .*, not of .* an index of its own with data_dir"):
            Newsdesk.open(articles, data_dir=data_dir, index=index_it)
    link = tmp_path / "link"
    link.symlink_to(articles)
    Newsdesk.open(articles, data_dir=tmp_path / "data").close()
    Newsdesk.open(link, data_dir=tmp_path / "data").close()


def test_a_damaged_index_is_built_anew_or_told(articles: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with Newsdesk.open(articles, data_dir=data_dir) as desk:
        assert desk.report
        (data_dir / "snapshots" / desk.report.snapshot / "manifest.json").write_text("{")
    with pytest.raises(qa.SnapshotBroken):
        Newsdesk.open(articles, data_dir=data_dir, index=False)
    with Newsdesk.open(articles, data_dir=data_dir) as desk:
        assert desk.ask(QUESTION).citations


def test_a_folder_that_cannot_be_opened_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(qa.CorpusMissing):
        Newsdesk.open(tmp_path / "nowhere", data_dir=tmp_path / "data")
    (tmp_path / "empty").mkdir()
    with pytest.raises(qa.CorpusEmpty):
        Newsdesk.open(tmp_path / "empty", data_dir=tmp_path / "data")
    with pytest.raises(qa.NoSnapshot):
        Newsdesk.open(data_dir=tmp_path / "none", index=False)


def test_settings_come_from_keywords_then_the_settings_given_then_the_environment(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_HITS", "3")
    with Newsdesk.open(data_dir=data_dir, index=False, deadline_s=20) as desk:
        assert (desk.settings.hits, desk.settings.deadline_s) == (3, 20)
        assert len(desk.search(QUESTION).hits) == 3
    given = Settings(hits=4, api_key="long-enough", allowed_hosts=("news.example",), data_dir=data_dir)
    with Newsdesk.open(settings=given, index=False, deadline_s=20) as desk:
        assert desk.settings == given.model_copy(update={"deadline_s": 20.0})
    monkeypatch.setenv("QA_MODL", "x")
    with pytest.raises(qa.InvalidSettings, match="QA_MODL"):
        Newsdesk.open(index=False)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"modle": "x"}, r"^There is no setting modle\. Did you mean model\?$"),
        ({"zzzzzz": 1}, r"^There is no setting zzzzzz\. The settings are: model, .*hits"),
        ({"hits": 0}, r"^hits is not valid: .*\. Change it or leave it out$"),
        ({"articles": 5}, r"^corpus is not valid: "),
        ({"api_key": "short"}, r"^api_key is not valid: (?!.*short\b)"),
        ({"replay": "replies"}, "QA_MODEL"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(qa.InvalidSettings, match=told):
        Newsdesk.open(**wrong)


def test_folders_may_begin_with_the_home_and_do_not_move_with_the_working_directory(
    articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(articles.parent))
    monkeypatch.chdir(articles)
    with Newsdesk.open("~/articles", data_dir="../data") as desk:
        monkeypatch.chdir("/")
        assert desk.settings.corpus == articles
        assert desk.index().unchanged == 1
    with pytest.raises(qa.CorpusMissing, match="~nobody-of-this-name"):
        Newsdesk.open("~nobody-of-this-name/articles", data_dir=articles.parent / "other")


def test_a_closed_desk_says_so(data_dir: Path) -> None:
    desk = Newsdesk.open(data_dir=data_dir, index=False)
    desk.close()
    desk.close()
    calls = (lambda: desk.ask(QUESTION), lambda: list(desk.stream(QUESTION)), desk.articles, desk.index)
    for call in calls:
        with pytest.raises(qa.QAError, match="This Newsdesk is closed"):
            call()


class Hanging:
    """What `open` has opened, with a service that tells one event and then nothing more."""

    def __init__(self) -> None:
        self.service, self.asked, self.broken_off, self.closed = self, threading.Event(), 0, False

    async def stream(self, question: str, _: object, **__: Scope) -> AsyncGenerator[SearchEvent, None]:
        try:
            yield SearchEvent(parts=(question,))
            self.asked.set()
            await asyncio.Event().wait()
        finally:
            self.broken_off += 1

    async def ask(self, question: str, _: object, **__: Scope) -> list[SearchEvent]:
        async with aclosing(self.stream(question, _)) as events:
            return [event async for event in events]

    def close(self) -> None:
        self.closed = True


def test_closing_breaks_off_what_is_under_way() -> None:
    hanging = Hanging()
    desk = Newsdesk(hanging)
    events = desk.stream(QUESTION)
    assert next(events).type == "search"
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(desk.ask, QUESTION)
        hanging.asked.wait()
        desk.close()
        for waits in (asking.result, lambda: next(events)):
            with pytest.raises(qa.QAError, match="This Newsdesk is closed"):
                waits()
    assert hanging.closed


def test_who_leaves_a_stream_ends_the_work() -> None:
    hanging = Hanging()
    with Newsdesk(hanging) as desk:
        events = desk.stream(QUESTION)
        next(events)
        hanging.asked.wait()
        events.close()
    assert hanging.broken_off == 1


def test_the_async_desk_answers_together_what_is_asked_together(
    articles: Path, tmp_path: Path, ask: Callable[..., Answer], data_dir: Path
) -> None:
    async def on_the_seeds() -> list[Answer]:
        async with AsyncNewsdesk.open(settings=Settings(data_dir=data_dir), index=False) as desk:
            return await asyncio.gather(desk.ask(QUESTION), desk.ask(ABSENT), desk.ask(QUESTION, [Turn(question="?a")]))

    async def on_a_folder() -> None:
        async with AsyncNewsdesk.open(articles, data_dir=tmp_path / "data") as desk:
            assert desk.report and desk.settings.corpus == articles
            assert [event.type async for event in desk.stream(QUESTION)][-1] == "done"
            assert (await desk.search(QUESTION)).hits
            (articles / "new.txt").write_text("The storm closed the harbour of Northport on Monday.\n")
            assert (await desk.index()).added == ("new.txt",)
            assert len(await desk.articles()) == 2
            assert (await desk.article("new.txt")).text.startswith("The storm")
        with pytest.raises(qa.QAError, match="This Newsdesk is closed"):
            await desk.ask(QUESTION)

    answer, absent, _ = asyncio.run(on_the_seeds())
    assert _same(answer, ask(QUESTION)) and _same(absent, ask(ABSENT))
    asyncio.run(on_a_folder())


def test_the_async_desk_raises_what_the_plain_one_raises(tmp_path: Path) -> None:
    async def open_it() -> None:
        async with AsyncNewsdesk.open(data_dir=tmp_path, index=False):
            """It is never reached."""

    with pytest.raises(qa.NoSnapshot):
        asyncio.run(open_it())


def test_the_examples_of_the_page_run_and_print_what_stands_there(
    tmp_path: Path, seed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("articles", "archive"):
        shutil.copytree(seed_folder, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    examples = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", PAGE, re.DOTALL)
    assert len(examples) == PAGE.count("```python") > 8
    assert sum(bool(printed) for _, printed in examples) == PAGE.count("```text") > 2
    names: dict[str, object] = {}
    for code, printed in examples:
        with redirect_stdout(StringIO()) as out:
            exec(compile(code, "docs/python.md", "exec"), names)
        assert not printed or out.getvalue().split() == printed.split()


def test_the_readme_leads_to_the_page_and_its_example_runs(desk: Newsdesk) -> None:
    section = re.search(r"^## From Python\n(.*?)^## ", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    assert section and "docs/python.md" in section[1]
    (body,) = re.findall(r"  # indexes.*\n((?:        .*\n)+)", section[1])
    with redirect_stdout(StringIO()) as out:
        exec(re.sub(r"^        ", "", body, flags=re.M), {"desk": desk})
    assert "[1]" in out.getvalue()
