"""What can be wrong with a supergraph file."""

from __future__ import annotations

from router.errors import StartupError


class SupergraphError(StartupError):
    """The text is no supergraph SDL of the join specification; the message says why and where."""
