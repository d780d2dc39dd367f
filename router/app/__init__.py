"""The composition root: where supergraph, clients, policies and telemetry become one router."""

from router.app.router import Router, RouterOptions

__all__ = ["Router", "RouterOptions"]
