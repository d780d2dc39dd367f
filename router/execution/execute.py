"""Execute an operation: prepare it once, then run it for every request.

`prepare` does whatever depends on the operation alone. `PreparedOperation.execute` runs the fetches
of the plan into one response tree, and projects the tree to what the client selected.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from graphql import DocumentNode, OperationDefinitionNode, OperationType

from router.errors import ClientError
from router.execution.context import ExecutionResult
from router.execution.from_context import places_apart
from router.execution.locate import Keys, keys_of
from router.execution.request_template import RequestTemplate
from router.execution.run import Run
from router.execution.schedule import Schedule
from router.execution.scope import find_operation
from router.execution.variant import Variant, condition_variables
from router.planning.query_plan import LIST

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from router.execution.context import DeniedField, ExecutionContext
    from router.execution.ports import SubgraphClient
    from router.planning.query_plan import QueryPlan, ResponsePath
    from router.supergraph import Supergraph


class Variants(Protocol):
    """Keeps variants of operations that have variables in `@skip` or `@include`."""

    async def get(self, key: Hashable, make: Callable[[], Variant], weight: int) -> Variant:
        """The variant of this key; made if it is not kept."""
        ...


def _shared_places(plan: QueryPlan) -> frozenset[Keys]:
    """Where the plan fetches entities: equal ones are one object in the tree.

    But not where fetches differ in the type conditions above: what one of them brings belongs into
    some of the equal objects only.
    """
    entities = [
        path for fetch in plan.fetches for call in fetch.entity_calls for path in call.paths
    ]
    ways: dict[Keys, set[ResponsePath]] = {}
    for path in (*entities, *(fetch.path for fetch in plan.fetches)):
        for end, segment in enumerate(path, 1):
            if isinstance(segment, str) and segment != LIST:
                ways.setdefault(keys_of(path[:end]), set()).add(path[:end])
    places = {keys_of(path) for path in entities}
    return frozenset(place for place in places if len(ways.get(place, ())) == 1)


def prepare(
    supergraph: Supergraph,
    document: DocumentNode,
    operation_name: str | None,
    plan: QueryPlan,
    *,
    denied: Mapping[tuple[str, str], DeniedField] | None = None,
    variants: Variants | None = None,
) -> PreparedOperation:
    """Prepare an operation for execution.

    Args:
        supergraph: Its API schema gives the types of the answer.
        document: The client's, valid against the API schema.
        operation_name: Which operation of the document; None if it holds one.
        plan: Fetches for the operation, or for what is left of it without the denied fields.
        denied: By (object type, field): answered with null and an error instead of data.
        variants: Keeps what is made for the values of variables in `@skip` and `@include`, if
            there are such; None: it is made for every request.

    Raises:
        ClientError: The operation is a subscription.
    """
    operation = find_operation(document, operation_name)
    if operation.operation is OperationType.SUBSCRIPTION:
        msg = "Subscriptions are not supported."
        raise ClientError(msg, code="OPERATION_NOT_SUPPORTED", status=400)
    return PreparedOperation(supergraph, document, operation, plan, denied or {}, variants)


class PreparedOperation:
    """An operation ready to run; shared by all requests that send it."""

    def __init__(
        self,
        supergraph: Supergraph,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        plan: QueryPlan,
        denied: Mapping[tuple[str, str], DeniedField],
        variants: Variants | None,
    ) -> None:
        self.plan = plan
        self._supergraph = supergraph
        self._document = document
        self._operation = operation
        self._denied = denied
        self._conditions = condition_variables(document, plan)
        self._variants = variants
        self._weight = sum(len(fetch.operation) for fetch in plan.fetches)
        self._shared = _shared_places(plan) - places_apart(plan)
        self._templates = [RequestTemplate(fetch) for fetch in plan.fetches]
        self._schedule = Schedule(plan)
        self._only_variant = None if self._conditions else self._make_variant(())

    async def execute(
        self,
        variables: dict[str, Any],
        context: ExecutionContext,
        clients: Mapping[str, SubgraphClient],
    ) -> ExecutionResult:
        """Run the operation.

        Args:
            variables: Coerced; defaults filled in, those not given left out.
            context: The request's part.
            clients: By subgraph name.

        Raises:
            ClientError: A variable is null on which `@skip` or `@include` depends.
            PlanBugError: The plan is not sound.
        """
        variant = self._only_variant or await self._variant(variables)
        run = Run(self._templates, variant, variables, context, clients)
        if variant.introspection is not None:
            run.introspected = await variant.introspection.answer(variables)
        try:
            if self._schedule.is_chain:
                for index in range(len(self._templates)):
                    await run.perform(index)
            else:
                await self._schedule.run(run.perform)
            return run.answer()
        except RecursionError:
            # A decoder has its limit too; what only just passed there may fail to be compared,
            # sent on or printed.
            message = "The answer is nested too deeply."
            error = {"message": message, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
            return ExecutionResult([error])

    async def _variant(self, variables: dict[str, Any]) -> Variant:
        values: tuple[Any, ...] = tuple([variables.get(name) for name in self._conditions])
        if None in values:
            name = self._conditions[values.index(None)]
            msg = f"Variable '${name}' must not be null: @skip or @include depends on it."
            raise ClientError(msg, code="BAD_USER_INPUT", extensions={"argument": name})
        make = partial(self._make_variant, values)
        if self._variants is None:
            return make()
        return await self._variants.get((self, values), make, self._weight)

    def _make_variant(self, values: tuple[bool, ...]) -> Variant:
        return Variant(
            self._supergraph,
            self._document,
            self._operation,
            self.plan,
            conditions=dict(zip(self._conditions, values, strict=True)),
            denied=self._denied,
            shared=self._shared,
        )
