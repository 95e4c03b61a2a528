"""Ask a model at a host that is not known, then at one that is looked for without end.

A process of its own: looking for a name cannot be broken off, and tests look for none.
"""

import faulthandler
import json
import os
import sys
import threading
from typing import Any

from qa.cli import main

QUESTION = "What will the US give to the Balochistan police?"
_looked_for: list[str] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        _looked_for.append(str(arguments[0]))
        if "slow" in _looked_for[-1]:
            threading.Event().wait()


def ask_at(host: str, deadline_s: str) -> None:
    os.environ |= {"QA_API_BASE": f"http://{host}/v1", "QA_DEADLINE_S": deadline_s}
    sys.argv = ["newsdesk", "ask", QUESTION]
    main()


if __name__ == "__main__":
    faulthandler.dump_traceback_later(120, exit=True)
    sys.addaudithook(_watch)
    try:
        ask_at("newsdesk.invalid", "30")
    except SystemExit as ended:
        print(json.dumps([ended.code, _looked_for]), flush=True)
    ask_at("slow.invalid", "1")
