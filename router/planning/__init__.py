"""Planning: an operation and a supergraph in, a query plan out; no I/O."""

from router.planning.errors import PlanningLimitError, UnplannableError
from router.planning.plan_text import print_plan
from router.planning.planner import Planner
from router.planning.query_plan import QueryPlan

__all__ = [
    "Planner",
    "PlanningLimitError",
    "QueryPlan",
    "UnplannableError",
    "print_plan",
]
