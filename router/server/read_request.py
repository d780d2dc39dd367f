"""Read a request: from an ASGI connection to the parameters of GraphQL over HTTP."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from router.errors import ClientError
from router.pipeline.request import GraphQLRequest, decode_parameter, malformed

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


def headers_by_name(pairs: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Headers by lower-case name; the values of a repeated one are joined, as RFC 9110 says.

    So a header that may stand once, like `Authorization`, is no good when it stands twice: a proxy
    before the router may have looked at another of the two.
    """
    headers = dict(pairs)
    if len(headers) != len(pairs):
        headers.clear()
        for name, value in pairs:
            known = headers.get(name)
            headers[name] = value if known is None else known + b", " + value
    return headers


async def read_body(receive: Receive, headers: dict[bytes, bytes], max_body_bytes: int) -> bytes:
    """The whole body of a POST request, as sent.

    Raises:
        ClientError: PAYLOAD_TOO_LARGE.
        ClientGoneError: The client went away.
    """
    length = headers.get(b"content-length")
    if length is not None and length.isdigit() and int(length) > max_body_bytes:
        raise _too_large(max_body_bytes)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    body: bytes = message.get("body", b"")
    if message.get("more_body", False):
        return await _read_rest(body, receive, max_body_bytes)
    return body


def wrong_media_type() -> ClientError:
    """The refusal of a POST request whose body is no JSON by its `Content-Type`."""
    msg = "POST needs `Content-Type: application/json`, in UTF-8."
    return ClientError(msg, code="UNSUPPORTED_MEDIA_TYPE", status=415)


def plain_body(body: bytes, headers: dict[bytes, bytes], max_body_bytes: int) -> bytes:
    """The body, decompressed.

    Raises:
        ClientError: UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, BAD_REQUEST.
    """
    if len(body) > max_body_bytes:
        raise _too_large(max_body_bytes)
    encoding = headers.get(b"content-encoding")
    if encoding is None or encoding.lower() == b"identity":
        return body
    return _decompress(body, encoding.lower(), max_body_bytes)


async def _read_rest(first: bytes, receive: Receive, max_body_bytes: int) -> bytes:
    chunks, size = [first], len(first)
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk: bytes = message.get("body", b"")
        chunks.append(chunk)
        size += len(chunk)
        if size > max_body_bytes:
            raise _too_large(max_body_bytes)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _decompress(body: bytes, encoding: bytes, max_body_bytes: int) -> bytes:
    if encoding not in (b"gzip", b"deflate"):
        msg = "`Content-Encoding` may be gzip or deflate."
        raise ClientError(
            msg,
            code="UNSUPPORTED_MEDIA_TYPE",
            status=415,
        )
    stream = zlib.decompressobj(wbits=47 if encoding == b"gzip" else zlib.MAX_WBITS)
    try:
        plain = stream.decompress(body, max_body_bytes + 1)
    except zlib.error as error:
        msg = f"the body is not {encoding.decode()}"
        raise malformed(msg) from error
    if len(plain) > max_body_bytes:
        raise _too_large(max_body_bytes)
    if not stream.eof or stream.unused_data:
        msg = "the compressed body ends too early, or goes on after its end"
        raise malformed(msg)
    return plain


def read_query_string(query_string: bytes) -> GraphQLRequest:
    """The parameters of a GET request.

    Raises:
        ClientError: BAD_REQUEST.
    """
    try:
        parameters = parse_qs(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=50,
        )
    except ValueError as error:
        msg = "the query string cannot be read"
        raise malformed(msg) from error
    single: dict[str, str] = {}
    for name in ("query", "operationName", "variables", "extensions", "documentId", "doc_id"):
        values = parameters.get(name)
        if values is not None:
            if len(values) > 1:
                msg = f"`{name}` stands more than once"
                raise malformed(msg)
            single[name] = values[0]
    return GraphQLRequest(
        query=single.get("query"),
        operation_name=single.get("operationName") or None,
        variables=_json_parameter(single, "variables"),
        extensions=_json_parameter(single, "extensions"),
        document_id=single.get("documentId"),
        doc_id=single.get("doc_id"),
    )


def _json_parameter(single: dict[str, str], name: str) -> dict[str, Any] | None:
    text = single.get(name)
    return decode_parameter(name, text) if text else None


def _too_large(max_body_bytes: int) -> ClientError:
    return ClientError(
        f"The body is larger than {max_body_bytes} bytes.",
        code="PAYLOAD_TOO_LARGE",
        status=413,
        extensions={"limit": max_body_bytes},
    )
