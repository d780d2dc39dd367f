"""Logs, health and metrics."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog
from fastapi import FastAPI

from subgraph_kit.health import health_routes
from subgraph_kit.logging import LogFormat, configure_logging
from subgraph_kit.metrics import metrics_routes
from tests.support.asgi import running
from tests.support.logs import own_logging

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2lnbmF0dXJl"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    text = io.StringIO()
    monkeypatch.setattr("sys.stderr", text)
    with own_logging():
        configure_logging("auth", log_format="json")
        yield text


def test_log_records_of_everybody_have_one_form(lines: io.StringIO) -> None:
    structlog.get_logger().info("ours", count=1)
    logging.getLogger("a.library").warning("theirs: %s", "x")
    logging.getLogger("a.library").info("an address: %s", "postgresql://u:p4ss@host/db")
    ours, theirs, address = (json.loads(line) for line in lines.getvalue().splitlines())
    assert (ours["event"], ours["level"], ours["service"], ours["count"]) == (
        "ours", "info", "auth", 1
    )  # fmt: skip
    assert (theirs["event"], theirs["level"], theirs["service"]) == ("theirs: x", "warning", "auth")
    assert address["event"] == "an address: postgresql://[hidden]@host/db"


def test_secrets_are_hidden_by_name_and_by_look(lines: io.StringIO) -> None:
    log = structlog.get_logger()
    error = RuntimeError(f"bad token {JWT} and rt_{'a' * 43}")
    log.info("x", exc_info=error, password="hunter2", access_token=JWT, size=3)
    log.info("y", nested={"hash": "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA"})
    text = lines.getvalue()
    for secret in ("hunter2", JWT, "rt_aaa", "c2FsdA"):
        assert secret not in text
    assert "RuntimeError" in text
    assert json.loads(text.splitlines()[0])["size"] == 3


def test_what_is_logged_before_logging_is_configured_holds_no_secret() -> None:
    program = """
import structlog, subgraph_kit.errors
def check(word):
    raise ValueError("wrong")
try:
    check("hunter2")
except ValueError:
    structlog.get_logger().exception("failed", password="hunter3")
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "ValueError: wrong" in ended.stdout
    assert "hunter" not in ended.stdout.replace('check("hunter2")', "")


@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.usefixtures("lines")
def test_tracebacks_show_no_local_variables(
    capsys: pytest.CaptureFixture[str], log_format: LogFormat
) -> None:
    def check(password: str) -> None:
        raise LookupError("no such user")

    configure_logging("auth", log_format=log_format)
    secret = "hunter2 is my password"[::-1]
    for log in (structlog.get_logger("ours"), logging.getLogger("a.library")):
        try:
            check(secret)
        except LookupError:
            log.exception("it failed")
    text = capsys.readouterr().err
    assert text.count("LookupError: no such user") == 2
    assert text.count("in check") == 2
    assert secret not in text


async def test_ready_means_every_check_passes() -> None:
    is_up = False

    async def database() -> None:
        if not is_up:
            raise ConnectionRefusedError("host and port, which are nobody's business")

    async def fine() -> None:
        pass

    app = FastAPI()
    app.include_router(health_routes({"database": database, "broker": fine}))
    app.include_router(metrics_routes())
    async with running(app) as http:
        for path in ("/", "/health/live"):
            assert (await http.get(path)).json() == {"status": "ok"}
        response = await http.get("/health/ready")
        assert (response.status_code, response.json()) == (
            503, {"status": "unavailable", "failures": {"database": "ConnectionRefusedError"}}
        )  # fmt: skip
        is_up = True
        assert (await http.get("/health/ready")).json() == {"status": "ok"}
        metrics = await http.get("/metrics")
        assert metrics.headers["content-type"].startswith("text/plain")
        assert "graphql_operation_duration_seconds" in metrics.text
