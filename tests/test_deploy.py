"""The files of docs/deploy, as far as they can be tried here: a real nginx in front, and systemd's own check."""

import shutil
import ssl
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from chroma_process import free_port
from conftest import WordReader
from stub_model import service_of
from web_server import ASK, KEY, served, until

from index.embedding.embedders import MiniLM
from qa.settings import PREFIX, Settings
from qa.writing.writer import ExtractiveWriter

DEPLOY = Path(__file__).parent.parent / "docs" / "deploy"
MAIN = """
daemon off; pid {root}/nginx.pid; error_log {root}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
    {site}
}}
"""


def _tool(name: str) -> str:
    """Return the path of a tool; leave the test out, loudly, where there is none."""
    if found := shutil.which(name):
        return found
    raise pytest.skip.Exception(f"{name} is missing, so this was not tried. Install it, or leave it to the CI")


def _certificate(folder: Path) -> Path:
    file = folder / "both.pem"
    names = ["-subj", "/CN=news.example", "-addext", "subjectAltName=DNS:news.example"]
    made = [_tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
    subprocess.run([*made, "-keyout", file, "-out", folder / "certificate.pem"], check=True, capture_output=True)
    file.write_text(file.read_text() + (folder / "certificate.pem").read_text())
    return file


def test_nginx_passes_on_answers_streams_and_ids_over_tls(data_dir: Path, embedder: MiniLM, tmp_path: Path) -> None:
    nginx, both, port = _tool("nginx"), _certificate(tmp_path), free_port()
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()))
    with served(service, data_dir, api_key=KEY, allowed_hosts=("news.example",)) as address:
        site = (DEPLOY / "nginx.conf").read_text()
        for before, after in (
            ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
            ("/etc/ssl/newsdesk.pem", str(both)),
            ("/etc/ssl/newsdesk.key", str(both)),
            ("127.0.0.1:7860", urlsplit(address).netloc),
        ):
            assert before in site
            site = site.replace(before, after)
        config = tmp_path / "nginx.conf"
        config.write_text(MAIN.format(root=tmp_path, site=site))
        with subprocess.Popen([nginx, "-c", config, "-p", tmp_path], stderr=subprocess.PIPE) as proxy:
            try:
                assert until((tmp_path / "nginx.pid").exists, 20), proxy.stderr
                _ask_through(port, tmp_path / "certificate.pem")
            finally:
                proxy.terminate()


def _ask_through(port: int, certificate: Path) -> None:
    trusted = ssl.create_default_context(cafile=str(certificate))
    trusted.check_hostname = False
    headers = {"Host": "news.example", "Authorization": f"Bearer {KEY}"}
    with httpx.Client(verify=trusted, headers=headers, base_url=f"https://127.0.0.1:{port}", timeout=60) as client:
        assert client.get("/healthz").json() == {"status": "up"}
        asked = client.post("/v1/ask", json={"question": ASK})
        assert asked.json()["status"] == "answered" and len(asked.headers["x-request-id"]) == 32
        with client.stream("POST", "/v1/ask/stream", json={"question": ASK}) as stream:
            assert "event: done" in "".join(stream.iter_text())
        assert "Newsdesk" in client.get("/").text
        assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 421
        assert client.post("/v1/ask", content=b" " * 5_000_000).status_code == 413
        assert client.get("/v1/models", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = (DEPLOY / "newsdesk.service").read_text().replace("/opt/newsdesk/bin/newsdesk", shutil.which("true") or "")
    (tmp_path / "newsdesk.service").write_text(unit)
    checked = [_tool("systemd-analyze"), "verify", tmp_path / "newsdesk.service"]
    done = subprocess.run(checked, capture_output=True, text=True)
    about_the_unit = [line for line in done.stderr.splitlines() if "newsdesk.service" in line]
    assert about_the_unit == []


def test_the_files_name_settings_that_there_are() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for file in DEPLOY.iterdir():
        words = file.read_text().replace("=", " ").replace(":", " ").replace("{", " ").replace("$", " ").split()
        named = {word.strip("`.,;}") for word in words if word.startswith(PREFIX)}
        assert named <= known, file


def test_the_dockerfile_is_that_of_a_user_without_rights() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    last_stage = lines[max(at for at, line in enumerate(lines) if line.startswith("FROM")) :]
    assert "USER 10001" in last_stage and any(line.startswith("HEALTHCHECK") for line in last_stage)
    assert "--require-hashes" in "\n".join(lines)
