"""One log line per happening, readable in development, JSON in production, no secrets in either."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

LogFormat = Literal["text", "json"]

_SECRET_NAMES = re.compile(r"password|secret|token|authorization|cookie|private_key", re.IGNORECASE)
_SECRET_VALUES = re.compile(
    r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*"  # a JWT
    r"|rt_[\w-]{20,}"  # a refresh token
    r"|\$(?:argon2\w*|2[aby])\$[^\s'\"]+"  # a password hash
    r"|(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"  # user and password inside an address
)
_HIDDEN = "[hidden]"


def log_safely() -> None:
    """What holds until `configure_logging`.

    structlog's own default prints the local variables of tracebacks, and some of them are
    passwords.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    )


def configure_logging(service: str, *, level: str = "info", log_format: LogFormat = "text") -> None:
    """Send our own and every library's log records to standard error in one form.

    Args:
        service: Written into each record, so that merged logs can be told apart.
        level: Name of the lowest level written.
        log_format: `text` for people, `json` for collectors.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
        _ServiceName(service),
        hide_secrets,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,
            timestamp_key="time",
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in (
        "httpx",
        "httpcore",
        "uvicorn.access",
        "uvicorn.error",  # its lines of start and stop
        "alembic.runtime.plugins",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _ServiceName:
    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(
        self, _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event.setdefault("service", self._service)
        return event


def hide_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blank whatever is named or looks like a secret, tracebacks included."""
    for name, value in event.items():
        if _SECRET_NAMES.search(name) and not isinstance(value, (int, float, bool, type(None))):
            event[name] = _HIDDEN
        elif isinstance(value, str):
            event[name] = _SECRET_VALUES.sub(_HIDDEN, value)
        elif isinstance(value, (dict, list, tuple, BaseException)):
            event[name] = _SECRET_VALUES.sub(_HIDDEN, repr(value))
    return event
