"""Progressive `@override`: which labels are on for a request."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NO_LABELS: frozenset[str] = frozenset()

_PERCENT = re.compile(r"percent\((\d{1,2}(?:\.\d{1,8})?|100)\)")


class OverrideLabels:
    """Chooses the labels of a supergraph for each request.

    A label `percent(x)` is on for so many of a hundred requests, any other while it is configured.
    """

    __slots__ = ("_chance", "_configured")

    def __init__(
        self, configured: Sequence[str] = (), chance: Callable[[], float] = random.random
    ) -> None:
        self._configured = frozenset(configured)
        self._chance = chance

    def active(self, labels: Sequence[str]) -> frozenset[str]:
        """Those of the supergraph's labels that are on now."""
        if not labels:
            return NO_LABELS
        drawn = self._chance() * 100
        return frozenset(label for label in labels if self._is_on(label, drawn))

    def _is_on(self, label: str, drawn: float) -> bool:
        percent = _PERCENT.fullmatch(label)
        if percent is not None:
            return drawn < float(percent.group(1))
        return label in self._configured
