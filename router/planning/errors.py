"""Why an operation has no plan.

ClientError
├── UnplannableError      no subgraph, or combination of them, can answer a field
└── PlanningLimitError    the operation is too large to be planned in bounded time
"""

from __future__ import annotations

from router.errors import ClientError


class UnplannableError(ClientError):
    """No subgraph can answer a field of the operation.

    Attributes:
        coordinate: "Type.field".
    """

    def __init__(self, coordinate: str, response_path: tuple[str, ...]) -> None:
        where = ".".join(response_path)
        super().__init__(
            f"No subgraph can answer {coordinate!r} at {where!r}.",
            code="OPERATION_NOT_PLANNABLE",
            extensions={"coordinate": coordinate},
        )
        self.coordinate = coordinate


class PlanningLimitError(ClientError):
    """The operation selects more than the planner takes on."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(
            f"The operation is too large: more than {limit} {what}.",
            code="QUERY_TOO_COMPLEX",
            extensions={"limit": limit},
        )
