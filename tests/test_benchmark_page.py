import json
from pathlib import Path

import httpx
from web_server import ASK

from evals.benchmarks.timing.page import serving, turn


def test_a_question_is_asked_as_the_page_asks_it(data_dir: Path) -> None:
    with serving(data_dir) as server, httpx.Client(timeout=60) as client:
        kept = turn(server, client, "tab", ASK, {"exchanges": []})
        assert server.memory > 0
    exchange = json.loads(kept["exchanges"][-1])
    assert (exchange["question"], exchange["state"]) == (ASK, "answered")
