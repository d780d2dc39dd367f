"""Which headers of the client reach the subgraphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from router.errors import StartupError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_FORWARDED = (
    "authorization",
    "accept-language",
    "user-agent",
    "traceparent",
    "tracestate",
    "baggage",
)

_NEVER_FORWARDED = frozenset(
    {
        # Hop by hop (RFC 9110, section 7.6.1), or about this message's body.
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "expect",
        "content-length",
        "content-type",
        "content-encoding",
        "accept",
        "accept-encoding",
        # Written by the router itself.
        "x-request-id",
        "x-forwarded-for",
    }
)


_NOT_IDENTITY = frozenset({"traceparent", "tracestate", "baggage"})
"""No answer depends on these, as on the request id: requests that differ in nothing else may share
one fetch in flight. Every other header that subgraphs get counts, the client's address too."""


class ForwardedHeaders(msgspec.Struct):
    """Headers of one request's fetches.

    Attributes:
        headers: Names in lower case with their values.
        identity: Those that may change a subgraph's answer.
    """

    headers: tuple[tuple[str, str], ...]
    identity: tuple[tuple[str, str], ...]


class HeaderPropagation:
    """Chooses, for every request, the headers that its fetches carry."""

    __slots__ = ("_identity", "_others")

    def __init__(self, names: Sequence[str] = DEFAULT_FORWARDED) -> None:
        self._identity: list[tuple[bytes, str]] = []
        self._others: list[tuple[bytes, str]] = []
        for given in names:
            name = given.strip().lower()
            if not name or name in _NEVER_FORWARDED:
                msg = f"ROUTER_FORWARD_HEADERS: {given!r} cannot be forwarded"
                raise StartupError(msg)
            group = self._others if name in _NOT_IDENTITY else self._identity
            group.append((name.encode(), name))

    def headers(
        self,
        client: Mapping[bytes, bytes],
        request_id: str,
        client_address: str,
        traceparent: str = "",
    ) -> ForwardedHeaders:
        """The client's configured headers, the request id and the client's address.

        `X-Forwarded-For` is replaced by the one address that the router found for the client:
        what clients write into it must not reach subgraphs that trust the router.

        Args:
            client: The request's headers.
            request_id: Of the request.
            client_address: "" for none.
            traceparent: Replaces the client's; "" leaves that.
        """
        headers = []
        for raw, name in self._identity:
            value = client.get(raw)
            if value is not None:
                headers.append((name, value.decode("latin-1")))
        if client_address:
            headers.append(("x-forwarded-for", client_address))
        identity = tuple(headers)
        for raw, name in self._others:
            value = client.get(raw)
            if value is not None and not (traceparent and name == "traceparent"):
                headers.append((name, value.decode("latin-1")))
        if traceparent:
            headers.append(("traceparent", traceparent))
        headers.append(("x-request-id", request_id))
        return ForwardedHeaders(tuple(headers), identity)
