"""Arguments of lists, worded, read and checked alike in every subgraph."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Annotated, Any, NamedTuple, TypeVar

import strawberry
from strawberry.federation.schema_directives import ListSize
from strawberry.types.unset import UnsetType

from subgraph_kit.connections import PageRequest
from subgraph_kit.cursors import Position
from subgraph_kit.errors import BadUserInputError

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100

ValueT = TypeVar("ValueT")

First = Annotated[
    int | None,
    strawberry.argument(
        description=(
            "Page size from the start, 1 to 100; 20 when neither `first` nor `last` is given. "
            "Use with `after`."
        )
    ),
]
Last = Annotated[
    int | None,
    strawberry.argument(
        description=(
            "Page size from the end, 1 to 100. Use with `before`; "
            "`first` together with `last` is refused."
        )
    ),
]

PAGED = ListSize(
    assumed_size=20,
    slicing_arguments=["first", "last"],
    sized_fields=["edges", "nodes"],
    require_one_slicing_argument=False,
)
"""What a field with these arguments is expected to cost."""


class Paging(NamedTuple):
    """The four arguments as they came; null and left out are the same."""

    first: int | None
    after: str | None
    last: int | None
    before: str | None


def given(value: ValueT | UnsetType | None) -> ValueT | None:
    """None for an argument that was left out, as for one that was null."""
    return None if isinstance(value, UnsetType) else value


def values_of(members: Sequence[Enum] | None) -> tuple[Any, ...] | None:
    """What members of an enum of the schema stand for; none for no list."""
    return None if members is None else tuple(member.value for member in members)


def page_request(paging: Paging, decode_cursor: Callable[[str], Position | None]) -> PageRequest:
    """Check the four paging arguments.

    Raises:
        BadUserInputError: One of them is out of range, contradicts another, or is no cursor of
            this list; names it.
    """
    first, last = given(paging.first), given(paging.last)
    for argument, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= MAX_PAGE_SIZE:
            raise BadUserInputError(argument, f"`{argument}` must be from 1 to {MAX_PAGE_SIZE}.")
    if first is not None and last is not None:
        raise BadUserInputError("last", "`first` and `last` cannot be used together.")
    return PageRequest(
        limit=first or last or DEFAULT_PAGE_SIZE,
        is_backward=last is not None,
        after=_position("after", given(paging.after), decode_cursor),
        before=_position("before", given(paging.before), decode_cursor),
    )


def _position(
    argument: str, cursor: str | None, decode: Callable[[str], Position | None]
) -> Position | None:
    position = None if cursor is None else decode(cursor)
    if cursor is not None and position is None:
        raise BadUserInputError(argument, f"`{argument}` is no cursor of this list.")
    return position
