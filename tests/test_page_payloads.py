"""Texts that try everything, in every place of the page where a text may stand: 0 contacts, 0 dialogs, 0 forms."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from conftest import WordEmbedder, WordReader
from hostile_markup import HOST, payloads
from markdown_it import MarkdownIt
from page_tools import PANDAS, Open
from playwright.sync_api import Dialog, Page, expect
from stub_model import service_of
from web_server import served

from index.models import ListedArticle
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.models import Support
from qa.web.page.conversation import Exchange, ShownStatement, Source
from qa.writing.writer import ExtractiveWriter

pytest_plugins = ["page_fixtures"]
pytestmark = [*PANDAS, pytest.mark.timeout(600)]
PAYLOADS = payloads()
AT_ONCE = 12
"""So many payloads stand in one exchange, each in other fields."""
FORBIDDEN = "img, script, style, form, iframe, object, embed, video, audio, link, base, meta, svg, math, marquee, b"
FOUND = """(inside) => {
  const nodes = [...document.querySelectorAll(inside)].flatMap((node) => [node, ...node.querySelectorAll('*')]);
  return nodes.filter((node) => [...node.attributes].some((one) => /^on/.test(one.name)
    || (/^(href|src|action|formaction)$/.test(one.name) && /^\\s*([a-z]+:|\\/\\/)/i.test(one.value))
    || (one.name === 'style' && /url|evil/.test(one.value)))).map((node) => node.outerHTML.slice(0, 200));
}"""
PARSED = """async ([addresses, forbidden]) => {
  const found = [];
  for (const address of addresses) {
    const page = new DOMParser().parseFromString(await (await fetch(address)).text(), 'text/html');
    const main = page.querySelector('main');
    if (!main || page.title.includes('undefined')) found.push(address + ' is no page');
    const wrong = [...page.querySelectorAll('main *')].filter((node) => node.matches(forbidden.replace(/svg, /, ''))
      || [...node.attributes].some((one) => /^on/.test(one.name) || /^\\s*javascript:/i.test(one.value)));
    found.push(...wrong.map((node) => address + ': ' + node.outerHTML.slice(0, 200)));
    if (page.querySelectorAll('head > *').length > 12) found.push(address + ' has a longer head');
  }
  return found;
}"""
PUT = """(records) => new Promise((resolve, reject) => {
  const opening = indexedDB.open('newsdesk', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('conversations', { keyPath: 'id' });
  opening.onsuccess = () => {
    const transaction = opening.result.transaction('conversations', 'readwrite');
    records.forEach((record) => transaction.objectStore('conversations').put(record));
    transaction.oncomplete = resolve;
    transaction.onerror = reject;
  };
})"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server of an index whose articles have the payloads for title, source, author, address and text."""
    corpus, folder = tmp_path_factory.mktemp("payloads"), tmp_path_factory.mktemp("payloads-index")
    rows = (
        {"title": one, "source": one, "author": one, "url": one, "text": f"The dam {one} cost $4 million.", "date": day}
        for day, one in ((f"2024-{1 + at % 12:02}-03", one) for at, one in enumerate(PAYLOADS))
    )
    (corpus / "all.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    embedder = WordEmbedder()
    sync(corpus, DataFolder(folder), embedder)
    with served(service_of(folder, embedder, ExtractiveWriter(WordReader())), folder) as at:
        yield at


def exchange_of(number: int, texts: list[str]) -> Exchange:
    """Return an exchange whose every field that can hold a text holds one of some."""
    place = iter(texts * 3)
    quote, path = next(place), f"{next(place)}.txt".replace("\n", " ")
    about = {"headline": next(place), "outlet": next(place), "author": next(place), "url": next(place)}
    source = {"path": path, "start": 0, "end": len(quote), "quote": quote, "before": next(place), "after": next(place)}
    cited = Source.model_validate({**source, **about, "number": 1, "also_in": (next(place),)})
    doubt = ShownStatement(text=f"{next(place)} [1]", support=Support.UNSUPPORTED, problems=(next(place),), later=True)
    return Exchange(
        id=f"{number:012x}",
        question=next(place),
        asked=number,
        writer="model",
        state="failed" if number % 4 == 0 else "partial",
        said=(doubt, ShownStatement(text=f"{next(place)} [1]", support=Support.SUPPORTED)),
        sources=(cited,),
        missing=next(place),
        notes=(next(place),),
        articles=(ListedArticle(path=f"other{next(place)}", headline=next(place), outlet=next(place)),),
        listed=3,
        understood=(next(place),),
        failure="model-unavailable",
        details=next(place),
    )


def records() -> list[dict[str, Any]]:
    """Return one conversation with all payloads, and one for each that is named by it."""
    groups = [PAYLOADS[at : at + AT_ONCE] for at in range(0, len(PAYLOADS), AT_ONCE)]
    exchanges = [json.loads(exchange_of(at, group).model_dump_json()) for at, group in enumerate(groups)]
    empty = {"draft": "", "deleted": 0, "updated": 1}
    titled = [
        {"id": f"{at:012x}", "title": one, "exchanges": exchanges[:1], **empty}
        for at, one in enumerate(PAYLOADS, start=1000)
    ]
    return [{"id": "a" * 12, "title": "All", "exchanges": exchanges, **empty}, *titled]


def is_clean(page: Page, inside: str) -> None:
    assert page.locator(inside).locator(FORBIDDEN).count() == 0
    assert page.evaluate(FOUND, inside) == []
    assert page.evaluate("window.pwned") is None


def test_nothing_becomes_markup_wherever_it_stands(open_page: Open, address: str) -> None:
    assert len(set(PAYLOADS)) >= 450
    dialogs: list[str] = []

    def noted(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page = open_page(prepare=lambda one: one.on("dialog", noted))
    expect(page.locator("#chat .placeholder")).to_contain_text(f"{len(PAYLOADS):,} articles")
    page.evaluate(PUT, records())
    page.goto(f"{address}/?c={'a' * 12}")
    answers = page.locator("#chat .answer")
    expect(answers).to_have_count(-(-len(PAYLOADS) // AT_ONCE), timeout=60_000)
    for at in (0, 5, 20):
        answers.nth(at).locator("a.cite").first.hover()
        answers.nth(at).locator("a.cite").first.click()
        expect(page.locator("#sources .quote.active mark")).to_be_visible()
        is_clean(page, "#sources, .cite-pop")
    is_clean(page, "#chat .message")
    page.locator("#asking .open").click()
    assert page.locator("#asking .outlet option").count() > 100
    for at in (5, 50):
        page.locator("#asking .outlet").select_option(index=at)
        page.locator("#asking .set").click()
        page.locator("#asking .open").click()
    expect(page.locator("#asking .chip")).to_have_count(2)
    page.locator("#open-conversations").click()
    expect(page.locator("#library li")).to_have_count(len(PAYLOADS) + 1)
    is_clean(page, "#library, #asking")
    leaves_as_text(page)
    for at in range(1, -(-len(PAYLOADS) // 50) + 1):
        page.goto(f"{address}/articles?page={at}")
        assert page.locator("tbody tr").count() > 0
        is_clean(page, "table, .filters, .report, figcaption")
        assert page.locator("form").count() == 0
    links = page.locator("tbody a").evaluate_all("links => links.map((link) => link.href)")
    page.goto(links[0])
    is_clean(page, "main")
    assert page.evaluate(PARSED, [links, FORBIDDEN]) == []
    assert dialogs == [] and page.locator("form").count() == 0


def test_no_page_of_articles_repeats_an_address_or_an_article_as_markup(open_page: Open) -> None:
    page = open_page()
    listed = page.evaluate("fetch('v1/articles?limit=1000').then((reply) => reply.json())")["articles"]
    assert len(listed) == len(PAYLOADS)
    pages = [f"articles/{quote(one['path'])}" for one in listed]
    fields = ("words", "outlet", "folder", "sort", "first", "page")
    pages += [f"articles?{urlencode(dict.fromkeys(fields, one))}" for one in PAYLOADS]
    assert page.evaluate(PARSED, [pages, FORBIDDEN]) == []


def leaves_as_text(page: Page) -> None:
    """What is saved or printed holds the payloads as text."""
    with page.expect_download() as download:
        page.locator("#library .as-md").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert HOST in text
    for renderer in (MarkdownIt("commonmark"), MarkdownIt("js-default")):
        html = renderer.render(text)
        for tag in ("<img", "<a ", "<script", "<form", "<iframe", "<style", "<b>", "<svg", "<object"):
            assert tag not in html, tag
    with page.expect_download() as download:
        page.locator("#library .as-json").click()
    assert len(json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["exchanges"]) > 30
    page.keyboard.press("Escape")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    is_clean(page, ".paper")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
