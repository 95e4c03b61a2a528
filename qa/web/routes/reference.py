"""GET /docs: the reference of the API as plain HTML, made from openapi.json; nothing is fetched from anywhere."""

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse

from qa.web.articles.frame import page_start
from qa.web.problems import ALL_KINDS


def reference_router(app: FastAPI) -> APIRouter:
    """Return the route of the reference of `app`."""
    router = APIRouter()

    @router.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        """Return the reference as a page."""
        return HTMLResponse("".join(_page(app.openapi())))

    return router


def _page(api: Mapping[str, Any]) -> Iterator[str]:
    title = f"{api['info']['title']} API {api['info']['version']}"
    yield from page_start(title, "")
    yield f'<main class="reference"><h1>{escape(title)}</h1>'
    yield f"<p>{escape(api['info'].get('description', ''))}</p>"
    yield '<p>For machines: <a href="openapi.json">openapi.json</a>. For people: <a href="./">the page</a>.</p>'
    yield "<h2>Addresses</h2>"
    for path, operations in api["paths"].items():
        for method, operation in operations.items():
            yield from _operation(path, method, operation, api)
    yield "<h2>Records</h2>"
    for name, schema in api.get("components", {}).get("schemas", {}).items():
        yield from _record(name, schema)
    yield from _problems()
    yield "</main></html>"


def _operation(path: str, method: str, operation: Mapping[str, Any], api: Mapping[str, Any]) -> Iterator[str]:
    yield f'<section><h3><span class="method">{escape(method.upper())}</span><code>{escape(path)}</code></h3>'
    yield f"<p>{_prose(operation.get('description') or operation.get('summary', ''))}</p>"
    for parameter in operation.get("parameters", ()):
        yield f"<p>{escape(parameter['in'])}: <code>{escape(parameter['name'])}</code> {_type(parameter['schema'])}</p>"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        yield f"<p>body: {_type(body)}</p>"
        yield from _example(path, api["components"]["schemas"][_name(body["$ref"])])
    answer = operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema")
    if answer and "$ref" in answer:
        yield f"<p>answer: {_type(answer)}</p>"
    yield "</section>"


def _example(path: str, schema: Mapping[str, Any]) -> Iterator[str]:
    for example in schema.get("examples", ()):
        data = json.dumps(example)
        command = f"curl -s http://127.0.0.1:7860{path} -H 'Content-Type: application/json' -d '{data}'"
        yield f"<pre>{escape(command)}</pre>"


def _record(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f'<section id="record-{escape(name)}"><h3>{escape(name)}</h3><p>{_prose(schema.get("description", ""))}</p>'
    if "enum" in schema:
        yield f"<p>{escape(', '.join(map(str, schema['enum'])))}</p>"
    if fields := schema.get("properties"):
        yield "<table><tr><th>field<th>type<th>meaning</tr>"
        for field, about in fields.items():
            optional = "" if field in schema.get("required", ()) else ", optional"
            meaning = _prose(str(about.get("description", "")))
            yield f"<tr><td><code>{escape(field)}</code><td>{_type(about)}{optional}<td>{meaning}</tr>"
        yield "</table>"
    yield "</section>"


def _type(schema: Mapping[str, Any]) -> str:
    """Return the type that a schema names, linked where it is a record."""
    if "$ref" in schema:
        name = escape(_name(schema["$ref"]))
        return f'<a href="#record-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    return escape(str(schema.get("const", schema.get("type", "any"))))


def _prose(text: str) -> str:
    """Return text as HTML; what is between backticks is code."""
    # Escaped first: what is put in after it is the only markup.
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _problems() -> Iterator[str]:
    yield "<h2>Problems</h2><p>An error is application/problem+json (RFC 9457); the type links here.</p>"
    yield "<table><tr><th>status<th>type<th>meaning</tr>"
    for kind in ALL_KINDS:
        yield f'<tr id="{kind.slug}"><td>{kind.status}<td><code>{kind.slug}</code><td>{escape(kind.title)}</tr>'
    yield "</table>"
