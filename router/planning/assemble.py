"""Assemble: requests to the fetches of a query plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.planning.conflicts import resolve_conflicts
from router.planning.explain import explain
from router.planning.optimize import Call, Request, fold_members, join_calls
from router.planning.print_operation import print_operation, print_tree
from router.planning.query_plan import Condition, EntityCall, Fetch, QueryPlan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.planning.selections import Conditions, NormalizedOperation
    from router.supergraph import Supergraph


def assemble(
    requests: Sequence[Request], operation: NormalizedOperation, supergraph: Supergraph
) -> QueryPlan:
    """The query plan of requests that each come after those they depend on."""
    ids = {request: index for index, request in enumerate(requests)}
    fetches = []
    for request in requests:
        depends_on = tuple(sorted(ids[other] for other in request.depends_on))
        make = _entity_fetch if request.is_entities else _root_fetch
        fetches.append(make(request, ids[request], depends_on, operation, supergraph))
    return QueryPlan(operation.kind, operation.name, tuple(fetches))


def _root_fetch(
    request: Request,
    number: int,
    depends_on: tuple[int, ...],
    operation: NormalizedOperation,
    supergraph: Supergraph,
) -> Fetch:
    part = request.parts[0]
    renames = resolve_conflicts([part.tree], operation, supergraph.kinds)
    types = supergraph.subgraphs[request.subgraph].types
    (tree,) = fold_members({part.tree.type_name: part.tree}, (), types).values()
    used: set[str] = set()
    selection = print_tree(tree, part.conditions, used)
    variables = _in_client_order(used, operation)
    kind = operation.kind if not part.path else "query"
    return Fetch(
        id=number,
        subgraph=request.subgraph,
        operation=print_operation(kind, selection, variables, operation.variables),
        operation_kind=kind,
        variables=variables,
        path=part.path,
        depends_on=depends_on,
        conditions=_conditions(part.conditions),
        renames=tuple(renames),
        reason=explain([part]),
    )


def _entity_fetch(
    request: Request,
    number: int,
    depends_on: tuple[int, ...],
    operation: NormalizedOperation,
    supergraph: Supergraph,
) -> Fetch:
    calls = join_calls(request.parts)
    shared = frozenset.intersection(*(call.conditions for call in calls))
    renames = [
        rename
        for call in calls
        for rename in resolve_conflicts(call.trees.values(), operation, supergraph.kinds)
    ]
    types = supergraph.subgraphs[request.subgraph].types
    used: set[str] = set()
    texts = []
    entity_calls = []
    names = _representation_names(len(calls), operation)
    for index, (call, variable) in enumerate(zip(calls, names, strict=True)):
        key = "_entities" if len(calls) == 1 else f"_e{index}"
        call.trees = fold_members(call.trees, tuple(call.trees), types)
        texts.append(_call_text(key, variable, call, used))
        entity_calls.append(
            EntityCall(
                response_key=key,
                variable=variable,
                requires=tuple(call.representations),
                paths=tuple(call.paths),
                conditions=_conditions(call.conditions - shared),
                contexts=call.contexts,
            )
        )
    variables = _in_client_order(used, operation)
    added = dict.fromkeys(names, "[_Any!]!")
    added |= {item.name: item.type for call in calls for item in call.contexts}
    return Fetch(
        id=number,
        subgraph=request.subgraph,
        operation=print_operation(
            "query", " ".join(texts), variables, operation.variables, added=added
        ),
        operation_kind="query",
        variables=variables,
        entity_calls=tuple(entity_calls),
        depends_on=depends_on,
        conditions=_conditions(shared),
        renames=tuple(renames),
        reason=explain(request.parts),
    )


def _call_text(key: str, variable: str, call: Call, used: set[str]) -> str:
    alias = "" if key == "_entities" else f"{key}:"
    fragments = " ".join(
        f"...on {type_name}{{{print_tree(tree, call.conditions, used)}}}"
        for type_name, tree in call.trees.items()
    )
    return f"{alias}_entities(representations:${variable}){{{fragments}}}"


def _representation_names(count: int, operation: NormalizedOperation) -> list[str]:
    """Names of the variables that take representations, none of them a client's."""
    name = operation.free_variable("representations")
    return [name] if count == 1 else [f"{name}_{index}" for index in range(count)]


def _in_client_order(used: set[str], operation: NormalizedOperation) -> tuple[str, ...]:
    return tuple(name for name in operation.variables if name in used)


def _conditions(conditions: Conditions) -> tuple[Condition, ...]:
    return tuple(Condition(variable, value) for variable, value in sorted(conditions))
