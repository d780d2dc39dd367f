"""Arguments of lists, worded and read alike in every subgraph."""

from typing import Annotated, NamedTuple, TypeVar

import strawberry
from strawberry.federation.schema_directives import ListSize
from strawberry.types.unset import UnsetType

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
