"""Every operation that is valid in the API schema can be answered.

The query graph and its walker decide it, the same that plan operations: what composes is what plans.
Here their findings become errors that show the smallest operation that fails and why each subgraph
cannot help.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.federation.document import InputValue
from router.federation.specification import ROOTS
from router.federation.type_refs import is_list, item_type, named_type, nullable
from router.query_graph import QueryGraph, find_unreachable
from router.supergraph import load_supergraph

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from router.composition.merge.merged_schema import MergeContext, MergedSchema
    from router.query_graph import Unreachable


def check_satisfiability(context: MergeContext, supergraph: str) -> None:
    """Report fields that no plan can reach."""
    graph = QueryGraph(load_supergraph(supergraph))
    for found in find_unreachable(graph):
        message = "\n".join(
            [
                f"No plan can answer {found.type_name}.{found.field} in this operation:",
                *_operation(context.merged, found),
                _standing(context, found),
                *(f'- "{o.subgraph}" cannot help: {o.reason}' for o in found.obstacles),
            ]
        )
        places = context.places_at(found.type_name, found.field)
        context.report.error(ErrorCode.SATISFIABILITY_ERROR, message, places)


def _standing(context: MergeContext, found: Unreachable) -> str:
    if not found.standing_in:
        return f"No subgraph can give the {found.type_name} there."
    names = ", ".join(f'"{name}"' for name in found.standing_in)
    return f"The {found.type_name} comes from {names}, without {found.field}."


def _operation(merged: MergedSchema, found: Unreachable) -> Sequence[str]:
    """The smallest operation that selects the field, with made-up arguments."""
    steps = [coordinate.split(".") for coordinate in found.path]
    steps.append([found.type_name, found.field])
    operation = next((name for name, root in ROOTS.items() if root == steps[0][0]), "query")
    lines = [f"{operation} {{"]
    depth = 1
    expected = steps[0][0]
    for type_name, field_name in steps:
        if type_name != expected:
            lines.append(f"{'  ' * depth}... on {type_name} {{")
            depth += 1
        field = merged.types[type_name].fields[field_name]
        expected = named_type(field.type)
        is_last = (type_name, field_name) == (found.type_name, found.field)
        lines.append(f"{'  ' * depth}{field_name}{_arguments(merged, field.arguments.values())}")
        if not is_last:
            lines[-1] += " {"
            depth += 1
    target = merged.types.get(expected)
    if target is not None and target.is_composite:
        lines[-1] += " { ... }"
    lines.extend("  " * level + "}" for level in range(depth - 1, -1, -1))
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
    name = nullable(ref)
    definition = merged.types.get(name)
    if definition is not None and definition.values:
        return next(iter(definition.values))
    if definition is not None and definition.input_fields:
        fields = (
            f"{field.name}: {_example(merged, field.type)}"
            for field in definition.input_fields.values()
            if field.is_required and named_type(field.type) != name
        )
        return f"{{{', '.join(fields)}}}"
    return _EXAMPLES.get(name, '"<value>"')
