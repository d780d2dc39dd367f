"""How resolvers name and read their arguments."""

from typing import Annotated, TypeVar
from uuid import UUID

import strawberry

from subgraph_kit.ids import parse_id

T = TypeVar("T")

Input = Annotated[T, strawberry.argument(name="input")]
"""The one argument of a mutation; `input` itself is a function of Python."""


def user_id_of(text: str) -> UUID | None:
    """None for what is no id of a user, which a mutation reports as `NOT_FOUND`."""
    return parse_id("user", text)
