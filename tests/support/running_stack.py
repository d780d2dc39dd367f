"""The real processes on free ports, for tests that go the whole way."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack.errors import DevstackError
from devstack.process import free_port
from devstack.stack import Stack

ADMIN_EMAIL = "root@example.com"
ADMIN_PASSWORD = "administrators horse battery"

_WIDE = "100000/1m"

TEST_ENVIRONMENT = {
    "AUTH_BOOTSTRAP_ADMIN_EMAIL": ADMIN_EMAIL,
    "AUTH_BOOTSTRAP_ADMIN_PASSWORD": ADMIN_PASSWORD,
    "AUTH_REFRESH_REUSE_GRACE": "2s",
    "AUTH_ARGON2_MEMORY_KIB": "4864",
    "AUTH_ARGON2_TIME": "1",
    "TASKS_WORKER_INTERVAL": "1s",
    "ROUTER_TRUSTED_PROXIES": "127.0.0.1",
    "ROUTER_RATE_LIMIT_ANONYMOUS": _WIDE,
    "ROUTER_RATE_LIMIT_USER": _WIDE,
}


@contextmanager
def running_stack(
    data_dir: Path, log_lines: list[str], environment: dict[str, str] | None = None
) -> Iterator[Stack]:
    """Start everything, stop it afterwards; `log_lines` collects what the parts print."""
    ports = {name: str(free_port()) for name in ("AUTH_PORT", "TASKS_PORT", "ROUTER_PORT")}
    stack = Stack(
        data_dir,
        environment={"PATH": "/usr/bin:/bin", **TEST_ENVIRONMENT, **ports, **(environment or {})},
        sink=lambda part, line: log_lines.append(f"{part}: {line}"),
    )
    try:
        try:
            stack.start()
        except DevstackError as error:
            error.add_note("\n".join(log_lines))
            raise
        yield stack
    finally:
        stack.stop()
