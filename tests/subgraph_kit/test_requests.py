"""What a request says before its operation is looked at: language, address, id, errors."""

from datetime import UTC, datetime
from enum import Enum

import pytest
from graphql import GraphQLError, GraphQLSyntaxError, Source, build_schema, graphql_sync

from subgraph_kit.client_address import TrustedProxies, rate_limit_address
from subgraph_kit.durations import RateLimit, parse_duration, parse_rate
from subgraph_kit.errors import (
    BadUserInputError,
    ForbiddenError,
    RateLimitedError,
    TokenProblem,
    UnauthenticatedError,
    format_error,
)
from subgraph_kit.messages import Catalogue, negotiate_language
from subgraph_kit.remote_keys import RemoteKeys
from subgraph_kit.request_context import RequestReader
from subgraph_kit.tokens import Authenticator, TokenVerifier
from subgraph_kit.types import format_datetime, parse_datetime
from tests.support.token_issuer import AUDIENCE, ISSUER, JWKS_URL, TokenIssuer


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ru", "ru"),
        ("RU-ru", "ru"),
        ("de", "en"),
        ("de, ru;q=0.5", "ru"),
        ("en;q=0.8, ru;q=0.9", "ru"),
        ("en, ru", "en"),
        ("ru;q=0", "en"),
        ("*, ru", "en"),
        ("*;q=0.1, ru;q=0.2", "ru"),
        ("ru;q=nonsense", "en"),
        (";;,,;q=", "en"),
        ("ru;q=9", "ru"),
    ],
)
def test_the_language_a_client_likes_best(header: str | None, language: str) -> None:
    assert negotiate_language(header) == language


def test_a_catalogue_is_complete_or_not_at_all() -> None:
    class Code(Enum):
        A = "A"
        B = "B"

    with pytest.raises(ValueError, match="no ru text for B"):
        Catalogue(Code, en={Code.A: "a", Code.B: "b"}, ru={Code.A: "а"})
    with pytest.raises(ValueError, match="no en text for A at email"):
        Catalogue(
            Code,
            en={Code.A: "a", Code.B: "b"},
            ru={Code.A: "а", Code.B: "в", (Code.A, "email"): "аа"},
        )


def test_a_field_may_have_a_text_of_its_own() -> None:
    class Code(Enum):
        A = "A"

    texts = Catalogue(
        Code,
        en={Code.A: "wrong", (Code.A, "email"): "no address"},
        ru={Code.A: "неверно", (Code.A, "email"): "не адрес"},
    )
    assert texts.text(Code.A, "en", field="email") == "no address"
    assert texts.text(Code.A, "ru", field="name") == "неверно"


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.1", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, nonsense, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("unix", "198.51.100.1", "unix"),
    ],
)
def test_only_trusted_proxies_name_the_client(
    peer: str, forwarded: str | None, address: str
) -> None:
    assert TrustedProxies(["10.0.0.0/8"]).client_address(peer, forwarded) == address


def test_one_ipv6_customer_is_one_address() -> None:
    assert rate_limit_address("2001:db8::1") == rate_limit_address("2001:db8::ffff:1")
    assert rate_limit_address("2001:db8::1") != rate_limit_address("2001:db8:0:1::1")
    assert rate_limit_address("192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15m", 900), ("7d", 604800), ("250ms", 0.25), (" 10s ", 10), ("1h", 3600)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "15", "m", "-1s", "1.5s", "5 m", "1w", 15])
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="whole number with a unit"):
        parse_duration(text)


def test_rates() -> None:
    assert parse_rate("5/15m") == RateLimit(5, 900)
    for text in ("5", "5/", "/1m", "0/1m", "5/0s", "five/1m"):
        with pytest.raises(ValueError, match="must be"):
            parse_rate(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21T10:15:30Z", datetime(2026, 11, 21, 10, 15, 30, tzinfo=UTC)),
        ("2026-11-21t10:15:30.123456z", datetime(2026, 11, 21, 10, 15, 30, 123456, tzinfo=UTC)),
        ("2026-11-21T10:15:30+03:00", datetime(2026, 11, 21, 7, 15, 30, tzinfo=UTC)),
        ("2026-01-01T00:30:00+01:00", datetime(2025, 12, 31, 23, 30, tzinfo=UTC)),
    ],
)
def test_moments_with_an_offset_are_read(text: str, moment: datetime) -> None:
    assert parse_datetime(text) == moment


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-21T10:15:30",
        "2026-11-21",
        "2026-11-21 10:15:30Z",
        "2026-02-30T00:00:00Z",
        "2026-11-21T24:00:01Z",
        "2026-11-21T10:15:30+03",
        "20261121T101530Z",
        "2026-W47-6T10:15:30Z",
        "0001-01-01T00:00:00+01:00",
        "٢٠٢٦-11-21T10:15:30Z",
        "",
        1763720130,
        None,
    ],
)
def test_moments_without_one_are_refused(value: object) -> None:
    with pytest.raises(GraphQLError) as raised:
        parse_datetime(value)
    assert raised.value.extensions == {"code": "BAD_USER_INPUT"}


