from __future__ import annotations

import pytest

from router.errors import StartupError
from router.policies.client_address import TrustedProxies
from router.policies.headers import HeaderPropagation


def test_only_configured_headers_reach_subgraphs() -> None:
    client = {b"authorization": b"Bearer x", b"cookie": b"a=b", b"user-agent": b"test"}
    forwarded = HeaderPropagation().headers(client, "request-1", "10.0.0.9")
    assert forwarded.headers == (
        ("authorization", "Bearer x"),
        ("user-agent", "test"),
        ("x-forwarded-for", "10.0.0.9"),
        ("x-request-id", "request-1"),
    )


def test_identity_is_what_may_change_an_answer() -> None:
    client = {
        b"authorization": b"Bearer x",
        b"user-agent": b"test",
        b"x-tenant": b"7",
        b"traceparent": b"00-1-1-01",
        b"baggage": b"a=b",
    }
    names = ["authorization", "traceparent", "user-agent", "X-Tenant", "baggage"]
    assert HeaderPropagation(names).headers(client, "r", "10.0.0.9").identity == (
        ("authorization", "Bearer x"),
        ("user-agent", "test"),
        ("x-tenant", "7"),
        ("x-forwarded-for", "10.0.0.9"),
    )


def test_the_routers_trace_takes_the_place_of_the_clients() -> None:
    client = {b"traceparent": b"00-1-1-01", b"tracestate": b"a=1"}
    forwarded = HeaderPropagation().headers(client, "r", "", "00-2-2-01")
    assert forwarded.headers == (
        ("tracestate", "a=1"),
        ("traceparent", "00-2-2-01"),
        ("x-request-id", "r"),
    )


@pytest.mark.parametrize("name", ["Connection", "host", "content-length", "X-Forwarded-For", ""])
def test_hop_by_hop_headers_cannot_be_configured(name: str) -> None:
    with pytest.raises(StartupError, match="ROUTER_FORWARD_HEADERS"):
        HeaderPropagation([name])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "expected"),
    [
        ("203.0.113.5", b"1.2.3.4", "203.0.113.5"),  # nobody we trust wrote it
        ("10.0.0.1", b"1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", b"6.6.6.6, 1.2.3.4", "1.2.3.4"),  # the client wrote the first
        ("10.0.0.1", b"1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", b"10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", b"nonsense", "10.0.0.1"),
        ("10.0.0.1", b"1.2.3.4, nonsense", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("::1", b"2001:db8::7", "2001:db8::7"),
        ("", b"1.2.3.4", ""),
    ],
)
def test_the_client_is_the_last_address_that_is_no_trusted_proxy(
    peer: str, forwarded_for: bytes | None, expected: str
) -> None:
    proxies = TrustedProxies(["10.0.0.0/8", "::1"])
    assert proxies.client_address(peer, forwarded_for) == expected


def test_a_bad_network_stops_the_start() -> None:
    with pytest.raises(StartupError, match="ROUTER_TRUSTED_PROXIES"):
        TrustedProxies(["10.0.0.0/99"])
