"""Behind a proxy: a real nginx with the configuration of docs/deploy, and a browser in front of it."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
from conftest import WordReader
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from page_tools import PANDAS, Open, ask
from playwright.sync_api import expect
from stub_model import service_of
from web_server import ASK, served, until

from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.models.errors import InvalidSettings
from qa.settings import load_settings
from qa.writing.writer import ExtractiveWriter

pytest_plugins = ["page_fixtures"]
pytestmark = PANDAS
DEPLOY = Path(__file__).parent.parent / "docs" / "deploy"
CHAT = {"messages": [{"role": "user", "content": ASK}]}
ODD = "sub folder/a#b?c%20 é+&.txt"
ODD_TEXT = "The dam at Millbrook\n\nThe dam at Millbrook cost $4 million, officials said.\n"
PROXY = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}


@pytest.fixture
def run_nginx(tmp_path: Path) -> Iterator[Callable[[str, int], None]]:
    """Run nginx with what stands in its http block, until it answers at a port."""
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if nginx is None:
        missing = "nginx is missing, so nothing was tried behind it. Install it: apt-get install nginx"
        assert os.environ.get("CI") != "true", missing
        raise pytest.skip.Exception(missing)
    running: list[subprocess.Popen[bytes]] = []

    def run(http: str, port: int) -> None:
        folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temp = "".join(f"{name}_temp_path {tmp_path}/{name};\n" for name in folders)
        user = "user root;\n" if os.geteuid() == 0 else ""
        text = f"{user}daemon off;\npid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\n"
        text += f"http {{\naccess_log off;\n{temp}{http}\n}}\n"
        (tmp_path / "nginx.conf").write_text(text, encoding="utf-8")
        command = [nginx, "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
        running.append(subprocess.Popen(command))
        assert until(lambda: running[-1].poll() is not None or _answers(port), 10)
        assert running[-1].poll() is None, "nginx did not start"

    yield run
    for process in running:
        process.terminate()
        process.wait(timeout=10)


def _answers(port: int) -> bool:
    with closing(socket.socket()) as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as one:
        return int(one.getsockname()[1])


@contextmanager
def _below_a_path(folder: Path, embedder: MiniLM, run_nginx: Callable[[str, int], None]) -> Iterator[str]:
    """Give the address of Newsdesk behind the location of docs/deploy/nginx-subpath.conf."""
    port = _free_port()
    location = (DEPLOY / "nginx-subpath.conf").read_text(encoding="utf-8")
    service = service_of(folder, embedder, ExtractiveWriter(WordReader()))
    with served(service, folder, root_path="/news", proxies=("127.0.0.1",)) as upstream:
        site = location.replace("http://127.0.0.1:7860", upstream)
        run_nginx(f"server {{ listen 127.0.0.1:{port}; {site} }}", port)
        yield f"http://127.0.0.1:{port}/news"


@pytest.fixture
def folder(data_dir: Path, tmp_path: Path) -> Path:
    return shutil.copytree(data_dir, tmp_path / "data")


def test_the_page_answers_below_a_path_and_opens_the_article(
    open_page: Open, folder: Path, embedder: MiniLM, run_nginx: Callable[[str, int], None]
) -> None:
    with _below_a_path(folder, embedder, run_nginx) as address:
        page = open_page(f"{address}/")
        ask(page, ASK)
        link = page.locator("#sources .title a").first
        expect(link).to_be_visible()
        expect(page.locator("#sources mark").first).to_be_visible()
        quoted = page.locator("#sources mark").first.text_content() or ""
        with page.context.expect_page() as opened:
            link.click()
        article = opened.value
        expect(article.locator("mark.here")).to_have_text(quoted)
        assert article.url.startswith(f"{address}/articles/")
        article.get_by_role("link", name="Newsdesk").click()
        expect(article.locator("#ask textarea")).to_be_visible()
        assert article.url == f"{address}/"
        assert httpx2.get(address).headers["location"] == f"{address}/"
        for path in ("/", "/docs", "/articles/none", "/answers/none"):
            assert re.findall(r"""(?:href|src)=["']?/[^"' >]*""", httpx2.get(f"{address}{path}").text) == []


def test_an_answer_can_be_read_again_below_a_path(
    open_page: Open, folder: Path, embedder: MiniLM, run_nginx: Callable[[str, int], None]
) -> None:
    with _below_a_path(folder, embedder, run_nginx) as address:
        answer = httpx2.post(f"{address}/v1/ask", json={"question": ASK}).json()
        page = open_page(f"{address}/")
        page.goto(f"{address}/answers/{answer['id']}")
        expect(page.locator("h1")).to_have_text(ASK)
        page.locator(".sources a").first.click()
        expect(page.locator("mark.here")).to_have_text(answer["citations"][0]["quote"])
        page.goto(f"{address}/docs")
        page.get_by_text("openapi.json").click()
        assert page.url == f"{address}/openapi.json"


def test_the_endpoint_works_below_a_path(folder: Path, embedder: MiniLM, run_nginx: Callable[[str, int], None]) -> None:
    with _below_a_path(folder, embedder, run_nginx) as address, httpx2.Client(timeout=30) as client:
        answer = client.post(f"{address}/v1/ask", json={"question": ASK}).json()
        assert client.get(f"{address}/v1/answers/{answer['id']}").json()["answer"] == answer
        feedback = client.post(f"{address}/v1/answers/{answer['id']}/feedback", json={"kind": "good"})
        assert feedback.status_code == 204
        said = client.post(f"{address}/v1/chat/completions", json=CHAT).json()["choices"][0]["message"]
        urls = {one["url_citation"]["url"].partition("#")[0] for one in said["annotations"]}
        assert urls and all(url.startswith(f"{address}/articles/") for url in urls)
        assert {client.get(url).status_code for url in urls} == {200}
        with client.stream("POST", f"{address}/v1/ask/stream", json={"question": ASK}) as stream:
            kinds = [line for line in stream.iter_lines() if line.startswith("event: ")]
        assert kinds[0] == "event: search" and kinds[-1] == "event: done"
        assert client.get(f"{address}/openapi.json").json()["servers"] == [{"url": "/news"}]
        assert client.post(f"{address}/news/v1/ask", json={"question": ASK}).status_code == 404
        assert client.get(f"{address}/v1/models", headers={"Host": "evil.example"}).status_code == 421


def test_any_file_name_gets_through(embedder: MiniLM, tmp_path: Path, run_nginx: Callable[[str, int], None]) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    (corpus / ODD).parent.mkdir(parents=True)
    (corpus / ODD).write_text(ODD_TEXT, encoding="utf-8")
    sync(corpus, DataFolder(index), embedder)
    with _below_a_path(index, embedder, run_nginx) as address:
        assert httpx2.get(f"{address}/v1/articles/{quote(ODD)}").json()["text"] == ODD_TEXT
        assert "cost $4 million" in httpx2.get(f"{address}/articles/{quote(ODD)}").text


def test_the_site_with_tls_works(
    open_page: Open, folder: Path, embedder: MiniLM, run_nginx: Callable[[str, int], None], tmp_path: Path
) -> None:
    port = _free_port()
    certificate, key = _certificate(tmp_path)
    service = service_of(folder, embedder, ExtractiveWriter(WordReader()))
    with served(service, folder, proxies=("127.0.0.1",)) as upstream:
        site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
        for ours, theirs in (
            ("listen 443", f"listen 127.0.0.1:{port}"),
            ("news.example", "127.0.0.1"),
            ("/etc/ssl/newsdesk.pem", str(certificate)),
            ("/etc/ssl/newsdesk.key", str(key)),
            ("http://127.0.0.1:7860", upstream),
        ):
            assert ours in site
            site = site.replace(ours, theirs)
        run_nginx(site, port)
        address = f"https://127.0.0.1:{port}"
        page = open_page(f"{address}/", ignore_https_errors=True)
        ask(page, ASK)
        expect(page.locator("#sources mark").first).to_be_visible()
        said = httpx2.post(f"{address}/v1/chat/completions", json=CHAT, verify=False).json()
        url = said["choices"][0]["message"]["annotations"][0]["url_citation"]["url"]
        assert url.startswith(f"{address}/articles/")


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for this machine that is signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1)).sign(key, hashes.SHA256())
    pem, private = folder / "site.pem", folder / "site.key"
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    forms = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, *forms))
    return pem, private


