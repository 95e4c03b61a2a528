"""The commands, seen from outside: which addresses does their process, native code included, try to reach?"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
QUESTION = "How much will the United States give to the Balochistan police?"
CALLS = re.compile(r"\b(?:connect|sendto|sendmsg|sendmmsg)\(.*")
ADDRESS = re.compile(r'sin6?_addr=inet_(?:addr|pton)\((?:AF_INET6?, )?"([^"]+)"|inet_pton\(AF_INET6, "([^"]+)"')
WATCH = """
import sys
def watch(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        print("connect(inet_pton(AF_INET6, \\"%s\\"" % (arguments[1][0],), file=open({log!r}, "a"))
sys.addaudithook(watch)
"""


def _addresses(trace: str) -> set[str]:
    """The internet addresses in a trace of calls."""
    found = set()
    for call in CALLS.findall(trace):
        match = ADDRESS.search(call)
        if match:
            found.add(match.group(1) or match.group(2))
        else:
            assert "AF_INET" not in call, call
    return found


def _is_loopback(address: str) -> bool:
    return address == "::1" or address.startswith(("127.", "::ffff:127."))


def _reached(command: Sequence[str], folder: Path) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """Run Python with `command`, and return what it did and the addresses that it tried to reach."""
    log = folder / "calls"
    environment = os.environ | {"QA_DATA_DIR": str(folder / "data"), "HOME": str(folder), "COLUMNS": "120"}
    whole = [sys.executable, *command]
    if shutil.which("strace"):
        whole = ["strace", "-f", "-qq", "-o", str(log), "-e", "trace=connect,sendto,sendmsg,sendmmsg", *whole]
    else:
        assert os.environ.get("CI") != "true", "strace is missing: apt-get install strace"
        hook = folder / "hook" / "sitecustomize.py"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(WATCH.format(log=str(log)))
        environment["PYTHONPATH"] = str(hook.parent)
    done = subprocess.run(whole, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=120, check=False)
    return done, _addresses(log.read_text()) if log.exists() else set()


@pytest.mark.parametrize(
    ("call", "address"),
    [
        ('connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("1.2.3.4")}, 16) = 0', "1.2.3.4"),
        (
            "sendto(3, x, 1, 0, {sa_family=AF_INET6, sin6_port=htons(53), sin6_flowinfo=htonl(0), "
            'inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = 1',
            "2001:db8::1",
        ),
    ],
)
def test_addresses_are_read_from_a_trace(call: str, address: str) -> None:
    assert _addresses(f'77 {call}\n78 connect(4, {{sa_family=AF_UNIX, sun_path="/run/x"}}, 9) = 0') == {address}


def test_a_process_that_dials_is_seen(tmp_path: Path) -> None:
    code = "import socket; s = socket.socket(); s.settimeout(1); s.connect_ex(('127.0.0.2', 9))"
    assert _reached(["-c", code], tmp_path)[1] == {"127.0.0.2"}


def test_indexing_and_asking_reach_nothing_but_this_machine(tmp_path: Path) -> None:
    indexed, reached = _reached(["-m", "qa.cli", "index"], tmp_path)
    assert indexed.returncode == 0, indexed.stderr
    assert {address for address in reached if not _is_loopback(address)} == set()
    asked, reached = _reached(["-m", "qa.cli", "ask", QUESTION], tmp_path)
    assert asked.returncode == 0, asked.stderr
    assert "4 million" in asked.stdout and "\n[1] 00" in asked.stdout
    assert {address for address in reached if not _is_loopback(address)} == set()


def test_checking_a_snapshot_and_its_vectors_reaches_nothing_but_this_machine(data_dir: Path, tmp_path: Path) -> None:
    snapshot = shutil.copytree(data_dir / "snapshots" / "000001", tmp_path / "000001")
    checked, reached = _reached(["-m", "index.store.snapshots", str(snapshot)], tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert {address for address in reached if not _is_loopback(address)} == set()


def test_the_libraries_are_told_to_stay_offline_unless_the_user_says_otherwise() -> None:
    code = "import index, os; print({name: os.environ[name] for name in index.LIBRARY_ENVIRONMENT} == %s)"
    mine = {"HF_HUB_OFFLINE": "0"}
    for given, expected in (({}, "index.LIBRARY_ENVIRONMENT"), (mine, f"index.LIBRARY_ENVIRONMENT | {mine}")):
        environment = {"PATH": os.environ["PATH"], **given}
        command = [sys.executable, "-c", code % expected]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=True)
        assert done.stdout == "True\n"
