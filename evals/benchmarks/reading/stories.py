"""Do near-identical articles form one story, and only they, and does the time grow with the articles only?

Reads `articles/*.txt`: a title, a line about the article, a blank line, the body (the layout of MultiHop-RAG). Copies
are made from a fixed seed, in four ways: words changed (1 to 10 %), the lead rewritten, boilerplate added, all three.
"""

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from evals.benchmarks import Figures
from evals.errors import EvalError
from index.models import Article, Span
from index.passages.stories import fingerprint, shingles, stories

_COPIED = 200
SIZES = (600, 2_400, 10_000)
_MOST_CHANGED = 0.1
_LEAD_WORDS = 40
_NOTICE_WORDS = 80
_SEED = 20231226

Words = list[str]
Edit = Callable[[Words, Words, random.Random], Words]
"""Makes a copy of a text's words, with new words from the vocabulary."""


def run(data: Path, sizes: Sequence[int] = SIZES) -> Figures:
    """Return how many copies land in their story, what was merged without reason, and the seconds for each size."""
    bodies = _bodies(data)
    return _grouping(bodies) | _seconds(bodies, sizes)


def _bodies(data: Path) -> dict[str, str]:
    texts = {file.name: file.read_text(encoding="utf-8") for file in sorted((data / "articles").glob("*.txt"))}
    if not texts:
        raise EvalError(f"There is no articles/*.txt in {str(data)!r}. Give the folder of the benchmark: --data DIR")
    return {name: text.partition("\n\n")[2] or text for name, text in texts.items()}


def _grouping(bodies: dict[str, str]) -> Figures:
    chance = random.Random(_SEED)
    vocabulary = " ".join(bodies.values()).split()
    copied = sorted(chance.sample(sorted(bodies), min(_COPIED, len(bodies))))
    copies = {
        f"{name}/{kind}": " ".join(edit(bodies[name].split(), vocabulary, chance))
        for name in copied
        for kind, edit in _EDITS.items()
    }
    found = _stories(bodies | copies)
    alone = _stories(bodies)
    landed = {kind: sum(found[f"{name}/{kind}"] == found[name] for name in copied) / len(copied) for kind in _EDITS}
    return {
        "articles": len(bodies),
        "articles merged by themselves": sum(path != story for path, story in alone.items()),
        "copies": len(copies),
        "copies in their story": sum(landed.values()) / len(landed),
        **{f"  {kind}": share for kind, share in landed.items()},
        "unrelated articles merged": merged(found, alone),
    }


def _stories(texts: dict[str, str]) -> dict[str, str]:
    return _grouped([_article(path, text) for path, text in texts.items()])


def _grouped(articles: Sequence[Article]) -> dict[str, str]:
    by_path = {article.path: article for article in articles}
    fingerprints = {path: fingerprint(shingles(article)) for path, article in by_path.items()}
    return stories(fingerprints, lambda path: shingles(by_path[path]))


def merged(found: dict[str, str], alone: dict[str, str]) -> int:
    """Count the articles whose story holds another article that is not in their story when there are no copies."""
    groups: dict[str, set[str]] = {}
    for path, story in found.items():
        groups.setdefault(story, set()).add(alone[path.partition("/")[0]])
    return sum(len(group) for group in groups.values() if len(group) > 1)


def _changed(words: Words, vocabulary: Words, chance: random.Random) -> Words:
    copy = list(words)
    for at in chance.sample(range(len(copy)), int(len(copy) * chance.uniform(0.01, _MOST_CHANGED))):
        copy[at] = chance.choice(vocabulary)
    return copy


def _lead_rewritten(words: Words, vocabulary: Words, chance: random.Random) -> Words:
    return chance.choices(vocabulary, k=_LEAD_WORDS) + words[_LEAD_WORDS:]


def _boilerplate_added(words: Words, vocabulary: Words, chance: random.Random) -> Words:
    notice = chance.choices(vocabulary, k=_NOTICE_WORDS)
    return notice[: _NOTICE_WORDS // 2] + words + notice[_NOTICE_WORDS // 2 :]


def _all_three(words: Words, vocabulary: Words, chance: random.Random) -> Words:
    lead = _lead_rewritten(_changed(words, vocabulary, chance), vocabulary, chance)
    return _boilerplate_added(lead, vocabulary, chance)


_EDITS: dict[str, Edit] = {
    "words changed": _changed,
    "lead rewritten": _lead_rewritten,
    "boilerplate added": _boilerplate_added,
    "all three": _all_three,
}


def _seconds(bodies: dict[str, str], sizes: Sequence[int]) -> Figures:
    """Time each size: the articles as they are, then by turns copies of them and new ones of their paragraphs."""
    chance = random.Random(_SEED)
    names, texts = list(bodies), list(bodies.values())
    vocabulary = " ".join(texts).split()
    paragraphs = [paragraph for text in texts for paragraph in text.split("\n") if paragraph.strip()]
    articles = [_article(name, text) for name, text in zip(names, texts, strict=True)]
    while len(articles) < sizes[-1]:
        text = texts[len(articles) % len(texts)]
        made = (
            _changed(text.split(), vocabulary, chance) if len(articles) % 2 else _recombined(text, paragraphs, chance)
        )
        articles.append(_article(f"made-{len(articles):05d}", " ".join(made)))
    return {f"seconds for {size}": _timed(articles[:size]) for size in sizes}


def _recombined(text: str, paragraphs: Sequence[str], chance: random.Random) -> Words:
    """Return words of paragraphs drawn from all articles, as many as the text has."""
    words: Words = []
    wanted = len(text.split())
    while len(words) < wanted:
        words += chance.choice(paragraphs).split()
    return words


def _timed(articles: Sequence[Article]) -> float:
    began = time.perf_counter()
    _grouped(articles)
    return time.perf_counter() - began


def _article(path: str, text: str) -> Article:
    return Article(path=path, text=text, encoding="utf-8", sha256="0" * 64, article_lines=(Span(0, len(text)),))