@pytest.mark.parametrize("proxies", [(), ("192.0.2.1",), ("127.0.0.1",), ("192.0.2.0/24", "127.0.0.0/8")])
def test_only_proxies_that_are_named_say_who_asks(data_dir: Path, embedder: MiniLM, proxies: tuple[str, ...]) -> None:
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()))
    believed = "127.0.0." in str(proxies)
    with served(service, data_dir, proxies=proxies, rate_limit="1/hour") as address:
        statuses = [
            httpx2.get(f"{address}/v1/search", params={"q": ASK}, headers={"X-Forwarded-For": client}).status_code
            for client in ("203.0.113.7", "203.0.113.8", "203.0.113.7")
        ]
        assert statuses == ([200, 200, 429] if believed else [200, 429, 429])
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()))
    with served(service, data_dir, proxies=proxies) as address:
        said = httpx2.post(f"{address}/v1/chat/completions", json=CHAT, headers=PROXY).json()
        url = said["choices"][0]["message"]["annotations"][0]["url_citation"]["url"]
        assert url.startswith("https://" if believed else "http://")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("QA_ROOT_PATH", "news", "begins with a slash"),
        ("QA_ROOT_PATH", "/news/", "does not end with one"),
        ("QA_ROOT_PATH", "https://news.example/news", "such as /news"),
        ("QA_PROXIES", "*", "addresses or networks"),
        ("QA_PROXIES", "10.0.0.1/8", "addresses or networks"),
        ("QA_PROXIES", "proxy.example", "addresses or networks"),
    ],
)
def test_a_wrong_setting_is_told(variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidSettings, match=f"{variable} is not valid: .*{said}"):
        load_settings()
