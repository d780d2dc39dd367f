"""The query graph and the walker: what can be read where, used by planning and satisfiability."""

from router.query_graph.build import QueryGraph
from router.query_graph.nodes import EntityMove, FieldEdge, Node
from router.query_graph.walk import Place, root_place
from router.query_graph.ways import Need, Position, Reading, Step, Way

__all__ = [
    "EntityMove",
    "FieldEdge",
    "Need",
    "Node",
    "Place",
    "Position",
    "QueryGraph",
    "Reading",
    "Step",
    "Way",
    "root_place",
]
