"""The seam between executing a plan and reaching a subgraph.

`router.transport` implements `SubgraphClient` over HTTP and in process; retry, circuit breaker and
in-flight sharing are clients that wrap another client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Hashable

Headers = tuple[tuple[str, str], ...]


class SubgraphRequest(msgspec.Struct, kw_only=True, eq=False):
    """One GraphQL request to one subgraph.

    Attributes:
        subgraph: Name as in the supergraph; errors name it.
        operation: GraphQL text.
        variables: What the operation's variables hold. Belongs to the executor: not modified.
        body: The same as JSON text: `{"query": ..., "variables": ...}`.
        headers: To send with it, chosen by the policies.
        deadline: Moment on the event loop's clock after which nobody waits for the answer.
        is_mutation: Sent at most once, unless it surely never reached the subgraph.
        identity: Requests with equal bodies may share an answer only if this is equal too.
    """

    subgraph: str
    operation: str
    variables: dict[str, Any]
    body: bytes
    headers: Headers
    deadline: float
    is_mutation: bool
    identity: Hashable


class SubgraphResponse(msgspec.Struct):
    """What came back, not yet judged.

    Attributes:
        status: HTTP status; 200 for a subgraph in this process.
        body: The whole body.
        media_type: Of `Content-Type`, lower case, without parameters.
        attempts: Requests sent to get it.
        is_shared: Taken from an equal request in flight.
    """

    status: int
    body: bytes
    media_type: str = "application/json"
    attempts: int = 1
    is_shared: bool = False


class SubgraphClient(Protocol):
    """Reaches one subgraph."""

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Send a request and read the answer, whatever its status.

        Raises:
            SubgraphError: No complete answer before `request.deadline`.
        """
        ...

    async def aclose(self) -> None:
        """Give back connections and other resources."""
        ...
