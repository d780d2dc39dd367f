"""From the client's document to a normalized operation."""

from router.planning.normalize.operation import normalize

__all__ = ["normalize"]
