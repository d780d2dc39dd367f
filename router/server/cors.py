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
    """

    __slots__ = ("_allows_all", "_origins")

    def __init__(self, origins: Sequence[str] = ()) -> None:
        self._allows_all = "*" in origins
        self._origins = frozenset(origin.rstrip("/").encode() for origin in origins)

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
        return self._allows_all or origin in self._origins
