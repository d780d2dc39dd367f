"""Media types of GraphQL over HTTP: what a client sends and what it accepts.

Source: GraphQL over HTTP specification, "Media Types" and "Legacy Watershed".
"""

from __future__ import annotations

JSON = b"application/json; charset=utf-8"
"""Of responses; errors of a well-formed request are told with 200 under it."""

GRAPHQL_RESPONSE = b"application/graphql-response+json; charset=utf-8"
"""Of responses; errors have a status of their own under it."""

_OFFERED = {
    "application/json": JSON,
    "application/graphql-response+json": GRAPHQL_RESPONSE,
}
"""The first is what clients get that leave the choice open."""

_WILDCARDS = ("application/*", "*/*")
_MAX_REMEMBERED = 256
_MAX_HEADER_BYTES = 2048
"""Longer ones are not read: that takes time, and remembering them memory."""

_accepted: dict[bytes, bytes | None] = {}
_sent: dict[bytes, bool] = {}
_compressed: dict[bytes, bool] = {}


def accepted_type(accept: bytes | None) -> bytes | None:
    """The response's media type for an `Accept` header; None if there is none to agree on.

    A header that is too long counts as none.
    """
    if not accept or len(accept) > _MAX_HEADER_BYTES:
        return JSON
    try:
        return _accepted[accept]
    except KeyError:
        pass
    if len(_accepted) >= _MAX_REMEMBERED:
        _accepted.clear()
    chosen = _accepted[accept] = _negotiate(accept)
    return chosen


def _negotiate(accept: bytes) -> bytes | None:
    """The offered type of the highest quality; of equal ones the first that is named.

    What the client says of a type itself counts before what it says of a wildcard.
    """
    qualities: dict[str, float] = {}
    for part in accept.decode("latin-1").split(","):
        name, *parameters = [item.strip().lower() for item in part.split(";")]
        if (name in _OFFERED or name in _WILDCARDS) and _is_utf_8(parameters):
            qualities.setdefault(name, _quality(parameters))
    best, chosen = 0.0, None
    named = [name for name in qualities if name in _OFFERED]
    for name in (*named, *(name for name in _OFFERED if name not in qualities)):
        ranges = (name, *_WILDCARDS)
        quality = next((qualities[item] for item in ranges if item in qualities), 0.0)
        if quality > best:
            best, chosen = quality, _OFFERED[name]
    return chosen


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def _is_utf_8(parameters: list[str]) -> bool:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            return False
    return True


def accepts_gzip(accept_encoding: bytes | None) -> bool:
    """Whether a response may be compressed, by the request's `Accept-Encoding`."""
    if accept_encoding is None or len(accept_encoding) > _MAX_HEADER_BYTES:
        return False
    known = _compressed.get(accept_encoding)
    if known is None:
        if len(_compressed) >= _MAX_REMEMBERED:
            _compressed.clear()
        qualities: dict[str, float] = {}
        for part in accept_encoding.decode("latin-1").split(","):
            name, *parameters = [item.strip().lower() for item in part.split(";")]
            qualities.setdefault(name, _quality(parameters))
        known = qualities.get("gzip", qualities.get("*", 0.0)) > 0
        _compressed[accept_encoding] = known
    return known


def is_json(content_type: bytes | None) -> bool:
    """Whether a request's body is JSON in UTF-8, by its `Content-Type`."""
    if content_type is None or len(content_type) > _MAX_HEADER_BYTES:
        return False
    known = _sent.get(content_type)
    if known is None:
        if len(_sent) >= _MAX_REMEMBERED:
            _sent.clear()
        name, *parameters = [
            item.strip().lower() for item in content_type.decode("latin-1").split(";")
        ]
        known = _sent[content_type] = name == "application/json" and _is_utf_8(parameters)
    return known
