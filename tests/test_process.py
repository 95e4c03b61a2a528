import platform
import re
import subprocess
import sys

import pytest

ALLOCATING = """
import ctypes, sys, threading
from qa.process import share_arenas

if sys.argv[1] == "shared":
    share_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
ready, done = threading.Barrier(9), threading.Barrier(9)

def allocate():
    libc.malloc(1000)
    ready.wait()
    done.wait()

threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
ready.wait()
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(libc.fdopen(1, b"w")))
libc.fflush(None)
done.wait()
"""


def _arenas(how: str) -> int:
    """Return how many arenas nine threads have, as malloc_info(3) tells."""
    done = subprocess.run([sys.executable, "-c", ALLOCATING, how], capture_output=True, text=True, check=True)
    return len(re.findall("<heap nr=", done.stdout))


def test_threads_share_two_arenas() -> None:
    if platform.libc_ver()[0] != "glibc":
        raise pytest.skip.Exception("The C library is not glibc, the only one that has arenas")
    assert _arenas("shared") <= 2 < _arenas("each its own")
