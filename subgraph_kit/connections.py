"""Relay connections by keyset: which rows a page asks for, and what is known when they are there.

A page never counts or skips rows: it reads `limit + 1` of them from a position in one direction.
Rows inserted or deleted meanwhile move nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionSetNode,
)

from subgraph_kit.cursors import CursorCodec, Position
from subgraph_kit.errors import BadUserInputError

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100

RowT = TypeVar("RowT")


@dataclass(slots=True)
class PageRequest:
    """The rows strictly between `after` and `before`, the `limit` first or last of them."""

    limit: int
    is_backward: bool
    after: Position | None
    before: Position | None


@dataclass(slots=True)
class Page(Generic[RowT]):
    """Rows in the order of the list, also when read backward."""

    rows: Sequence[RowT]
    has_next: bool
    has_previous: bool


def page_request(
    decode_cursor: Callable[[str], Position | None],
    *,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> PageRequest:
    """Check the four paging arguments; None is "not given".

    Raises:
        BadUserInputError: One of them is out of range, contradicts another, or is no cursor of
            this list; names it.
    """
    for argument, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= MAX_PAGE_SIZE:
            raise BadUserInputError(argument, f"`{argument}` must be from 1 to {MAX_PAGE_SIZE}.")
    if first is not None and last is not None:
        raise BadUserInputError("last", "`first` and `last` cannot be used together.")
    positions: dict[str, Position | None] = {}
    for argument, cursor in (("after", after), ("before", before)):
        positions[argument] = None if cursor is None else decode_cursor(cursor)
        if cursor is not None and positions[argument] is None:
            raise BadUserInputError(argument, f"`{argument}` is no cursor of this list.")
    return PageRequest(
        limit=first or last or DEFAULT_PAGE_SIZE,
        is_backward=last is not None,
        after=positions["after"],
        before=positions["before"],
    )


def cursor_decoder(codec: CursorCodec, order: str, viewer: str) -> Callable[[str], Position | None]:
    """What `page_request` reads cursors with; `order` names field and direction."""
    return lambda cursor: codec.decode(order, viewer, cursor)


def page(request: PageRequest, rows: Sequence[RowT]) -> Page[RowT]:
    """Cut what was read to the page.

    Args:
        request: What was asked for.
        rows: Up to `limit + 1` rows in reading order: reversed when reading backward.
    """
    has_more = len(rows) > request.limit
    kept = rows[: request.limit]
    if request.is_backward:
        return Page(kept[::-1], has_next=request.before is not None, has_previous=has_more)
    return Page(kept, has_next=has_more, has_previous=request.after is not None)


def selected_fields(info: GraphQLResolveInfo[Any]) -> frozenset[str]:
    """Names of the fields selected directly below the field being resolved.

    Fragments are entered and `@skip` and `@include` ignored, so a name may be there for nothing.
    Lets a resolver leave out what nobody asked for, such as `totalCount`.
    """
    names: set[str] = set()
    for node in info.field_nodes:
        if node.selection_set is not None:
            names.update(_names(node.selection_set, info))
    return frozenset(names)


def _names(selection_set: SelectionSetNode, info: GraphQLResolveInfo[Any]) -> Iterator[str]:
    for selection in selection_set.selections:
        if isinstance(selection, FieldNode):
            yield selection.name.value
        elif isinstance(selection, FragmentSpreadNode):
            yield from _names(info.fragments[selection.name.value].selection_set, info)
        elif isinstance(selection, InlineFragmentNode):
            yield from _names(selection.selection_set, info)
