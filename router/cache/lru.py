"""A mapping that forgets what was not used for longest, bounded by count and by weight."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class LruCache(Generic[Key, Value]):
    """Not safe for threads; the event loop is its only user.

    Attributes:
        max_items: Most entries kept.
        max_weight: Most that the weights of all entries may add up to.
    """

    __slots__ = ("_items", "_weight", "max_items", "max_weight")

    def __init__(self, *, max_items: int, max_weight: int | None = None) -> None:
        self.max_items = max_items
        self.max_weight = max_weight
        self._items: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._weight = 0

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: Key) -> Value | None:
        entry = self._items.get(key)
        if entry is None:
            return None
        self._items.move_to_end(key)
        return entry[0]

    def put(self, key: Key, value: Value, weight: int = 1) -> None:
        """Keep `value`; something heavier than the whole cache is not kept at all."""
        self.discard(key)
        if self.max_weight is not None and weight > self.max_weight:
            return
        self._items[key] = (value, weight)
        self._weight += weight
        while len(self._items) > self.max_items or (
            self.max_weight is not None and self._weight > self.max_weight
        ):
            _, (_, dropped) = self._items.popitem(last=False)
            self._weight -= dropped

    def discard(self, key: Key) -> None:
        entry = self._items.pop(key, None)
        if entry is not None:
            self._weight -= entry[1]

    def clear(self) -> None:
        self._items.clear()
        self._weight = 0
