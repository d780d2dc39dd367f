"""The requests of one fetch: everything but the variables is made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from router.execution.from_context import spread_operation
from router.execution.ports import SubgraphRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.execution.context import ExecutionContext
    from router.execution.entity_call import SentCall
    from router.execution.json_value import JsonObject
    from router.planning.query_plan import Fetch

_encode = msgspec.json.Encoder().encode

MAX_TEXTS = 64
"""Texts kept of a fetch whose entities take values from above them, by numbers of groups."""


class RequestTemplate:
    """Makes the requests of a fetch.

    Attributes:
        subgraph: Name as in the supergraph.
        is_mutation: Whether it is sent once and in its turn.
    """

    def __init__(self, fetch: Fetch) -> None:
        self.subgraph = fetch.subgraph
        self._fetch = fetch
        self._start = b'{"query":' + _encode(fetch.operation)
        self._static = self._start + b"}"
        self.is_mutation = fetch.operation_kind == "mutation"
        self._is_static = not fetch.variables and not fetch.entity_calls
        self._may_spread = any(call.contexts for call in fetch.entity_calls)
        self._texts: dict[tuple[int, ...], str] = {}

    def request(
        self, sent: Sequence[SentCall], variables: JsonObject, context: ExecutionContext
    ) -> SubgraphRequest:
        """The request.

        Args:
            sent: The `_entities` fields; none for a fetch of root fields.
            variables: The client's, coerced.
            context: The request's part.
        """
        fetch = self._fetch
        operation = fetch.operation
        own: JsonObject = {}
        if self._is_static:
            body = self._static
        else:
            start = self._start
            for name in fetch.variables:
                if name in variables:
                    own[name] = variables[name]
            for item in sent:
                own[item.variable] = item.collected.representations
                if item.values:
                    own.update(item.values)
            if self._may_spread:
                operation = self._spread(sent)
                start = b'{"query":' + _encode(operation)
            body = b'%b,"variables":%b}' % (start, _encode(own))
        return SubgraphRequest(
            subgraph=self.subgraph,
            operation=operation,
            variables=own,
            body=body,
            headers=context.headers,
            deadline=context.deadline,
            is_mutation=self.is_mutation,
            identity=context.headers if context.identity is None else context.identity,
        )

    def _spread(self, sent: Sequence[SentCall]) -> str:
        """The operation with a copy of each entity call for each of its groups."""
        calls = self._fetch.entity_calls
        counts = tuple(sum(item.planned is call for item in sent) for call in calls)
        if {*counts} == {1}:
            return self._fetch.operation
        text = self._texts.get(counts)
        if text is None:
            if len(self._texts) >= MAX_TEXTS:
                self._texts.clear()
            text = self._texts[counts] = spread_operation(self._fetch.operation, calls, counts)
        return text
