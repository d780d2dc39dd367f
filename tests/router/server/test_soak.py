from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.nightly
def test_a_router_under_load_makes_no_errors_and_keeps_its_size() -> None:
    command = [sys.executable, "-m", "benchmarks.soak", "--seconds", "60", "--share", "0.5"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
