"""An operation for one set of values of the variables in its `@skip` and `@include`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import (
    DocumentNode,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)

from router.errors import PlanBugError
from router.execution.introspection import Introspection
from router.execution.pass_through import compile_pass_through
from router.execution.projection import compile_projection
from router.execution.shape import INTROSPECTION_FIELDS, Denied, Scope, Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql.language import DirectiveNode

    from router.execution.locate import Keys
    from router.planning.query_plan import QueryPlan


class Variant:
    """What the answer looks like.

    Attributes:
        selection: Shape of the answer.
        project: Compiled from it.
        pass_through: Checks an answer that can be passed on as it is; None if none can.
        introspection: Answers `__schema` and `__type`; None if they are not selected.
    """

    __slots__ = ("introspection", "pass_through", "project", "selection")

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        plan: QueryPlan,
        *,
        conditions: Mapping[str, bool],
        denied: Denied,
        shared: frozenset[Keys],
    ) -> None:
        root_type = schema.get_root_type(operation.operation)
        if root_type is None:
            msg = f"no {operation.operation.value} type"
            raise PlanBugError(msg)
        scope = Scope(schema, document, conditions, denied)
        sets = (operation.selection_set,)
        self.selection = Selection(scope, root_type, sets)
        self.project = compile_projection(self.selection, shared)
        self.pass_through = compile_pass_through(plan, schema, self.selection, conditions)
        nodes = [
            node
            for found in scope.collect(root_type, sets).values()
            for node in found
            if node.name.value in INTROSPECTION_FIELDS
        ]
        self.introspection = Introspection(schema, document, operation, nodes) if nodes else None


def condition_variables(document: DocumentNode) -> tuple[str, ...]:
    """Names of the variables in `@skip` and `@include`, sorted."""
    names: set[str] = set()

    class Collector(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: object) -> None:
            if node.name.value in {"skip", "include"}:
                for argument in node.arguments or ():
                    if isinstance(argument.value, VariableNode):
                        names.add(argument.value.name.value)

    visit(document, Collector())
    return tuple(sorted(names))
