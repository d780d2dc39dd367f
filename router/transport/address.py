"""Where a subgraph is, and how to get there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

from router.errors import StartupError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

Protocol = TypeVar("Protocol", bound=asyncio.BaseProtocol)

_SCHEMES = ("http", "https", "http+unix")


@dataclass(frozen=True, slots=True)
class Address:
    """One endpoint.

    Attributes:
        host: Name or address to connect to; not used with a socket path.
        port: The same.
        socket_path: Of a Unix socket; None: TCP.
        is_tls: Whether the connection is encrypted.
        authority: What the `Host` header says.
        target: Path and query string.
    """

    host: str
    port: int
    socket_path: str | None
    is_tls: bool
    authority: str
    target: str

    async def connect(self, make: Callable[[], Protocol], tls: ssl.SSLContext | None) -> Protocol:
        """A new connection, as the protocol that `make` gives.

        Raises:
            OSError: There is none.
        """
        loop = asyncio.get_running_loop()
        if self.socket_path is not None:
            return (await loop.create_unix_connection(make, self.socket_path))[1]
        return (await loop.create_connection(make, self.host, self.port, ssl=tls))[1]


def parse_address(url: str) -> Address:
    """The address in `http://`, `https://`, or `http+unix://%2Fpath%2Fto%2Fsocket/graphql`.

    Raises:
        StartupError: The URL is none of these.
    """
    parts = urlsplit(url)
    try:
        is_usable = parts.port != 0 and bool(parts.hostname)
    except ValueError:  # the port is no number
        is_usable = False
    if not is_usable or parts.scheme not in _SCHEMES:
        message = f"subgraph URL {url!r} is not an http:// or https:// URL"
        raise StartupError(message)
    is_unix = parts.scheme == "http+unix"
    return Address(
        host=parts.hostname or "",
        port=parts.port or (443 if parts.scheme == "https" else 80),
        socket_path=unquote(parts.netloc) if is_unix else None,
        is_tls=parts.scheme == "https",
        authority="localhost" if is_unix else parts.netloc.rpartition("@")[2],
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )
