import random
from pathlib import Path

import pytest

from evals.benchmarks.reading import stories
from evals.errors import EvalError


def _write(data: Path, bodies: list[str]) -> None:
    (data / "articles").mkdir()
    for at, body in enumerate(bodies):
        text = f"Title {at}\nAuthor | Outlet | 2023-10-18T21:43:17+00:00 | https://example.com/{at}\n\n{body}\n"
        (data / "articles" / f"{at}.txt").write_text(text)


def _body(seed: int) -> str:
    chance = random.Random(seed)
    return "\n".join(" ".join(f"word{chance.randrange(9_000)}" for _ in range(60)) for _ in range(6))


def test_copies_land_in_their_story(tmp_path: Path) -> None:
    _write(tmp_path, [_body(seed) for seed in range(6)])
    figures = stories.run(tmp_path, sizes=(2, 20))
    assert (figures["articles"], figures["copies"]) == (6, 24)
    assert figures["copies in their story"] == 1.0
    assert figures["unrelated articles merged"] == 0
    assert figures["articles merged by themselves"] == 0
    assert {"seconds for 2", "seconds for 20"} <= set(figures)


def test_what_is_one_story_without_copies_is_not_counted_as_merged(tmp_path: Path) -> None:
    _write(tmp_path, [_body(1), _body(1), _body(2)])
    figures = stories.run(tmp_path, sizes=(2,))
    assert figures["articles merged by themselves"] == 1
    assert figures["unrelated articles merged"] == 0


def test_articles_that_a_copy_brings_together_are_counted() -> None:
    alone = {"a.txt": "a.txt", "b.txt": "b.txt", "c.txt": "c.txt"}
    found = {"a.txt": "a.txt", "b.txt": "a.txt", "b.txt/all three": "a.txt", "c.txt": "c.txt"}
    assert stories.merged(found, alone) == 2


def test_a_folder_without_articles_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"articles/\*\.txt"):
        stories.run(tmp_path)
