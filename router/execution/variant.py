"""An operation for one set of values of the variables in its `@skip` and `@include`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from graphql import (
    DocumentNode,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)

from router.errors import PlanBugError
from router.execution.compiled_plan import CompiledPlan
from router.execution.introspection import Introspection
from router.execution.pass_through import compile_pass_through
from router.execution.scope import Denied, Scope
from router.execution.shape import INTROSPECTION_FIELDS, Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql.language import DirectiveNode

    from router.execution.locate import Keys
    from router.planning.query_plan import QueryPlan
    from router.supergraph import Supergraph


class Variant:
    """What the answer looks like.

    Attributes:
        selection: Shape of the answer.
        pass_through: Checks an answer that can be passed on as it is; None if none can.
        field_types: Of the supergraph.
        introspection: Answers `__schema` and `__type`; None if they are not selected.
    """

    def __init__(
        self,
        supergraph: Supergraph,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        plan: QueryPlan,
        *,
        conditions: Mapping[str, bool],
        denied: Denied,
        shared: frozenset[Keys],
    ) -> None:
        schema = supergraph.api_schema
        root_type = schema.get_root_type(operation.operation)
        if root_type is None:
            msg = f"no {operation.operation.value} type"
            raise PlanBugError(msg)
        scope = Scope(schema, document, conditions, denied)
        sets = (operation.selection_set,)
        self.selection = Selection(scope, root_type, sets)
        self._plan = plan
        self._supergraph = supergraph
        self.field_types = supergraph.field_types
        self._conditions = conditions
        self._shared = shared
        self.pass_through = compile_pass_through(plan, schema, self.selection, conditions)
        nodes = [
            node
            for found in scope.collect(root_type, sets).values()
            for node in found
            if node.name.value in INTROSPECTION_FIELDS
        ]
        self.introspection = Introspection(schema, document, operation, nodes) if nodes else None
        if self.pass_through is None:
            self.compiled  # noqa: B018 (needed by every answer; whoever makes a variant has time)

    @cached_property
    def compiled(self) -> CompiledPlan:
        """The plan compiled; not needed while answers are passed on as they are."""
        return CompiledPlan(
            self._plan, self._supergraph, self.selection, self._conditions, self._shared
        )


def condition_variables(document: DocumentNode, plan: QueryPlan) -> tuple[str, ...]:
    """Names of the variables that an operation's `@skip` and `@include` depend on, sorted."""
    names: set[str] = set()

    class Collector(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: object) -> None:
            if node.name.value in {"skip", "include"}:
                for argument in node.arguments or ():
                    if isinstance(argument.value, VariableNode):
                        names.add(argument.value.name.value)

    if any(getattr(node, "variable_definitions", ()) for node in document.definitions):
        visit(document, Collector())
    for fetch in plan.fetches:
        names.update(item.variable for item in fetch.conditions)
        names.update(item.variable for call in fetch.entity_calls for item in call.conditions)
    return tuple(sorted(names))
