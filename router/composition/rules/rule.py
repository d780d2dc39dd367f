"""What a rule for one subgraph gets to see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from router.composition.codes import ErrorCode
    from router.composition.report import Report
    from router.composition.subgraph.facts import Facts
    from router.composition.subgraph.schema import Located, SubgraphSchema


@dataclass(frozen=True, slots=True)
class RuleContext:
    schema: SubgraphSchema
    facts: Facts
    report: Report

    def error(self, code: ErrorCode, message: str, element: Located | int = -1) -> None:
        """Report that something is wrong with an element of this subgraph."""
        place = self.schema.place(element)
        self.report.of(place.subgraph).error(code, message, place.offset)


Rule: TypeAlias = Callable[[RuleContext], None]
"""Reports what one rule finds in one subgraph."""
