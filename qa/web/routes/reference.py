"""GET /docs: the API's reference as plain HTML, rendered here from openapi.json; nothing is fetched from anywhere."""

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse

from qa.web.problems import ALL_KINDS

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.6 ui-sans-serif, system-ui, sans-serif; max-width: 52rem; margin: 0 auto; padding: 2rem 1.25rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; } h3 { font-size: 1rem; margin: 0; }
section { border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; margin: 1rem 0; }
code, pre { font: .875rem/1.5 ui-monospace, monospace; } pre, td, code { overflow-wrap: anywhere; }
pre { background: var(--soft); border-radius: 8px; padding: .75rem 1rem; white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
.method { font-weight: 700; margin-right: .5rem; } p { margin: .5rem 0; white-space: pre-line; }
"""


def reference_router(app: FastAPI) -> APIRouter:
    """Return the route of the reference of `app`."""
    router = APIRouter()

    @router.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        """Return the reference as a page."""
        return HTMLResponse("".join(_page(app.openapi())))

    return router


def _page(api: Mapping[str, Any]) -> Iterator[str]:
    title = escape(f"{api['info']['title']} API {api['info']['version']}")
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
    yield '<meta name="viewport" content="width=device-width"><link rel="icon" href="favicon.ico">'
    yield f"<style>{_STYLE}</style><main><h1>{title}</h1>"
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
        yield f"<p>{escape(parameter['in'])}: <code>{escape(parameter['name'])}</code> {_kind(parameter['schema'])}</p>"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        yield f"<p>body: {_kind(body)}</p>"
        yield from _example(path, api["components"]["schemas"][_name(body["$ref"])])
    answer = operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema")
    if answer and "$ref" in answer:
        yield f"<p>answer: {_kind(answer)}</p>"
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
            need = "" if field in schema.get("required", ()) else ", optional"
            said = _prose(str(about.get("description", "")))
            yield f"<tr><td><code>{escape(field)}</code><td>{_kind(about)}{need}<td>{said}</tr>"
        yield "</table>"
    yield "</section>"


def _kind(schema: Mapping[str, Any]) -> str:
    """Return the type that a schema names, linked where it is a record."""
    if "$ref" in schema:
        name = escape(_name(schema["$ref"]))
        return f'<a href="#record-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "items" in schema:
        return f"list of {_kind(schema['items'])}"
    return escape(str(schema.get("const", schema.get("type", "any"))))


def _prose(text: str) -> str:
    """Return text as HTML, with what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _problems() -> Iterator[str]:
    yield "<h2>Problems</h2><p>An error is application/problem+json (RFC 9457); the type links here.</p>"
    yield "<table><tr><th>status<th>type<th>meaning</tr>"
    for kind in ALL_KINDS:
        yield f'<tr id="{kind.slug}"><td>{kind.status}<td><code>{kind.slug}</code><td>{escape(kind.title)}</tr>'
    yield "</table>"
