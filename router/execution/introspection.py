"""Answer `__schema` and `__type` from the API schema."""

from __future__ import annotations

import asyncio
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    Visitor,
    execute_sync,
    visit,
)


class Introspection:
    """The introspection fields of one operation."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        nodes: list[FieldNode],
    ) -> None:
        fragments = [
            node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        ]
        selection_set = SelectionSetNode(selections=tuple(nodes))
        used = _variables(DocumentNode(definitions=(*fragments, *nodes)))  # type: ignore[arg-type]
        query = OperationDefinitionNode(
            operation=OperationType.QUERY,
            selection_set=selection_set,
            variable_definitions=tuple(
                node
                for node in operation.variable_definitions or ()
                if node.variable.name.value in used
            ),
        )
        self._schema = schema
        self._document = DocumentNode(definitions=(query, *fragments))
        self._variables = used
        self._answer: dict[str, Any] | None = None

    async def answer(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Response keys with their values; not to be modified.

        It is worked out off the event loop: that of a large schema takes seconds.
        """
        if self._answer is not None:
            return self._answer
        return await asyncio.to_thread(self._execute, variables)

    def _execute(self, variables: dict[str, Any]) -> dict[str, Any]:
        own = {name: value for name, value in variables.items() if name in self._variables}
        result = execute_sync(self._schema, self._document, variable_values=own)
        data = result.data or {}
        if not self._variables:
            self._answer = data
        return data


def _variables(document: DocumentNode) -> frozenset[str]:
    names: set[str] = set()

    class Collector(Visitor):
        def enter_variable(self, node: VariableNode, *_: object) -> None:
            names.add(node.name.value)

    visit(document, Collector())
    return frozenset(names)
