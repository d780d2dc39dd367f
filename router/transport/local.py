"""A subgraph in this process: a schema that is called without a socket."""

from __future__ import annotations

import asyncio
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from graphql import DocumentNode, GraphQLError, GraphQLSchema, execute, parse, validate
from graphql import ExecutionResult as GraphQLResult

from router.errors import SubgraphError
from router.execution.ports import SubgraphResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from router.execution.ports import SubgraphRequest

MAX_DOCUMENTS = 1000
"""Parsed operations kept; the router sends few different ones."""


class _Result(Protocol):
    @property
    def data(self) -> dict[str, Any] | None: ...

    @property
    def errors(self) -> Sequence[GraphQLError] | None: ...


class ExecutableSchema(Protocol):
    """A schema that executes itself, such as `strawberry.federation.Schema`."""

    async def execute(
        self,
        query: str,
        variable_values: dict[str, Any] | None = None,
        context_value: object = None,
    ) -> _Result:
        """Execute an operation."""
        ...


class LocalSubgraph:
    """Reaches a schema of this process.

    It gets a copy of the variables and gives a copy of its results, through JSON, so that it
    behaves as it would over HTTP: nothing that its resolvers keep is shared with the router.
    """

    def __init__(
        self,
        schema: ExecutableSchema | GraphQLSchema,
        *,
        context: Callable[[SubgraphRequest], Any] | None = None,
    ) -> None:
        """Keep the schema.

        Args:
            schema: Of graphql-core, or one with an `execute` method like Strawberry's.
            context: Makes the context value of a request, for example from its headers.
        """
        self._schema = schema
        self._context = context
        self._documents: dict[str, DocumentNode | list[GraphQLError]] = {}

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Execute a request; see `SubgraphClient.send`."""
        variables = msgspec.json.decode(request.body).get("variables", {})
        context = self._context(request) if self._context is not None else None
        try:
            async with asyncio.timeout_at(request.deadline):
                result = await self._execute(request.operation, variables, context)
        except TimeoutError as error:
            raise SubgraphError(request.subgraph, "timeout", "no answer in time") from error
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        return SubgraphResponse(200, msgspec.json.encode(answer))

    async def aclose(self) -> None:
        """Nothing to give back."""

    async def _execute(self, operation: str, variables: dict[str, Any], context: object) -> _Result:
        if not isinstance(self._schema, GraphQLSchema):
            return await self._schema.execute(
                operation, variable_values=variables, context_value=context
            )
        document = self._document(operation, self._schema)
        if isinstance(document, list):
            return GraphQLResult(None, document)
        result = execute(self._schema, document, variable_values=variables, context_value=context)
        return await result if isawaitable(result) else result

    def _document(self, operation: str, schema: GraphQLSchema) -> DocumentNode | list[GraphQLError]:
        known = self._documents.get(operation)
        if known is None:
            document = parse(operation)
            known = validate(schema, document) or document
            if len(self._documents) >= MAX_DOCUMENTS:
                self._documents.clear()
            self._documents[operation] = known
        return known
