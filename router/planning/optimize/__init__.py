"""Passes over the fetch graph: fewer requests, never a deeper plan."""

from router.planning.optimize.fold_members import fold_members
from router.planning.optimize.join_calls import Call, join_calls
from router.planning.optimize.share_requests import Request, share_requests

__all__ = ["Call", "Request", "fold_members", "join_calls", "share_requests"]
