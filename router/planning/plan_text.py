"""A query plan as text, in the form that federation tools print it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode, parse
from graphql import print_ast as print_node

from router.planning.plan_json import path_json
from router.planning.plan_tree import (
    ConditionNode,
    ParallelNode,
    PlanNode,
    SequenceNode,
    plan_tree,
)
from router.planning.query_plan import (
    ContextVariable,
    EntityCall,
    Fetch,
    QueryPlan,
    RequiredField,
    RequiredSelection,
    ResponsePath,
)
from router.planning.selections import print_conditions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_INDENT = "  "


def print_plan(plan: QueryPlan, *, why: bool = False) -> str:
    """The plan as an indented tree, ending in a newline.

    Args:
        plan: What to print.
        why: Say above each fetch which key or @requires made it necessary.
    """
    tree = plan_tree(plan.fetches)
    lines = [] if tree is None else _indented(_node(tree, why=why))
    return "\n".join(["QueryPlan {", *lines, "}"]) + "\n"


def path_text(path: ResponsePath) -> str:
    """A path as `products.@|[Book].author`."""
    return ".".join(path_json(path))


def _node(node: PlanNode, *, why: bool) -> Iterator[str]:
    match node:
        case SequenceNode(nodes):
            yield from _block("Sequence", (line for item in nodes for line in _node(item, why=why)))
        case ParallelNode(nodes):
            yield from _block("Parallel", (line for item in nodes for line in _node(item, why=why)))
        case ConditionNode(condition, inner):
            word = "Include" if condition.value else "Skip"
            yield from _block(f"{word}(if: ${condition.variable})", _node(inner, why=why))
        case Fetch():
            if why:
                yield f"# {node.id}: {node.reason or 'root fields'}"
            yield from _fetch(node)
        case _:
            assert_never(node)


def _fetch(fetch: Fetch) -> Iterator[str]:
    operation = parse(fetch.operation, no_location=True).definitions[0]
    if not isinstance(operation, OperationDefinitionNode):
        raise TypeError(fetch.operation)
    body = _fetch_body(fetch, operation)
    if len(fetch.entity_calls) > 1 or any(len(call.paths) > 1 for call in fetch.entity_calls):
        yield from _block(f'BatchFetch(service: "{fetch.subgraph}")', body)
        return
    path = fetch.entity_calls[0].paths[0] if fetch.entity_calls else fetch.path
    lines = _block(f'Fetch(service: "{fetch.subgraph}")', body)
    if path:
        lines = _block(f'Flatten(path: "{path_text(path)}")', lines)
    yield from lines


def _fetch_body(fetch: Fetch, operation: OperationDefinitionNode) -> Iterator[str]:
    fields = [node for node in operation.selection_set.selections if isinstance(node, FieldNode)]
    if not fetch.entity_calls:
        kind = "" if fetch.operation_kind == "query" else f"{fetch.operation_kind} "
        text = print_node(operation.selection_set)
        yield from f"{kind}{text}".splitlines()
    for call, field in zip(fetch.entity_calls, fields, strict=False):
        if len(fetch.entity_calls) > 1 or len(call.paths) > 1:
            paths = ", ".join(f'"{path_text(path)}"' for path in call.paths)
            conditions = frozenset((item.variable, item.value) for item in call.conditions)
            yield f"{call.response_key}(paths: [{paths}]){print_conditions(conditions)}"
        for variable in call.contexts:
            yield from _context(variable, call.paths[0])
        yield from _block("", _requires(call))
        yield "=>"
        if field.selection_set is not None:
            yield from _selection_lines(field.selection_set)
    for rename in fetch.renames:
        yield f'rename "{path_text((*rename.path, rename.source))}" to "{rename.target}"'


def _context(variable: ContextVariable, path: ResponsePath) -> Iterator[str]:
    """One line for each place that may hand the value down, nearest first."""
    for source in variable.sources:
        where = path_text(path[: source.depth]) or "the root"
        types = f" on {'|'.join(source.types)}" if source.types else ""
        value = " ".join(line.strip() for line in _selections(source.selections))
        yield f"${variable.name}: {variable.type} from {where}{types} {{ {value} }}"


def _selection_lines(selection_set: SelectionSetNode) -> list[str]:
    return print_node(selection_set).splitlines()


def _requires(call: EntityCall) -> Iterator[str]:
    for shape in call.requires:
        if shape.typename is None:
            typename = "__typename"
        else:
            typename = f"__typename: {shape.typename!r}".replace("'", '"')
        lines = [typename, *_selections(shape.selections)]
        yield from _block(f"... on {'|'.join(shape.types)}", lines)


def _selections(selections: Iterable[RequiredSelection]) -> Iterator[str]:
    for item in selections:
        if isinstance(item, RequiredField):
            alias = "" if item.response_key == item.name else f"{item.response_key}: "
            head = f"{alias}{item.name}"
        else:
            head = f"... on {'|'.join(item.types)}"
        if item.selections:
            yield from _block(head, _selections(item.selections))
        else:
            yield head


def _block(head: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"{head} {{".lstrip()
    yield from _indented(lines)
    yield "}"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"{_INDENT}{line}" for line in lines]
