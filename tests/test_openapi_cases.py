"""Requests that schemathesis makes up from the OpenAPI, good and bad ones, over a socket: none is a server's fault.

OPENAPI_CASES sets how many, 1,000 in CI; they are the same each time, and new ones where more are asked for.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import schemathesis
from conftest import WordReader, cases
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import BaseSchema, Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from stub_model import service_of
from web_server import served

from index.embedding.embedders import MiniLM
from qa.writing.writer import ExtractiveWriter

USUAL = 1000
CASES = cases("OPENAPI_CASES", 250, USUAL)


@pytest.fixture(scope="module")
def address(data_dir: Path, embedder: MiniLM) -> Iterator[str]:
    with served(service_of(data_dir, embedder, ExtractiveWriter(WordReader())), data_dir) as address:
        yield address


@pytest.mark.timeout(120 + CASES)
def test_no_request_of_the_openapi_is_the_servers_fault_and_each_reply_is_as_it_says(address: str) -> None:
    found: Counter[tuple[str, int]] = Counter()
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    refusals = schema.config.checks.negative_data_rejection
    refusals.expected_statuses = [*refusals.expected_statuses, "413"]  # a body may be both wrong and too large
    with requests.Session() as session:
        for examples, strategy in kinds_of_cases(schema):
            try_all(strategy, examples, session, found)
    assert sum(found.values()) >= CASES, found
    assert {status for _, status in found} <= {200, 400, 404, 405, 413, 415, 422}, found
    print(f"\n{sum(found.values())} cases: {dict(sorted(found.items()))}")


def kinds_of_cases(schema: BaseSchema) -> Iterator[tuple[int, SearchStrategy[Case]]]:
    """How many requests to send to each operation, good and bad ones; no text is a bad path."""
    operations = [one.ok() for one in schema.get_all_operations()]
    open_ended = [one for one in operations if len(one.body) or len(one.query)]
    examples = -(-CASES // (2 * len(open_ended)))
    for operation in operations:
        yield examples, operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        if operation in open_ended:
            yield examples, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)


def try_all(
    cases: SearchStrategy[Case], examples: int, session: requests.Session, found: Counter[tuple[str, int]]
) -> None:
    """Send so many requests to one operation, and check the replies."""

    @settings(
        max_examples=examples,
        derandomize=CASES <= USUAL,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def try_each(case: Case) -> None:
        reply = case.call_and_validate(session=session, excluded_checks=[positive_data_acceptance])
        found[case.operation.label, reply.status_code] += 1

    try_each()