def test_moments_are_shown_in_utc_with_milliseconds() -> None:
    assert format_datetime(parse_datetime("2026-11-21T10:15:30.9876+03:00")) == (
        "2026-11-21T07:15:30.987Z"
    )


async def test_a_request_is_read_from_its_headers() -> None:
    issuer = TokenIssuer()
    keys = RemoteKeys(JWKS_URL, issuer.client())
    verifier = TokenVerifier(keys, issuer=ISSUER, audience=AUDIENCE)
    reader = RequestReader(Authenticator(verifier), TrustedProxies(["10.0.0.1"]))
    context = await reader.read(
        [
            (b"authorization", f"Bearer {issuer.token('user_1', scopes='a')}".encode()),
            (b"accept-language", b"ru"),
            (b"x-request-id", b"request-7"),
            (b"x-forwarded-for", b"198.51.100.1"),
            (b"x-forwarded-for", b"10.0.0.1"),
            (b"user-agent", b"x" * 300),
            (b"cookie", b"ignored"),
        ],
        "10.0.0.1",
    )
    assert (context.language, context.request_id) == ("ru", "request-7")
    assert context.client_address == "198.51.100.1"
    assert len(context.user_agent or "") == 256
    assert context.require_viewer().user_id == "user_1"
    assert context.require_scope("a") is context.viewer
    with pytest.raises(ForbiddenError) as forbidden:
        context.require_scope("b")
    assert forbidden.value.extensions["requiredScopes"] == [["b"]]

    bare = await reader.read([(b"x-request-id", b"bad id\n")], "10.0.0.2")
    assert (bare.language, bare.viewer, bare.user_agent) == ("en", None, None)
    assert len(bare.request_id) == 32
    with pytest.raises(UnauthenticatedError):
        bare.require_viewer()
    twice = await reader.read(
        [(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")], ""
    )
    assert twice.identity is TokenProblem.INVALID


def _formatted(error: GraphQLError, **options: str) -> dict[str, object]:
    formatted = format_error(error, "request-7", **options)
    assert formatted["extensions"].pop("requestId") == "request-7"
    extensions: dict[str, object] = formatted["extensions"]
    return extensions


def test_errors_carry_their_codes() -> None:
    def raised(error: Exception) -> dict[str, object]:
        return _formatted(GraphQLError("x", original_error=error))

    assert raised(UnauthenticatedError(TokenProblem.EXPIRED)) == {
        "code": "UNAUTHENTICATED", "reason": "TOKEN_EXPIRED"
    }  # fmt: skip
    assert raised(BadUserInputError("first", "…")) == {
        "code": "BAD_USER_INPUT", "argument": "first"
    }  # fmt: skip
    assert raised(RateLimitedError(7)) == {"code": "RATE_LIMITED", "retryAfter": 7}
    assert raised(ForbiddenError("no")) == {"code": "FORBIDDEN"}
    assert raised(ConnectionRefusedError()) == {"code": "SERVICE_OVERLOADED", "retryAfter": 1}
    assert raised(KeyError("secret")) == {"code": "INTERNAL_SERVER_ERROR"}
    assert _formatted(GraphQLSyntaxError(Source("{"), 1, "…")) == {"code": "GRAPHQL_PARSE_FAILED"}
    assert _formatted(GraphQLError("x"), request_error_code="GRAPHQL_VALIDATION_FAILED") == {
        "code": "GRAPHQL_VALIDATION_FAILED"
    }


def test_a_masked_fault_says_nothing() -> None:
    error = GraphQLError("the password is x", original_error=ValueError("the password is x"))
    assert format_error(error, "r")["message"] == "Internal server error."


def test_a_variable_that_cannot_be_coerced_is_named() -> None:
    schema = build_schema("type Query { a(n: Int): Int }")
    result = graphql_sync(schema, "query($n: Int) { a(n: $n) }", variable_values={"n": "x"})
    assert result.errors is not None
    assert _formatted(result.errors[0]) == {"code": "BAD_USER_INPUT", "argument": "n"}
