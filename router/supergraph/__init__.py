"""The supergraph: loaded from SDL, frozen, read by everything that serves requests."""

from router.supergraph.errors import SupergraphError
from router.supergraph.load import load_document, load_supergraph
from router.supergraph.model import (
    ContextArgument,
    Coordinate,
    Key,
    ListSize,
    SecurityRequirement,
    Subgraph,
    SubgraphField,
    SubgraphType,
    Supergraph,
)

__all__ = [
    "ContextArgument",
    "Coordinate",
    "Key",
    "ListSize",
    "SecurityRequirement",
    "Subgraph",
    "SubgraphField",
    "SubgraphType",
    "Supergraph",
    "SupergraphError",
    "load_document",
    "load_supergraph",
]
