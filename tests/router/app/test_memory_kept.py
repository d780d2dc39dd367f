"""Freed memory stays with a serving process, as far as the C library can be told so."""

import ctypes
import subprocess
import sys

import pytest

_FAULTS = """
import resource, sys
from router.app.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
def answer():
    return [bytes(100_000) for _ in range(4)]
answer()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    answer()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(mode: str) -> int:
    command = [sys.executable, "-c", _FAULTS, mode]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return int(done.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library has none")
def test_equal_answers_use_the_same_memory_again() -> None:
    assert page_faults("kept") < 100 < page_faults("given back")
