"""The client libraries that applications use, each as its documentation says, against the stack."""

import shutil
import subprocess
from pathlib import Path

import pytest

from devstack.stack import Stack

HERE = Path(__file__).parent
NODE = shutil.which("node")
if NODE is None:
    pytest.skip("Node is not installed", allow_module_level=True)
if not (HERE / "node_modules" / ".package-lock.json").exists():
    pytest.skip("run `npm ci` in tests/clients first", allow_module_level=True)

TIMEOUT_S = 120


@pytest.mark.parametrize("client", ["apollo", "urql", "relay", "codegen"])
def test_the_client_library_works_with_the_router(
    client: str, stack: Stack, tmp_path: Path
) -> None:
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--test", "--test-reporter=spec", f"{client}.test.mjs"],
        cwd=HERE,
        env={
            "PATH": f"{Path(NODE).parent}:/usr/bin:/bin",
            "HOME": str(tmp_path),
            "NO_COLOR": "1",
            "ROUTER_URL": stack.router_url,
        },
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
