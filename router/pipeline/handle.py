"""Handle a request: the stages from a GraphQL request to its answer, in order.

Each stage is a function in a file of its own and may end the request with a ClientError. What
depends on the operation's text alone is done once and looked up by (text, operation name); what
depends on the request is done every time:

    identify            request id, client address, viewer
    rate limit          per address or viewer
    persisted operation gives the text
    prepare operation   parse, limit, validate, find guards; looked up when known
    limit calls         mutations need POST; some calls are rarer than others
    authorize           which fields this viewer may not read
    plan                looked up when known for these fields
    coerce variables
    limit cost          needs the variables
    execute
    explain cost        for clients that ask
    respond
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from router.errors import ClientError, InvalidRequestError, causes_of
from router.pipeline.authorize import authorize
from router.pipeline.deadlines import Deadlines
from router.pipeline.execute import execution_context
from router.pipeline.explain_cost import explain_cost, is_asked
from router.pipeline.identify import identify, verify
from router.pipeline.limit_calls import limit_calls
from router.pipeline.limit_cost import limit_cost
from router.pipeline.note_use import note_use
from router.pipeline.operation import USUAL, PlanKey
from router.pipeline.plan import plan
from router.pipeline.prepare_operation import prepare_operation
from router.pipeline.respond import fail, refuse, respond

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.execution import PreparedOperation
    from router.observations import Observations
    from router.pipeline.engine import Engine
    from router.pipeline.operation import Operation
    from router.pipeline.request import Answer, Caller, GraphQLRequest
    from router.policies.identity import Identity
    from router.policies.policy_set import PolicySet

_logger = logging.getLogger("router.pipeline")


class Pipeline:
    """Answers GraphQL requests.

    Attributes:
        engine: Serves new requests; replaced as a whole by a new supergraph.
        policies: Applied to every request.
        deadlines: Of the requests that are being answered.
    """

    __slots__ = ("deadlines", "engine", "policies")

    def __init__(self, engine: Engine, policies: PolicySet) -> None:
        self.engine = engine
        self.policies = policies
        self.deadlines = Deadlines(policies.timeout_s)

    async def handle(
        self,
        request: GraphQLRequest,
        caller: Caller,
        observations: Observations,
        deadline: float,
    ) -> Answer:
        """The answer to one request; never raises but when cancelled.

        Args:
            request: As the client sent it.
            caller: Who sent it and how.
            observations: Filled.
            deadline: Set by whoever calls, so that reading the request counts too.
        """
        engine = self.engine
        engine.in_flight += 1
        try:
            answer = await self._handle(engine, request, caller, observations, deadline)
        except (ClientError, InvalidRequestError) as refusal:
            answer = refuse(refusal, observations)
        except Exception:  # the border of one request: whatever is wrong in it stays in it
            _logger.exception(
                "Request %s failed in operation %s (%s)",
                observations.request_id,
                observations.operation_name,
                observations.operation_hash,
            )
            answer = fail(observations)
        finally:
            engine.leave()
        if caller.response_headers:
            answer.headers += caller.response_headers
        return answer

    async def _handle(
        self,
        engine: Engine,
        request: GraphQLRequest,
        caller: Caller,
        observations: Observations,
        deadline: float,
    ) -> Answer:
        policies, mark = self.policies, observations.mark
        identity = identify(caller, policies, observations) or await verify(caller, policies)
        if identity.viewer is not None:
            observations.viewer = identity.viewer.user_id
        mark("identify")
        if policies.rate_limits is not None:
            caller.response_headers = await policies.rate_limits.check(
                identity.viewer, observations.client_address
            )
            mark("limit_rate")

        text = policies.persisted.text(
            request.query, request.extensions, request.document_id or request.doc_id
        )
        operation = engine.operations.get((text, request.operation_name))
        if operation is None:
            operation = await self._prepare(text, request.operation_name, engine)
        observations.operation_name = operation.name
        observations.operation_kind = operation.kind
        observations.operation_hash = operation.hash
        if operation.coordinates:
            note_use(operation, caller, observations)
        mark("prepare_operation")
        if operation.kind != "query" or operation.limited_fields:
            await limit_calls(operation, identity, caller, observations, policies)
        refused = await authorize(operation, identity, caller, policies) if operation.guards else 0
        labels = engine.supergraph.override_labels
        key = self._plan_key(refused, identity, labels) if refused or labels else USUAL
        prepared = operation.prepared.get(key)
        if prepared is None:
            prepared = await self._plan(operation, key, engine)
        mark("plan")

        variables = operation.coerce(request.variables or {})
        if operation.estimate_cost is not None and policies.limits.max_cost is not None:
            limit_cost(operation.estimate_cost, variables, caller, policies.limits.max_cost)
        mark("coerce_variables")
        context = execution_context(caller, observations, policies.headers, deadline)
        result = await prepared.execute(variables, context, engine.clients)
        mark("execute")
        extensions = None
        if policies.explains_cost and is_asked(caller):
            limit = policies.limits.max_cost
            extensions = explain_cost(operation, variables, result, engine.supergraph, limit)
        answer = respond(result, observations, policies.error_mask, extensions)
        mark("respond")
        return answer

    def _plan_key(self, refused: int, identity: Identity, labels: Sequence[str]) -> PlanKey:
        active = self.policies.override_labels.active(labels)
        return PlanKey(refused, identity.problem if refused else None, active)

    async def _prepare(self, text: str, name: str | None, engine: Engine) -> Operation:
        known = engine.refused.get((text, name))
        if known is not None:
            raise InvalidRequestError(known)
        try:
            operation = await engine.once(
                (text, name), lambda: prepare_operation(text, name, engine, self.policies)
            )
        except (ClientError, InvalidRequestError) as refusal:
            engine.refused.put((text, name), causes_of(refusal), len(text) + len(name or ""))
            raise
        engine.operations.put((text, name), operation, operation.weight)
        return operation

    @staticmethod
    async def _plan(operation: Operation, key: PlanKey, engine: Engine) -> PreparedOperation:
        prepared = await engine.once((operation, key), lambda: plan(operation, key, engine))
        operation.prepared.put(key, prepared)
        return prepared
