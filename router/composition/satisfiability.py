"""Every operation that is valid in the API schema can be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext


def check_satisfiability(context: MergeContext, supergraph: str) -> None:
    """Report fields that no plan can reach."""
