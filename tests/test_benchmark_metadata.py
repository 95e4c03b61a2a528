from pathlib import Path

import pytest

from evals.benchmarks.reading import metadata
from evals.errors import EvalError

BODY = "The harbour of Northport was closed on Tuesday after a flood, and the ships that are in it have to stay there."


def _write(folder: Path, *articles: str) -> Path:
    (folder / "articles").mkdir()
    for at, text in enumerate(articles):
        (folder / "articles" / f"{at}.txt").write_text(text, encoding="utf-8")
    return folder


def test_fields_are_counted_with_the_line_and_without_it(tmp_path: Path) -> None:
    one = (
        f"Flood closes harbour of Northport\nAda Berg | Coast | Times | 2024-03-05T08:00:00 | https://e.org/1\n\n{BODY}"
    )
    two = f"Harbour\nUnknown | Wire | 2024-03-06 | https://e.org/2\n\nPublished: 7 March 2024\nBy Bo Lind\n{BODY}"
    figures = metadata.run(_write(tmp_path, one, two))
    assert figures["articles"] == 2
    assert [figures[f"{name}: right"] for name in ("headline", "outlet", "published", "author")] == [1.0, 1.0, 1.0, 0.5]
    assert (figures["headline, line removed: found"], figures["headline, line removed: right"]) == (2, 2)
    assert (figures["published, line removed: found"], figures["published, line removed: right"]) == (1, 0)
    assert (figures["author, line removed: found"], figures["author, line removed: right"]) == (1, 0)
    assert figures["outlet, line removed: found"] == figures["updated, line removed: found"] == 0


@pytest.mark.parametrize("articles", [[], ["Flood\nno row\n\nBody"], ["Flood\nA | B | soon | https://e.org\n\nBody"]])
def test_other_folders_are_refused(tmp_path: Path, articles: list[str]) -> None:
    with pytest.raises(EvalError, match="cannot be read"):
        metadata.run(_write(tmp_path, *articles))
