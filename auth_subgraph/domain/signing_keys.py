"""Which key signs and which are published, while one replaces another.

A verifier may have fetched the published keys a while ago, so a key is published before it signs;
tokens live on for a while, so a key stays published after it signed the last one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An ES256 key pair.

    Args:
        id: `kid` in tokens and in the published set.
        private_key: On the curve P-256.
        signs_from: Seconds since the epoch; None for ever since.
        published_until: Seconds since the epoch; None while no other key replaces it.
    """

    id: str
    private_key: EllipticCurvePrivateKey
    signs_from: float | None = None
    published_until: float | None = None


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys of this service; at least one signs."""

    keys: tuple[SigningKey, ...]

    def signing(self, now: float) -> SigningKey:
        """The youngest key whose time has come; before the first one's time, the first."""
        due = [key for key in self.keys if (key.signs_from or 0) <= now]
        return max(due or self.keys[:1], key=lambda key: key.signs_from or 0)

    def published(self, now: float) -> tuple[SigningKey, ...]:
        """Those that sign, signed until lately, or will sign soon."""
        return tuple(
            key for key in self.keys if key.published_until is None or key.published_until > now
        )

    def rotated(
        self, next_key: SigningKey, *, now: float, lead_s: float, token_lifetime_s: float
    ) -> "KeyRing":
        """Publish `next_key` now and let it sign in `lead_s`; drop keys nobody needs any more.

        Args:
            next_key: Not in the ring.
            now: Seconds since the epoch.
            lead_s: Longer than verifiers keep what they fetched.
            token_lifetime_s: How long the last token of a replaced key is good, leeway included.
        """
        signs_from = now + lead_s
        replaced = (
            key
            if key.published_until is not None
            else replace(key, published_until=signs_from + token_lifetime_s)
            for key in self.published(now)
        )
        return KeyRing((*replaced, replace(next_key, signs_from=signs_from)))


def ring_of(keys: Iterable[SigningKey]) -> KeyRing:
    """Raises ValueError when there is no key, or two have one id."""
    ring = KeyRing(tuple(keys))
    if not ring.keys:
        raise ValueError("there is no key in it")
    if len({key.id for key in ring.keys}) != len(ring.keys):
        raise ValueError("two keys have the same id")
    return ring
