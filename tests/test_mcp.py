"""The Model Context Protocol, spoken by the official client: over HTTP behind the key, and over stdio."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import WordReader
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from stub_model import BUDGET, ScriptedModel, service_of
from web_server import ASK, KEY, served

from index.embedding.embedders import MiniLM
from qa.answer_draft import notes_below
from qa.models import Answer
from qa.web.routes.mcp import ArticlePart
from qa.web.routes.records import ArticleList
from qa.writing.writer import ExtractiveWriter, ModelWriter

UNKNOWN = ("search", {"question": ASK, "scope": {"outlets": ["Nobody"]}})
Use = Callable[[ClientSession], Awaitable[Any]]


async def _over_http(address: str, key: str | None, use: Use) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with (
        httpx.AsyncClient(headers=headers, timeout=60) as client,
        streamable_http_client(f"{address}/v1/mcp", http_client=client) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        return await use(session)


async def _all_tools(session: ClientSession) -> None:
    tools = {tool.name: tool for tool in (await session.list_tools()).tools}
    assert set(tools) == {"ask", "search", "read_article", "list_articles"}
    assert all(tool.outputSchema and tool.description for tool in tools.values())
    asked = await session.call_tool("ask", {"question": ASK})
    answer = Answer.model_validate_json(_json(asked))
    assert answer.citations and not answer.hits
    links = [part for part in asked.content if part.type == "resource_link"]
    assert len(links) == len(answer.citations)
    for link, citation in zip(links, answer.citations, strict=True):
        [read] = (await session.read_resource(link.uri)).contents
        assert getattr(read, "text", None) == citation.quote == link.description
    listed = ArticleList.model_validate_json(_json(await session.call_tool("list_articles", {"limit": 2})))
    assert (listed.total, len(listed.articles)) == (5, 2)
    first = {"path": answer.citations[0].path, "start": answer.citations[0].start, "end": answer.citations[0].end}
    text = ArticlePart.model_validate_json(_json(await session.call_tool("read_article", first)))
    assert text.text == answer.citations[0].quote
    elsewhere = {"question": ASK, "scope": {"outlets": ["Devdiscourse"]}}
    assert {citation.path for citation in answer.citations} != {"004_babc4bf3d394c5e5.txt"}
    asked_there = Answer.model_validate_json(_json(await session.call_tool("ask", elsewhere)))
    assert {citation.path for citation in asked_there.citations} <= {"004_babc4bf3d394c5e5.txt"}
    found_there = await session.call_tool("search", elsewhere)
    assert found_there.structuredContent
    assert {hit["passage"]["path"] for hit in found_there.structuredContent["hits"]} <= {"004_babc4bf3d394c5e5.txt"}
    found = await session.call_tool("search", {"question": ASK})
    assert found.structuredContent and found.structuredContent["hits"]
    for tool, arguments in (
        ("read_article", {"path": "../etc/passwd"}),
        ("ask", {"question": ""}),
        ("ask", {}),
        UNKNOWN,
    ):
        refused = await session.call_tool(tool, arguments)
        assert refused.isError and "Traceback" not in str(refused.content)


def _json(result: Any) -> str:
    import json

    assert not result.isError, result.content
    return json.dumps(result.structuredContent)


def test_an_official_client_uses_all_tools_over_http_with_the_key(data_dir: Path, embedder: MiniLM) -> None:
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()))
    with served(service, data_dir, api_key=KEY) as address:
        asyncio.run(_over_http(address, KEY, _all_tools))
        for key in (None, "wrong key"):
            refused = httpx.post(f"{address}/v1/mcp", json={}, headers={"Authorization": f"Bearer {key}"})
            assert refused.status_code == 401
        assert httpx.get(f"{address}/v1/mcp", headers={"X-API-Key": KEY}).status_code == 405


@pytest.mark.parametrize("said", ["Pakistan asked for $9 billion [1].", "I cannot help with questions about weapons."])
def test_the_text_for_a_client_says_what_is_not_borne_out(said: str, data_dir: Path, embedder: MiniLM) -> None:
    async def asked(session: ClientSession) -> Any:
        return await session.call_tool("ask", {"question": ASK})

    with served(service_of(data_dir, embedder, ModelWriter(ScriptedModel(said), BUDGET)), data_dir) as address:
        result = asyncio.run(_over_http(address, None, asked))
    notes = notes_below(Answer.model_validate(result.structuredContent))
    assert notes and result.content[0].text.split("\n\n") == [said, *notes]


def test_an_official_client_uses_all_tools_over_stdio(data_dir: Path) -> None:
    async def use() -> None:
        environment = {**os.environ, "QA_DATA_DIR": str(data_dir), "PYTHONPATH": str(Path(__file__).parent.parent)}
        server = StdioServerParameters(command=sys.executable, args=["-m", "qa.cli", "mcp"], env=environment)
        async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            await _all_tools(session)

    asyncio.run(use())


def test_without_the_package_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path, embedder: MiniLM
) -> None:
    from qa.models.errors import QAError
    from qa.web.routes.mcp import mcp_route, mcp_server

    for name in ("mcp.server.fastmcp", "mcp.server.streamable_http_manager"):
        monkeypatch.setitem(sys.modules, name, None)
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()))
    with pytest.raises(QAError, match=r"newsdesk\[mcp\]"):
        mcp_server(service)
    assert mcp_route(service) is None
    service.close()
