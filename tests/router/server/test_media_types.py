from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from router.server import media_types
from router.server.media_types import (
    GRAPHQL_RESPONSE,
    JSON,
    accepted_type,
    accepts_gzip,
    is_json,
)

if TYPE_CHECKING:
    from collections.abc import Sized

REMEMBERED: tuple[Sized, ...] = (
    media_types._accepted,
    media_types._compressed,
    media_types._sent,
)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        (b"*/*", JSON),
        (b"application/*", JSON),
        (b"application/json", JSON),
        (b"APPLICATION/JSON; charset=UTF-8", JSON),
        (b"application/graphql-response+json", GRAPHQL_RESPONSE),
        (b"application/graphql-response+json, application/json;q=0.9", GRAPHQL_RESPONSE),
        (b"application/json;q=0.5, application/graphql-response+json;q=0.8", GRAPHQL_RESPONSE),
        (b"text/event-stream, application/json", JSON),
        (b"*/*, application/graphql-response+json", GRAPHQL_RESPONSE),
        (b"text/html", None),
        (b"application/json;q=0", None),
        (b"application/json; charset=latin1", None),
        (b"application/json;q=high", None),
        (b"", JSON),
        (b"application/json;q=0, */*", GRAPHQL_RESPONSE),
        (b"*/*;q=0.1, application/json;q=0", GRAPHQL_RESPONSE),
        (b"application/graphql-response+json;q=0, */*", JSON),
        (b"application/*;q=0, */*", None),
        (b"text/html, */*;q=0.8", JSON),
        (b"application/json, application/graphql-response+json", JSON),
        (b"application/json;q=nan", None),
        (b",;,", None),
    ],
)
def test_accept_is_negotiated(accept: bytes | None, expected: bytes | None) -> None:
    assert accepted_type(accept) is expected


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        (b"application/json", True),
        (b"Application/JSON; charset=utf-8", True),
        (b'application/json; charset="UTF-8"', True),
        (b"application/json; charset=utf-16", False),
        (b"text/plain", False),
        (b"application/x-www-form-urlencoded", False),
        (b"multipart/form-data; boundary=x", False),
        (None, False),
    ],
)
def test_only_json_in_utf_8_is_read(content_type: bytes | None, *, expected: bool) -> None:
    assert is_json(content_type) is expected


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        (b"gzip", True),
        (b"br, GZIP;q=0.5", True),
        (b"*", True),
        (b"gzip;q=0", False),
        (b"gzip;q=0, *", False),
        (b"identity", False),
        (b"xgzip", False),
        (b"", False),
        (None, False),
    ],
)
def test_only_who_accepts_gzip_gets_it(accept_encoding: bytes | None, *, expected: bool) -> None:
    assert accepts_gzip(accept_encoding) is expected


def test_headers_without_end_are_neither_read_nor_remembered() -> None:
    before = [len(known) for known in REMEMBERED]
    for number in range(10):
        junk = b"%d" % number + b"," * 120_000
        assert accepted_type(b"text/html" + junk) is JSON
        assert not accepts_gzip(b"gzip" + junk)
        assert not is_json(b"application/json;" + junk)
    assert [len(known) for known in REMEMBERED] == before
