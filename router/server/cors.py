"""Cross-origin requests: which pages of other origins may read answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Headers = tuple[tuple[bytes, bytes], ...]

_EXPOSED = b"retry-after, x-request-id, ratelimit-limit, ratelimit-remaining, ratelimit-reset"
_MAX_AGE_S = b"86400"


class Cors:
    """Answers preflight requests and adds the headers that browsers ask for.

    Identity travels in the Authorization header alone, so credentials (cookies) are not allowed.

    Args:
        origins: As browsers write them; `http://localhost:*` means every port, `*` everybody.
    """

    __slots__ = ("_allows_all", "_of_every_port", "_origins")

    def __init__(self, origins: Sequence[str] = ()) -> None:
        self._allows_all = "*" in origins
        self._origins = frozenset(origin.rstrip("/").encode() for origin in origins)
        self._of_every_port = frozenset(
            origin.removesuffix(b":*") for origin in self._origins if origin.endswith(b":*")
        )

    def headers(self, origin: bytes) -> Headers:
        """For an answer to a request with this `Origin`."""
        if not self._allows(origin):
            return ((b"vary", b"origin"),) if self._origins else ()
        return (
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _EXPOSED),
            (b"vary", b"origin"),
        )

    def preflight(self, request: dict[bytes, bytes]) -> Headers:
        """For an OPTIONS request; without headers that allow it, the browser sends nothing."""
        origin = request.get(b"origin")
        if origin is None or not self._allows(origin):
            return ()
        wanted = request.get(b"access-control-request-headers", b"content-type")
        return (
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", wanted),
            (b"access-control-max-age", _MAX_AGE_S),
            (b"vary", b"origin"),
        )

    def _allows(self, origin: bytes) -> bool:
        if self._allows_all or origin in self._origins or origin in self._of_every_port:
            return True
        host, _, port = origin.rpartition(b":")
        return host in self._of_every_port and port.isdigit()
