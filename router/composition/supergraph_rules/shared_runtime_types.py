"""Subgraphs that share a field of an abstract type can return the same objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode, HintCode
from router.federation.document import Field, Kind, TypeDefinition
from router.federation.type_refs import named_type

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext
    from router.composition.subgraph.schema import SubgraphSchema


def shared_runtime_types(context: MergeContext) -> None:
    for definition in context.merged.types.values():
        if definition.kind is not Kind.OBJECT:
            continue
        for field in definition.fields.values():
            returned = context.merged.types.get(named_type(field.type))
            if returned is not None and returned.kind in {Kind.INTERFACE, Kind.UNION}:
                _check(context, definition, field)


def _check(context: MergeContext, parent: TypeDefinition, field: Field) -> None:
    sources = {
        index: found
        for index, source in context.type_sources(parent.name).items()
        if (found := source.fields.get(field.name)) is not None
    }
    resolving: list[tuple[int, frozenset[str]]] = []
    for index, source in sources.items():
        coordinate = (parent.name, field.name)
        if coordinate not in context.facts[index].external and _is_joined(
            context, parent, field, index
        ):
            resolving.append(
                (index, _runtime_types(context, context.schemas[index], named_type(source.type)))
            )
    if len(resolving) < 2:
        return
    common = frozenset.intersection(*(types for _, types in resolving))
    if all(types == common for _, types in resolving):
        return
    runtime_types = ", ".join(
        f"{{{', '.join(sorted(types))}}} in {context.names([index])}" for index, types in resolving
    )
    coordinate_text = f"{parent.name}.{field.name}"
    if not common:
        message = (
            f"Shared field {coordinate_text} of type {field.type} has no runtime type that all "
            f"subgraphs can return: {runtime_types}"
        )
        context.error(ErrorCode.SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES, message, sources)
    else:
        message = (
            f"Shared field {coordinate_text} of type {field.type} can return different runtime "
            f"types: {runtime_types}"
        )
        context.hint(HintCode.INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN, message, sources)


def _is_joined(context: MergeContext, parent: TypeDefinition, field: Field, index: int) -> bool:
    """Whether the subgraph still resolves the field, which an @override may have taken from it."""
    joins = context.merged.joins.get((parent.name, field.name))
    graph = context.schemas[index].graph
    return joins is None or any(
        join.arguments.get("graph") == graph and not join.arguments.get("usedOverridden")
        for join in joins
    )


def _runtime_types(context: MergeContext, schema: SubgraphSchema, name: str) -> frozenset[str]:
    definition = schema.types.get(name)
    merged = context.merged.types.get(name)
    if (
        merged is not None
        and merged.kind is Kind.INTERFACE
        and (definition is None or definition.kind is Kind.OBJECT)
    ):
        return frozenset(t.name for t in context.merged.implementations(name))
    return frozenset(schema.possible_types(name))
