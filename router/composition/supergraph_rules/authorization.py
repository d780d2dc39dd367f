"""A field with @requires demands at least what the fields it reads demand.

The router fetches required fields on its own account; without this rule a client could read a
protected value through an unprotected field that is computed from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.merge.authorization import as_requirement, implies
from router.composition.merge.interface_authorization import combine_requirements
from router.composition.subgraph.facts import context_reference, field_set_of
from router.composition.subgraph.schema import SubgraphSchema, uses_of
from router.composition.subgraph.selections import FragmentSelection, Selections
from router.federation.specification import (
    AUTH_DIRECTIVES,
    AUTHENTICATED,
    CONTEXT,
    REQUIRES,
    shown,
)
from router.federation.type_refs import named_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from router.composition.merge.merged_schema import MergeContext
    from router.federation.document import Directive, Field, TypeDefinition


def transitive_authorization(context: MergeContext) -> None:
    for schema in context.schemas:
        for definition, field in schema.fields():
            if not field.directives and not field.arguments:
                continue
            for use in uses_of(field, REQUIRES):
                _check(context, schema, definition, field, [(definition.name, field_set_of(use))])
            read = list(_read_from_context(schema, field))
            if read:
                _check(context, schema, definition, field, read)


def _read_from_context(schema: SubgraphSchema, field: Field) -> Iterator[tuple[str, Selections]]:
    for argument in field.arguments.values():
        reference = context_reference(argument)
        if reference is None:
            continue
        name, selections = reference
        for definition in schema.types.values():
            if any(use.arguments.get("name") == name for use in uses_of(definition, CONTEXT)):
                yield definition.name, selections


def _check(
    context: MergeContext,
    schema: SubgraphSchema,
    parent: TypeDefinition,
    field: Field,
    read: Iterable[tuple[str, Selections]],
) -> None:
    merged_parent = context.merged.types.get(parent.name)
    merged_field = merged_parent.fields.get(field.name) if merged_parent else None
    if merged_parent is None or merged_field is None:
        return
    own = combine_requirements([*merged_parent.directives, *merged_field.directives])
    missing: dict[str, list[str]] = {}
    for type_name, selections in read:
        for coordinate, demanded in _demands(context, type_name, selections):
            if not _covers(own, demanded):
                missing.setdefault(shown(demanded.name), []).append(coordinate)
    for directive, coordinates in missing.items():
        read_fields = ", ".join(dict.fromkeys(coordinates))
        message = (
            f"{parent.name}.{field.name} reads {read_fields} "
            f"and must demand at least the same {directive}"
        )
        code = ErrorCode.MISSING_TRANSITIVE_AUTH_REQUIREMENTS
        context.report.of(schema.name).error(code, message, field.offset)


def _demands(
    context: MergeContext, type_name: str, selections: Selections
) -> Iterator[tuple[str, Directive]]:
    """Every authorization directive that a selection meets, and where."""
    types = context.merged.types
    definition = types.get(type_name)
    for selection in selections:
        if isinstance(selection, FragmentSelection):
            target = selection.type_name or type_name
            if target in types:
                yield from _auth(target, types[target].directives)
            yield from _demands(context, target, selection.selections)
            continue
        field = definition.fields.get(selection.name) if definition else None
        if field is None:
            continue
        yield from _auth(f"{type_name}.{field.name}", field.directives)
        returned = types.get(named_type(field.type))
        if returned is not None:
            yield from _auth(returned.name, returned.directives)
            yield from _demands(context, returned.name, selection.selections)


def _auth(coordinate: str, directives: Sequence[Directive]) -> Iterator[tuple[str, Directive]]:
    for use in directives:
        if use.name in AUTH_DIRECTIVES:
            yield coordinate, use


def _covers(own: Sequence[Directive], demanded: Directive) -> bool:
    for use in own:
        if use.name == demanded.name:
            if use.name == AUTHENTICATED:
                return True
            (mine,), (theirs,) = use.arguments.values(), demanded.arguments.values()
            return implies(as_requirement(mine), as_requirement(theirs))
    return False
