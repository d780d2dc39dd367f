"""Where a request really comes from, behind proxies that we trust."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_LONGEST = 64
"""Characters of an address with zone and port; what is remembered is bounded by it."""


class TrustedProxies:
    """Networks whose `X-Forwarded-For` counts."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks = tuple(ip_network(network, strict=False) for network in networks)
        self._is_trusted = lru_cache(1024)(self._is_in_a_network)

    def client_address(self, peer: str, forwarded_for: str | None) -> str:
        """The address nearest to us in the chain that is not a trusted proxy.

        Read from the right: each trusted hop vouches for the entry it added, and for nothing
        further left, which the client may have made up.

        Args:
            peer: Address of the connection's other end.
            forwarded_for: Value of `X-Forwarded-For`; several headers joined by commas.
        """
        address = _parse(peer)
        if address is None:
            return peer
        hops = forwarded_for.split(",")[-32:] if forwarded_for else []
        for hop in reversed(hops):
            if not self._is_trusted(address):
                break
            parsed = _parse(hop.strip())
            if parsed is None:
                break
            address = parsed
        return str(address)

    def _is_in_a_network(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._networks)


def rate_limit_address(address: str) -> str:
    """The unit that limits count: an IPv4 address, or the /64 that one IPv6 customer holds."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return f"{ip_network((parsed, 64), strict=False).network_address}/64"
    return address


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    return _parse_short(text) if len(text) <= _LONGEST else None


@lru_cache(4096)
def _parse_short(text: str) -> IPv4Address | IPv6Address | None:
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
