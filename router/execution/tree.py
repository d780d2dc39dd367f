"""The response tree: what all fetches of a request have brought so far, merged.

Its objects are msgspec Structs of classes made for the operation (`object_types.py`); a response
key `id` is the attribute `f_id`. What a subgraph sent and the client's types rule out is a `Wrong`.
Below response keys that only the plan asked for the tree holds plain dicts and lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET, Struct
from msgspec.structs import astuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from router.execution.json_value import JsonValue

TYPENAME = "__typename"


class Wrong:
    """Stands where a subgraph has sent what the client's types rule out.

    Attributes:
        problem: "is not a list"; the end of a sentence that begins with the value.
    """

    __slots__ = ("problem",)

    def __init__(self, problem: str) -> None:
        self.problem = problem


def attribute(key: str) -> str:
    """The attribute of a Struct that holds a response key; always an identifier."""
    return f"f_{key}"


def child(value: JsonValue, key: str) -> JsonValue:
    """What an object holds under a response key; UNSET if nothing, or if it is no object."""
    if value.__class__ is dict:
        return value.get(key, UNSET)
    return getattr(value, "f_" + key, UNSET)


def entries(value: JsonValue) -> Iterable[tuple[str | int, JsonValue]]:
    """What an object holds by response key, or a list by index; nothing of another value."""
    if isinstance(value, Struct):
        return zip(value.__struct_encode_fields__, astuple(value), strict=True)
    if value.__class__ is dict:
        return value.items()
    return enumerate(value) if value.__class__ is list else ()


def is_object(value: JsonValue) -> bool:
    """Whether it is an object of the tree."""
    return value.__class__ is dict or isinstance(value, Struct)


def is_told(value: JsonValue) -> bool:
    """Whether it is a value that a subgraph has told, and not a null."""
    return value is not None and value is not UNSET and value.__class__ is not Wrong


def typename_of(value: JsonValue) -> str | None:
    """The type an object says it has."""
    name = child(value, TYPENAME)
    return name if isinstance(name, str) else None
