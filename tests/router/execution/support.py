"""Hand-made supergraphs, plans and subgraphs, so that execution is tested without a planner."""

from __future__ import annotations

import asyncio
import json
from time import monotonic
from typing import TYPE_CHECKING, Any

from graphql import build_schema, get_operation_ast, parse
from graphql.type import (
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_scalar_type,
    is_union_type,
)

from router.execution import (
    DeniedField,
    ExecutionContext,
    SubgraphClient,
    SubgraphRequest,
    SubgraphResponse,
    prepare,
)
from router.observations import Observations
from router.planning.query_plan import (
    EntityCall,
    Fetch,
    QueryPlan,
    Representation,
    RequiredField,
)
from router.supergraph import Supergraph

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = dict[str, Any]


def supergraph_of(api_sdl: str) -> Supergraph:
    """A supergraph that knows its API schema and the kinds of its types."""
    kinds: dict[str, Any] = {}
    for name, declared in build_schema(api_sdl).type_map.items():
        kinds[name] = "object"
        for kind, check in (
            ("interface", is_interface_type),
            ("union", is_union_type),
            ("enum", is_enum_type),
            ("scalar", is_scalar_type),
            ("input", is_input_object_type),
        ):
            if check(declared):
                kinds[name] = kind
    return Supergraph(
        api_sdl=api_sdl,
        subgraphs={},
        root_types={"query": "Query"},
        kinds=kinds,
        field_types={},
        possible_types={},
        override_labels=(),
        security={},
        cost={},
        list_sizes={},
        contexts={},
    )


def root(subgraph: str, operation: str, **more: Any) -> Fetch:
    """A fetch of root fields; `id` is set by `plan_of`."""
    kind = get_operation_ast(parse(operation))
    assert kind is not None
    return Fetch(0, subgraph, operation, kind.operation.value, **more)


def entities(
    subgraph: str,
    operation: str,
    path: str,
    *keys: str,
    types: tuple[str, ...],
    after: tuple[int, ...] = (0,),
    **more: Any,
) -> Fetch:
    """A fetch of entities at a dotted path ("tasks.@.owner"), by flat keys."""
    representation = Representation(
        types, None, tuple(RequiredField(key, key) for key in keys), len(keys)
    )
    call = EntityCall("_entities", "representations", (representation,), (tuple(path.split(".")),))
    return Fetch(0, subgraph, operation, "query", (), (call,), depends_on=after, **more)


def plan_of(*fetches: Fetch) -> QueryPlan:
    numbered = tuple(
        Fetch(**{name: getattr(fetch, name) for name in Fetch.__slots__} | {"id": index})
        for index, fetch in enumerate(fetches)
    )
    return QueryPlan(fetches[0].operation_kind if fetches else "query", None, numbered)


class Stub:
    """A subgraph that answers what it is told, after a while if wanted.

    Attributes:
        requests: As received, in order.
        asked: Set by the first request.
    """

    def __init__(
        self,
        answer: Json | bytes | Exception | Callable[[SubgraphRequest], Json],
        *,
        status: int = 200,
        media_type: str = "application/json",
        gate: asyncio.Event | None = None,
    ) -> None:
        self._answer = answer
        self._status = status
        self._media_type = media_type
        self._gate = gate
        self.requests: list[SubgraphRequest] = []
        self.asked = asyncio.Event()

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        self.requests.append(request)
        self.asked.set()
        if self._gate is not None:
            await self._gate.wait()
        answer = self._answer(request) if callable(self._answer) else self._answer
        if isinstance(answer, Exception):
            raise answer
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return SubgraphResponse(self._status, body, self._media_type)

    async def aclose(self) -> None:
        pass

    def representations(self, index: int = 0) -> list[Json]:
        found: list[Json] = self.requests[index].variables["representations"]
        return found


def context() -> ExecutionContext:
    return ExecutionContext((), monotonic() + 10, "request-1", Observations("request-1"))


async def run(
    supergraph: Supergraph,
    operation: str,
    plan: QueryPlan,
    clients: Mapping[str, SubgraphClient],
    variables: Json | None = None,
    *,
    denied: Mapping[tuple[str, str], DeniedField] | None = None,
) -> Json:
    """The response as a client gets it: `errors` only where there are some."""
    prepared = prepare(supergraph, parse(operation), None, plan, denied=denied)
    result = await prepared.execute(variables or {}, context(), clients)
    response: Json = {"data": json.loads(result.data)}
    if result.errors:
        response["errors"] = result.errors
    return response


def error_at(error: Json) -> tuple[Any, ...]:
    """What tests compare of an error: path, code, service."""
    extensions = error.get("extensions", {})
    return (error.get("path"), extensions.get("code"), extensions.get("service"))


__all__ = [
    "Stub",
    "context",
    "entities",
    "error_at",
    "plan_of",
    "root",
    "run",
    "supergraph_of",
]
