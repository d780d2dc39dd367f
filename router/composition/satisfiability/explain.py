"""Turns an unanswerable field into words: the smallest operation, and why nobody helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.federation.field_set import print_field_set
from router.federation.specification import ROOTS
from router.federation.type_refs import is_list, item_type, named_type, nullable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from router.composition.merge.merged_schema import MergedSchema
    from router.composition.satisfiability.search import Unanswerable
    from router.federation.document import InputValue
    from router.query_graph import QueryGraph


def explain(merged: MergedSchema, graph: QueryGraph, found: Unanswerable) -> str:
    """The message of a SATISFIABILITY_ERROR, several lines long."""
    return "\n".join(
        [
            f"No plan can answer {found.type_name}.{found.field} in this operation:",
            *_operation(merged, found),
            *_labels(graph),
            _standing(found),
            *_obstacles(graph, found),
        ]
    )


def _labels(graph: QueryGraph) -> Iterator[str]:
    if graph.supergraph.override_labels:
        active = ", ".join(f'"{label}"' for label in sorted(graph.override_labels)) or "none"
        yield f"Active override labels: {active}."


def _standing(found: Unanswerable) -> str:
    names = ", ".join(sorted({f'"{node.subgraph}"' for node in found.nodes}))
    if not names:
        return f"No subgraph can give the {found.type_name} there."
    return f"There the {found.type_name} can be read from {names}, without {found.field}."


def _obstacles(graph: QueryGraph, found: Unanswerable) -> Iterator[str]:
    standing = {node.subgraph for node in found.nodes}
    moves = graph.entity_moves(found.type_name)
    for name, subgraph in graph.supergraph.subgraphs.items():
        view = subgraph.types.get(found.type_name)
        field = view.fields.get(found.field) if view else None
        if field is None:
            continue
        keys = [key.text for move in moves if move.target.subgraph == name for key in move.keys]
        if field.is_external:
            reason = "the field is @external there"
        elif name in standing and field.requires:
            fields = print_field_set(field.requires)
            reason = f'its @requires(fields: "{fields}") cannot be read'
        elif name in standing and field.context_arguments:
            names = ", ".join(
                sorted({a.context.rpartition("__")[2] for a in field.context_arguments})
            )
            reason = f"nothing above sets the context {names}"
        elif name in standing:
            reason = "the field is overridden there"
        elif not keys:
            reason = f"{found.type_name} has no resolvable @key there"
        else:
            listed = " or ".join(f'@key(fields: "{key}")' for key in keys)
            reason = f"{listed} cannot be read from here"
        yield f'- "{name}" cannot help: {reason}'


def _operation(merged: MergedSchema, found: Unanswerable) -> list[str]:
    """The smallest operation that selects the field, with made-up arguments."""
    steps = [tuple(coordinate.split(".")) for coordinate in found.path]
    steps.append((found.type_name, found.field))
    expected = steps[0][0]
    operation = next((name for name, root in ROOTS.items() if root == expected), "query")
    lines = [f"{operation} {{"]
    for position, (type_name, name) in enumerate(steps):
        if type_name != expected:
            lines.append(f"{'  ' * len(lines)}... on {type_name} {{")
        field = merged.types[type_name].fields.get(name)
        arguments = _arguments(merged, field.arguments.values()) if field else ""
        expected = named_type(field.type) if field else "String"
        target = merged.types.get(expected)
        opens = " {" if position < len(steps) - 1 else ""
        if not opens and target is not None and target.is_composite:
            opens = " { __typename }"
        lines.append(f"{'  ' * len(lines)}{name}{arguments}{opens}")
    closing = len(lines) - 1
    lines.extend("  " * level + "}" for level in range(closing - 1, -1, -1))
    return lines


def _arguments(merged: MergedSchema, arguments: Iterable[InputValue]) -> str:
    required = [argument for argument in arguments if argument.is_required]
    if not required:
        return ""
    texts = (f"{argument.name}: {_example(merged, argument.type)}" for argument in required)
    return f"({', '.join(texts)})"


_EXAMPLES = {"Int": "0", "Float": "0.5", "Boolean": "true", "ID": '"<id>"', "String": '"<string>"'}


def _example(merged: MergedSchema, ref: str) -> str:
    if is_list(ref):
        return f"[{_example(merged, item_type(ref))}]"
    definition = merged.types.get(nullable(ref))
    if definition is not None and definition.values:
        return next(iter(definition.values))
    if definition is not None and definition.input_fields:
        return "{...}"
    return _EXAMPLES.get(nullable(ref), '"<value>"')
