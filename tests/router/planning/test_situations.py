"""Graphs written for one hard situation each answer random operations as one schema would.

A file holds all subgraphs of a situation; `World` makes the data. Add a file for a new situation.
"""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from tests.router.planning.random_graphs import LINK
from tests.router.planning.test_differential import Federation, check_operations, federation_of

SITUATIONS = sorted((Path(__file__).parent / "situations").glob("*.graphql"))
_HEAD = re.compile(r"^# subgraph (\w+)( federation 1)?$", re.MULTILINE)


def federation_in(path: Path) -> Federation:
    _, *parts = _HEAD.split(path.read_text())
    sdl = {
        name: text if is_federation_1 else LINK + text
        for name, is_federation_1, text in zip(*[iter(parts)] * 3, strict=True)
    }
    federation = federation_of(sdl)
    assert federation is not None, path.stem
    # What an @interfaceObject leads to may be read once for all types and again for some of them,
    # more than the checker can follow; the answers are compared all the same.
    federation.is_checked = not any("@interfaceObject" in text for text in sdl.values())
    return federation


@pytest.mark.parametrize("path", SITUATIONS, ids=lambda path: path.stem)
async def test_operations_in_a_situation_are_answered_as_by_one_schema(path: Path) -> None:
    assert await check_operations(federation_in(path), Random(1), 2)


@pytest.mark.nightly
@pytest.mark.parametrize("path", SITUATIONS, ids=lambda path: path.stem)
async def test_many_operations_in_a_situation_are_answered_as_by_one_schema(path: Path) -> None:
    assert await check_operations(federation_in(path), Random(2), 200) > 50
