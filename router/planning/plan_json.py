"""A query plan as JSON in the shape that Apollo's tools read.

What that shape has no word for is a `BatchFetch`: a fetch with several `_entities`, or with one
whose results belong to several paths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from router.planning.plan_nodes import (
    LIST,
    ContextVariable,
    EntityCall,
    Fetch,
    OperationKind,
    Rename,
    Representation,
    RequiredField,
    RequiredSelection,
    ResponsePath,
    TypeCondition,
)
from router.planning.plan_tree import (
    ConditionNode,
    ParallelNode,
    PlanNode,
    SequenceNode,
    plan_tree,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

JsonObject = dict[str, Any]


def plan_json(fetches: Sequence[Fetch], kind: OperationKind) -> JsonObject:
    """A whole plan; `node` is missing when nothing is fetched."""
    tree = plan_tree(fetches)
    if tree is None:
        return {"kind": "QueryPlan"}
    if kind == "subscription":
        primary, *rest = tree.nodes if isinstance(tree, SequenceNode) else (tree,)
        node: JsonObject = {"kind": "Subscription", "primary": _node(primary)}
        if rest:
            node["rest"] = _node(rest[0] if len(rest) == 1 else SequenceNode(tuple(rest)))
        return {"kind": "QueryPlan", "node": node}
    return {"kind": "QueryPlan", "node": _node(tree)}


def path_json(path: ResponsePath) -> list[str]:
    """["products", "@", "reviews"]; type conditions stand behind what they narrow: "@|[Book]"."""
    segments: list[str] = []
    for segment in path:
        if not isinstance(segment, TypeCondition):
            segments.append(segment)
            continue
        condition = f"|[{','.join(segment.types)}]"
        if segments:
            segments[-1] += condition
        else:
            segments.append(condition)
    return segments


def _node(node: PlanNode) -> JsonObject:
    match node:
        case SequenceNode(nodes):
            return {"kind": "Sequence", "nodes": [_node(item) for item in nodes]}
        case ParallelNode(nodes):
            return {"kind": "Parallel", "nodes": [_node(item) for item in nodes]}
        case ConditionNode(condition, inner):
            clause = "ifClause" if condition.value else "elseClause"
            return {"kind": "Condition", "condition": condition.variable, clause: _node(inner)}
        case Fetch():
            return _fetch(node)
        case _:
            assert_never(node)


def _fetch(fetch: Fetch) -> JsonObject:
    node: JsonObject = {
        "kind": "Fetch",
        "serviceName": fetch.subgraph,
        "operationKind": fetch.operation_kind,
        "operation": fetch.operation,
    }
    if fetch.variables:
        node["variableUsages"] = list(fetch.variables)
    if fetch.renames:
        node["outputRewrites"] = [_rename(rename) for rename in fetch.renames]
    if not fetch.entity_calls:
        return _flatten(fetch.path, node) if fetch.path else node
    call = fetch.entity_calls[0]
    if len(fetch.entity_calls) == 1 and len(call.paths) == 1:
        node |= _inputs(call)
        return _flatten(call.paths[0], node)
    node["kind"] = "BatchFetch"
    node["entityBatch"] = {"aliases": [_alias(call) for call in fetch.entity_calls]}
    return node


def _flatten(path: ResponsePath, node: JsonObject) -> JsonObject:
    return {"kind": "Flatten", "path": path_json(path), "node": node}


def _alias(call: EntityCall) -> JsonObject:
    alias: JsonObject = {
        "alias": call.response_key,
        "representationsVariableName": call.variable,
        "paths": [path_json(path) for path in call.paths],
        **_inputs(call),
    }
    if call.conditions:
        alias["conditions"] = [
            {"variable": item.variable, "value": item.value} for item in call.conditions
        ]
    return alias


def _inputs(call: EntityCall) -> JsonObject:
    inputs: JsonObject = {
        "requires": [item for shape in call.requires for item in _requires(shape)]
    }
    rewrites = [
        {
            "kind": "ValueSetter",
            "path": [f"... on {type_name}", "__typename"],
            "setValueTo": shape.typename,
        }
        for shape in call.requires
        if shape.typename is not None
        for type_name in shape.types
        if type_name != shape.typename
    ]
    if rewrites:
        inputs["inputRewrites"] = rewrites
    if call.contexts:
        inputs["contextRewrites"] = [
            rewrite for variable in call.contexts for rewrite in _contexts(variable, call.paths[0])
        ]
    return inputs


def _contexts(variable: ContextVariable, path: ResponsePath) -> Iterator[JsonObject]:
    """Where a value may stand; the path goes up from the entity by one object for each ".."."""
    for source in variable.sources:
        up = [".." for item in path[source.depth :] if isinstance(item, str) and item != LIST]
        types = [f"... on {'|'.join(source.types)}"] if source.types else []
        for value in _leaf_paths(source.selections):
            yield {
                "kind": "KeyRenamer",
                "path": [*up, *types, *value],
                "renameKeyTo": variable.name,
            }


def _leaf_paths(selections: Iterable[RequiredSelection]) -> Iterator[list[str]]:
    for item in selections:
        if isinstance(item, RequiredField):
            head = item.response_key
        else:
            head = f"... on {'|'.join(item.types)}"
        if item.selections:
            yield from ([head, *rest] for rest in _leaf_paths(item.selections))
        elif head != "__typename":
            yield [head]


def _requires(shape: Representation) -> Iterator[JsonObject]:
    types = shape.types if shape.typename is None else (shape.typename,)
    for type_name in types:
        yield {
            "kind": "InlineFragment",
            "typeCondition": type_name,
            "selections": [
                {"kind": "Field", "name": "__typename"},
                *_selections(shape.selections),
            ],
        }


def _selections(selections: Iterable[RequiredSelection]) -> Iterator[JsonObject]:
    for item in selections:
        if isinstance(item, RequiredField):
            field: JsonObject = {"kind": "Field", "name": item.name}
            if item.response_key != item.name:
                field["alias"] = item.response_key
            if item.selections:
                field["selections"] = list(_selections(item.selections))
            yield field
        else:
            for type_name in item.types:
                yield {
                    "kind": "InlineFragment",
                    "typeCondition": type_name,
                    "selections": list(_selections(item.selections)),
                }


def _rename(rename: Rename) -> JsonObject:
    path = [
        f"... on {'|'.join(segment.types)}" if isinstance(segment, TypeCondition) else segment
        for segment in rename.path
        if segment != LIST
    ]
    return {
        "kind": "KeyRenamer",
        "path": [*path, rename.source],
        "renameKeyTo": rename.target,
    }
