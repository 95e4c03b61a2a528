from pathlib import Path

import pytest

from evals.benchmarks.reading import reading
from evals.benchmarks.reading.web_pages import FORMS, built
from evals.errors import EvalError

LEAD = "The harbour of Northport was closed on Tuesday after a flood damaged two of its piers."
STORY = [LEAD, *(f"Ship number {n} has to stay where it is until the pier is mended, said the port." for n in range(4))]


def test_lines_and_pages_are_counted(tmp_path: Path) -> None:
    (tmp_path / "gold").mkdir()
    (tmp_path / "articles").mkdir()
    for number in range(len(FORMS)):
        (tmp_path / "gold" / f"{number}.txt").write_text("\n".join(STORY), encoding="utf-8")
    (tmp_path / "articles" / "a.txt").write_text(
        f"Flood\nAda | Post | 2024-03-05\n\n{LEAD}\nIt rains.", encoding="utf-8"
    )
    figures = reading.run(tmp_path)
    assert (figures["gold texts"], figures["articles"], figures["pages"]) == (len(FORMS), 1, len(FORMS))
    assert figures["gold texts, whole: lines lost"] == figures["articles, whole: lines lost"] == 0.0
    assert figures["pages: lead kept"] == figures["pages: date right"] == figures["pages: share of the text"] == 1.0


def test_a_date_that_is_not_declared_and_a_text_that_is_not_there_count_as_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = built(FORMS[0], 0, STORY)
    cut = page._replace(html=page.html.replace(LEAD, "").replace("2024-01-15", "").replace(STORY[1], "Ships stay."))
    monkeypatch.setattr(reading, "built", lambda *_: cut)
    read = reading.read_page(FORMS[0], 0, STORY)
    assert (read.lead, read.date) == (False, False)
    assert 0.0 < read.share < 1.0


def test_a_folder_without_texts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="no gold"):
        reading.run(tmp_path)
