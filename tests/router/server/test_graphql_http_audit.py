"""The audit suite of the npm package graphql-http against a router on a real socket."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from tests.router.server.test_http_protocol import serving

AUDIT = Path(__file__).parent / "graphql_http_audit"


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
@pytest.mark.skipif(
    not (AUDIT / "node_modules").is_dir(),
    reason="run `npm ci` in tests/router/server/graphql_http_audit",
)
async def test_every_audit_passes_without_warning() -> None:
    async with serving() as served:
        process = await asyncio.create_subprocess_exec(
            "node",
            str(AUDIT / "audit.mjs"),
            f"http://127.0.0.1:{served.port}/graphql",
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    *failures, summary = [json.loads(line) for line in output.splitlines()]
    assert failures == []
    assert summary == {"total": 61, "passed": 61}
