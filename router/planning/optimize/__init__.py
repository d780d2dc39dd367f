"""Passes over the fetch graph: fewer requests, never a deeper plan."""

from router.planning.optimize.join_calls import Call, join_calls
from router.planning.optimize.share_requests import Request, share_requests

__all__ = ["Call", "Request", "join_calls", "share_requests"]
