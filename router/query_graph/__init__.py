"""The query graph and the walker: what can be read where, used by planning and satisfiability."""

from router.query_graph.build import QueryGraph
from router.query_graph.nodes import EntityMove, FieldEdge, Node
from router.query_graph.reachability import Obstacle, Unreachable, find_unreachable
from router.query_graph.walk import Need, Place, Reading, Step, Way, root_place

__all__ = [
    "EntityMove",
    "FieldEdge",
    "Need",
    "Node",
    "Obstacle",
    "Place",
    "QueryGraph",
    "Reading",
    "Step",
    "Unreachable",
    "Way",
    "find_unreachable",
    "root_place",
]
