"""Type references as their SDL text: "ID!", "[User!]!".

Text compares, hashes and prints at the speed of strings; peeling a layer is a slice.
"""

from __future__ import annotations


def named_type(ref: str) -> str:
    """The type inside all lists and non-nulls: "User" of "[User!]!"."""
    return ref.strip("[]!")


def is_non_null(ref: str) -> bool:
    return ref.endswith("!")


def nullable(ref: str) -> str:
    return ref.removesuffix("!")


def is_list(ref: str) -> bool:
    """Whether a value is a list, non-null or not."""
    return ref.startswith("[")


def item_type(ref: str) -> str:
    """The type of a list's items; `ref` must be a list."""
    return nullable(ref)[1:-1]
