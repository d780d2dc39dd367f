"""Relay connections by keyset: which rows a page asks for, and what is known when they are there.

A page never counts or skips rows: it reads `limit + 1` of them from a position in one direction.
Rows inserted or deleted meanwhile move nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionSetNode,
)

from subgraph_kit.cursors import Position
from subgraph_kit.types import PageInfo

RowT = TypeVar("RowT")

_FIELDS_OF_PAGE = frozenset(("edges", "nodes", "pageInfo"))


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


async def read_selected(
    selected: Collection[str],
    read_page: Callable[[], Awaitable[Page[RowT]]],
    count: Callable[[], Awaitable[int]],
) -> tuple[Page[RowT], int]:
    """Page and total count of a connection, each read only when something of it is selected."""
    is_page_wanted = not _FIELDS_OF_PAGE.isdisjoint(selected)
    if is_page_wanted and "totalCount" in selected:
        return await asyncio.gather(read_page(), count())
    empty: Page[RowT] = Page((), has_next=False, has_previous=False)
    if is_page_wanted:
        return await read_page(), 0
    return empty, await count() if "totalCount" in selected else 0


def page_info(page: Page[RowT], cursor: Callable[[RowT], str]) -> PageInfo:
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=cursor(page.rows[0]) if page.rows else None,
        end_cursor=cursor(page.rows[-1]) if page.rows else None,
    )


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
