"""Normalize: pick the operation, then flatten its fragments and conditions away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import DocumentNode, FragmentDefinitionNode, OperationDefinitionNode

from router.errors import ClientError
from router.planning.normalize.flatten import Flattener
from router.planning.selections import NormalizedOperation

if TYPE_CHECKING:
    from router.planning.query_plan import OperationKind
    from router.supergraph import Supergraph


def normalize(
    document: DocumentNode, operation_name: str | None, supergraph: Supergraph
) -> NormalizedOperation:
    """Normalize one operation of a document that is valid against the API schema.

    Raises:
        ClientError: There is no such operation, or no single one to choose.
        PlanningLimitError: Inlined, it selects too much.
    """
    operation = _choose(document, operation_name)
    kind: OperationKind = operation.operation.value
    root = supergraph.root_types.get(kind)
    if root is None:
        msg = f"The schema has no {kind} type."
        raise ClientError(msg, code="GRAPHQL_VALIDATION_FAILED")
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    return NormalizedOperation(
        kind=kind,
        name=operation.name.value if operation.name else None,
        selections=Flattener(supergraph, fragments).flatten(root, operation.selection_set),
        variables={node.variable.name.value: node for node in operation.variable_definitions or ()},
    )


def _choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    if name is not None:
        for node in operations:
            if node.name is not None and node.name.value == name:
                return node
        msg = f"Unknown operation named {name!r}."
        raise ClientError(msg, code="OPERATION_NOT_FOUND")
    if len(operations) != 1:
        problem = "Must provide an operation."
        if operations:
            problem = "Must provide operation name if query contains multiple operations."
        raise ClientError(problem, code="OPERATION_NOT_FOUND")
    return operations[0]
