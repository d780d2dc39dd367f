from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraph_kit.connections import Page, PageRequest, page
from subgraph_kit.cursors import CursorCodec, Position, SortValue
from subgraph_kit.errors import BadUserInputError
from subgraph_kit.ids import uuid7
from subgraph_kit.list_arguments import Paging, page_request

CODEC = CursorCodec(b"a key of any length")
values = st.none() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8"))


@given(value=values, row_id=st.uuids(), order=st.text("ABC:", max_size=9), viewer=st.text("ab_"))
def test_a_cursor_reads_back_as_it_was_made(
    value: SortValue, row_id: UUID, order: str, viewer: str
) -> None:
    position = Position(value, row_id)

    assert CODEC.decode(order, viewer, CODEC.encode(order, viewer, position)) == position


def test_a_cursor_counts_only_for_its_order_viewer_and_key() -> None:
    cursor = CODEC.encode("TITLE:ASC", "user_a", Position("x", uuid7()))

    assert CODEC.decode("TITLE:DESC", "user_a", cursor) is None
    assert CODEC.decode("TITLE:ASC", "user_b", cursor) is None
    assert CursorCodec(b"another key").decode("TITLE:ASC", "user_a", cursor) is None


@given(text=st.text(max_size=200))
def test_nonsense_is_no_cursor(text: str) -> None:
    assert CODEC.decode("TITLE:ASC", "user_a", text) is None


@given(index=st.integers(0, 60), replacement=st.sampled_from("abXY01-_"))
def test_an_altered_cursor_is_refused(index: int, replacement: str) -> None:
    position = Position(17, uuid7())
    cursor = CODEC.encode("CREATED_AT:ASC", "user_a", position)
    altered = cursor[:index] + replacement + cursor[index + 1 :]

    decoded = CODEC.decode("CREATED_AT:ASC", "user_a", altered)
    assert decoded is None or altered == cursor


def requested(**arguments: Any) -> PageRequest:
    return page_request(
        Paging(None, None, None, None)._replace(**arguments), partial(CODEC.decode, "o", "v")
    )


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ({"first": 101}, "first"),
        ({"first": 0}, "first"),
        ({"first": -1}, "first"),
        ({"last": 101}, "last"),
        ({"last": 0}, "last"),
        ({"first": 5, "last": 5}, "last"),
        ({"after": "bm9uc2Vuc2U="}, "after"),
        ({"before": ""}, "before"),
    ],
)
def test_a_bad_paging_argument_is_named(arguments: dict[str, Any], argument: str) -> None:
    with pytest.raises(BadUserInputError) as refused:
        requested(**arguments)

    assert refused.value.extensions == {"code": "BAD_USER_INPUT", "argument": argument}


def test_a_page_is_cut_and_knows_its_neighbours() -> None:
    position = Position(1, uuid7())
    cursor = CODEC.encode("o", "v", position)

    forward = page(requested(first=2, after=cursor), [1, 2, 3])
    assert (list(forward.rows), forward.has_next, forward.has_previous) == ([1, 2], True, True)
    backward = page(requested(last=2), [9, 8, 7])
    assert (list(backward.rows), backward.has_next, backward.has_previous) == ([8, 9], False, True)
    empty: Page[int] = page(requested(), [])
    assert (list(empty.rows), empty.has_next, empty.has_previous) == ([], False, False)
