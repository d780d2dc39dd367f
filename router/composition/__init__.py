"""Composes subgraphs into a supergraph; `compose.py` reads as the algorithm."""

from router.composition.compose import compose
from router.composition.contracts import Contract
from router.composition.result import (
    Composition,
    CompositionError,
    CompositionHint,
    Location,
    SubgraphDefinition,
)

__all__ = [
    "Composition",
    "CompositionError",
    "CompositionHint",
    "Contract",
    "Location",
    "SubgraphDefinition",
    "compose",
]
