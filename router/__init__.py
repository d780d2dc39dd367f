"""A federated GraphQL router: composes, plans, executes, serves.

The path of a request, from the outside in:

    server/graphql_http.py   bytes to a GraphQL request, an answer to bytes
    pipeline/handle.py       the stages of a request in order; policies/ holds their rules
    planning/planner.py      an operation to a query plan
    execution/               a plan to fetches, their results to the client's JSON
    transport/               a fetch to a subgraph, over HTTP or in process

`app.py` wires them; `cli.py` is the command line. Composition (`router.composition`) runs before:
a router loads a supergraph file. Python code uses `Router`:

    from router import HttpSubgraph, LocalSubgraph, Router

    router = Router(supergraph_sdl, clients={"tasks": LocalSubgraph(schema)})
    await router.execute("{ tasks { title } }")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from router.app import Router, RouterOptions
    from router.transport import HttpSubgraph, LocalSubgraph

__all__ = ["HttpSubgraph", "LocalSubgraph", "Router", "RouterOptions"]


def __getattr__(name: str) -> object:
    # Loaded at first use: composing and planning need no web server.
    if name in ("Router", "RouterOptions"):
        from router import app  # noqa: PLC0415

        return getattr(app, name)
    if name in ("HttpSubgraph", "LocalSubgraph"):
        from router import transport  # noqa: PLC0415

        return getattr(transport, name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
