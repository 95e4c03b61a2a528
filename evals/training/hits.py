"""Write what the search finds for each question of the training data, for `encoder` to train on.

    python -m evals.training.hits DATA HITS.jsonl

DATA holds the sets of outside data side by side (`newsquestions`, `multihop`, `cleaning`, `clapnq`, `squad2`,
`ramdocs`, `verify`, each in the layout that its benchmark reads). Their articles are indexed together. Questions of
`newsquestions` get the hits of the search, the others the passages of the text that came with them. `split` is `train`
or `dev`: as `newsquestions` says, and by a digest of the title for `clapnq` and `squad2`; `ramdocs` is `test` and never
trained on.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from evals.benchmarks.answering.given import given, hits_of
from evals.benchmarks.answering.newsquestions import overlap
from evals.training.written import on_passages, reworded
from index.embedding.embedders import MiniLM
from index.models import Passage, Span
from index.passages.chunking import embedded_text, sentences_in
from index.store.snapshots import DataFolder, Snapshot
from index.sync.syncing import sync
from qa.models import Hit
from qa.question.query import understand
from qa.reader.late_interaction import may_answer
from qa.reader.rarity import coverage_of, rarities
from qa.retrieval.retriever import Retriever

_HITS = 8
_PAGE = "page-"


def main(arguments: Sequence[str]) -> int:
    """Index the articles, ask every question, and write the rows."""
    data, out = Path(arguments[0]), Path(arguments[1])
    with tempfile.TemporaryDirectory(prefix="newsdesk-training-") as folder:
        articles = Path(folder) / "articles"
        texts = _gathered(data, articles)
        sync(articles, DataFolder(Path(folder) / "data"), MiniLM())
        snapshot = Snapshot(DataFolder(Path(folder) / "data").require_current())
        with out.open("w", encoding="utf-8") as file:
            for row in _rows(data, snapshot, texts):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        snapshot.close()
    return 0


def _gathered(data: Path, articles: Path) -> dict[str, str]:
    """Put all articles into one folder; return the file names of the texts that come with a question."""
    articles.mkdir()
    for folder, prefix in (("multihop/articles", ""), ("cleaning/gold", _PAGE), ("squad2/articles", "whole-")):
        for file in sorted((data / folder).glob("*.txt")):
            shutil.copyfile(file, articles / f"{prefix}{file.name}")
    names = {one.text: f"given-{at:05d}.txt" for at, one in enumerate([*given(data), *on_passages(data)])}
    for text, name in names.items():
        (articles / name).write_text(text, encoding="utf-8", newline="")
    return names


def _rows(data: Path, snapshot: Snapshot, texts: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    retriever = Retriever(MiniLM(), _HITS)
    for file, prefix in (("questions.jsonl", ""), ("pages.jsonl", _PAGE)):
        lines = (data / "newsquestions" / file).read_text(encoding="utf-8").splitlines()
        for one in reworded(map(json.loads, lines)):
            hits = retriever.retrieve(snapshot, understand(one["question"])).hits
            article = f"{prefix}{one['article']}"
            marked = partial(_is_marked, article, one["evidence"])
            row = {"set": "newsquestions", "split": one["split"], "article": article}
            yield row | _read(one["question"], one["answerable"], hits, snapshot, marked)
    for asked in [*given(data), *on_passages(data)]:
        split = "test" if asked.set == "ramdocs" else "train" if asked.trained_on else "dev"
        row = {"set": asked.set, "split": split, "article": texts[asked.text]}
        passages = hits_of(snapshot, texts[asked.text])
        yield row | _read(asked.question, asked.answerable, passages, snapshot, partial(_is_at, asked.places))


def _read(
    question: str, answerable: bool, hits: Sequence[Hit], snapshot: Snapshot, marked: Callable[[Passage, Span], bool]
) -> dict[str, Any]:
    """Return a question as the encoder reads it: how rare its words are, and the sentences that may answer."""
    held = coverage_of(question, snapshot.lexical)
    found = []
    for hit in hits:
        text = embedded_text(hit.headline, hit.passage)
        spans = zip(hit.passage.sentences, sentences_in(text, hit.passage), strict=True)
        sentences = [
            {
                "span": where,
                "held": held(hit.passage.sentence(span)),
                "answers": answerable and marked(hit.passage, span),
                "at": at,
            }
            for at, (span, where) in enumerate(spans)
            if may_answer(hit.passage.sentence(span), hit.headline)
        ]
        found.append({"path": hit.passage.path, "text": text, "score": hit.score, "sentences": sentences})
    words = rarities(question, snapshot.lexical)
    return {"question": question, "answerable": answerable, "words": words, "hits": found}


def _is_marked(article: str, evidence: Sequence[str], passage: Passage, span: Span) -> bool:
    return passage.path == article and any(overlap(passage.sentence(span), one) for one in evidence)


def _is_at(places: Sequence[Span], _: Passage, span: Span) -> bool:
    return any(
        (span.start <= place.start and place.end <= span.end) or (place.start <= span.start and span.end <= place.end)
        for place in places
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
