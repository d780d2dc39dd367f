"""Run an ASGI application on uvicorn until a signal ends it."""

from __future__ import annotations

import resource
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

from router.errors import StartupError
from router.server.http_protocol import GraphQLProtocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

_BACKLOG = 2048

_MAX_OPEN_FILES = 65_536

_KEEP_ALIVE_S = 65
"""Longer than common load balancers keep a connection, so that they end it and not we."""


def run(
    application: Callable[[], ASGIApp],
    *,
    host: str,
    port: int,
    workers: int,
    shutdown_timeout_s: float,
    announce: Callable[[str], None],
) -> None:
    """Serve until SIGINT or SIGTERM, then let running requests end.

    Args:
        application: Makes the application; called once in every worker process, so with several
            workers it must be picklable.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        workers: Number of processes.
        shutdown_timeout_s: Longest wait for running requests.
        announce: Called with the address when the port is taken.

    Raises:
        StartupError: The port cannot be listened on.
    """
    allow_open_files()
    listener = _listen(host, port)
    config = server_config(
        application if workers > 1 else application(),
        workers=workers,
        shutdown_timeout_s=shutdown_timeout_s,
    )
    bound_host, bound_port = listener.getsockname()[:2]
    shown = f"[{bound_host}]" if ":" in bound_host else bound_host
    announce(f"http://{shown}:{bound_port}")
    server = uvicorn.Server(config)
    try:
        if workers > 1:
            _Workers(config, sockets=[listener]).run()
        else:
            server.run(sockets=[listener])
    except KeyboardInterrupt:
        # uvicorn raises the signal again once everything is shut down.
        pass
    finally:
        listener.close()


class _Workers(uvicorn.supervisors.Multiprocess):
    """Several processes that accept from one listener."""

    def terminate_all(self) -> None:
        # While the listener is open anywhere, clients connect, and are cut off when it is closed.
        for listener in self.sockets:
            listener.close()
        super().terminate_all()


def server_config(
    application: ASGIApp | Callable[[], ASGIApp], *, workers: int, shutdown_timeout_s: float
) -> uvicorn.Config:
    """How uvicorn serves: on the fast loop and parser, without headers that tell of it.

    Args:
        application: With several workers a function that makes one.
        workers: Number of processes.
        shutdown_timeout_s: Longest wait for running requests.
    """
    return uvicorn.Config(
        application,
        factory=workers > 1,
        loop="uvloop",
        http=GraphQLProtocol,
        timeout_keep_alive=_KEEP_ALIVE_S,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=max(1, round(shutdown_timeout_s)),
        workers=workers,
    )


def allow_open_files() -> None:
    """Raise the process's own limit of open files, of which every connection is one.

    Shells and service managers start programs with 1024: fewer than the requests that are answered
    at a time, and soon taken by clients that only connect.
    """
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MAX_OPEN_FILES if most == resource.RLIM_INFINITY else min(most, _MAX_OPEN_FILES)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        with suppress(OSError, ValueError):  # macOS has a lower limit that it does not tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        msg = f"cannot listen on {host}:{port}: {error.strerror}"
        raise StartupError(msg) from error
    listener.set_inheritable(True)
    return listener
