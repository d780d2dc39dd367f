"""One execution of a compiled operation: what it gathers on its walk, and what it waits for."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    located_error,
)
from graphql.execution.values import VariableValues

Value: TypeAlias = Any
"""Whatever a resolver returns or an attribute holds."""
Container: TypeAlias = Any
"""A dict with response keys, or a list with indexes."""
Place: TypeAlias = tuple[Container, str | int]
PathLink: TypeAlias = tuple[Any, str | int, str | None]
"""Path of the parent, key, and type name: as `graphql.pyutils.Path`, but cheap to make."""


class Run:
    """What one execution gathers."""

    __slots__ = ("context", "errors", "fragments", "operation", "schema", "unsettled", "variables")

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDefinitionNode],
        context: object,
        variables: VariableValues,
    ) -> None:
        self.schema = schema
        self.operation = operation
        self.fragments = fragments
        self.context = context
        self.variables = variables
        self.errors: list[GraphQLError] = []
        self.unsettled: list[Any] = []

    def fail(
        self, error: Exception, nodes: Sequence[FieldNode], path: PathLink | None, target: Place
    ) -> None:
        """Report an error and write null to the nearest place that may hold it."""
        self.errors.append(located_error(error, nodes, _keys(path)))
        container, key = target
        container[key] = None

    async def settle(self) -> None:
        """Wait for what resolvers left unfinished, and for what comes of that."""
        waiting, self.unsettled = self.unsettled, []
        if len(waiting) == 1:
            await self._settle_one(*waiting[0])
        elif waiting:
            await asyncio.gather(*(self._settle_one(*item) for item in waiting))
        if self.unsettled:
            await self.settle()

    async def _settle_one(
        self, put: Callable[..., None], nodes: Sequence[FieldNode], awaitable: Value,
        container: Container, key: str | int, path: PathLink, target: Place,
    ) -> None:  # fmt: skip
        try:
            value = await awaitable
        except Exception as error:  # noqa: BLE001 - border: one field's failure is its own
            self.fail(error, nodes, path, target)
        else:
            put(self, value, container, key, path, target)


def _keys(path: PathLink | None) -> list[str | int]:
    keys: list[str | int] = []
    while path is not None:
        path, key, _ = path
        keys.append(key)
    return keys[::-1]
