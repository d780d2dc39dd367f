"""The address a request counts for, behind trusted proxies."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from router.errors import StartupError

if TYPE_CHECKING:
    from collections.abc import Sequence


class TrustedProxies:
    """Knows whose `X-Forwarded-For` counts."""

    __slots__ = ("_networks", "_verdicts")

    def __init__(self, networks: Sequence[str] = ()) -> None:
        self._networks: list[IPv4Network | IPv6Network] = []
        for text in networks:
            try:
                self._networks.append(ip_network(text, strict=False))
            except ValueError as error:
                msg = f"ROUTER_TRUSTED_PROXIES: {text} is no address or network"
                raise StartupError(msg) from error
        self._verdicts: dict[str, bool] = {}

    def client_address(self, peer: str, forwarded_for: bytes | None) -> str:
        """The right-most address that is no trusted proxy.

        Addresses further left were written by whoever stands there and prove nothing.
        """
        if not self._networks or forwarded_for is None or not self._trusts(peer):
            return peer
        address = peer
        for part in reversed(forwarded_for.decode("latin-1").split(",")):
            candidate = _without_port(part.strip())
            if not _is_address(candidate):
                break
            address = candidate
            if not self._trusts(candidate):
                break
        return address

    def _trusts(self, address: str) -> bool:
        verdict = self._verdicts.get(address)
        if verdict is None:
            if len(self._verdicts) >= 1024:
                self._verdicts.clear()
            verdict = self._verdicts[address] = self._is_trusted(address)
        return verdict

    def _is_trusted(self, address: str) -> bool:
        if not _is_address(address):
            return False
        parsed = ip_address(address)
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped  # who listens on :: sees IPv4 like this
        return any(
            parsed.version == network.version and parsed in network for network in self._networks
        )


def _without_port(text: str) -> str:
    """Some proxies add the port: `192.0.2.1:80`, `[2001:db8::1]:80`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _is_address(text: str) -> bool:
    if "%" in text:  # the scope after it may hold anything
        return False
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
