"""All rules for the merged schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext


def check_supergraph(context: MergeContext) -> None:
    """Report what is wrong with the supergraph as a whole."""
