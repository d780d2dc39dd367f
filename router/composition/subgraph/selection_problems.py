"""Whether the field set of a directive is GraphQL on the type it selects from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import EnumValueNode, NullValueNode, VariableNode

from router.composition.subgraph.selections import FieldSelection, FragmentSelection, Selections
from router.composition.suggestions import meant
from router.federation.specification import STANDARD_SCALARS
from router.federation.type_refs import named_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.composition.subgraph.schema import SubgraphSchema
    from router.federation.document import Field


def selection_problems(
    schema: SubgraphSchema, type_name: str, selections: Selections
) -> Iterator[str]:
    """Why the selections are no GraphQL on that type."""
    definition = schema.types.get(type_name)
    for selection in selections:
        if isinstance(selection, FragmentSelection):
            yield from _fragment_problems(schema, type_name, selection)
            continue
        if selection.alias is not None:
            yield f'field "{selection.name}" must not have an alias'
        if selection.name == "__typename":
            continue
        field = definition.fields.get(selection.name) if definition else None
        if field is None:
            fields = definition.fields if definition else ()
            yield f'"{type_name}" has no field "{selection.name}"{meant(selection.name, fields)}'
            continue
        yield from _argument_problems(field, selection)
        yield from _directive_problems(schema, selection)
        returned = schema.types.get(named_type(field.type))
        is_composite = returned is not None and returned.is_composite
        if is_composite and not selection.selections:
            yield f'field "{type_name}.{field.name}" needs a selection of its fields'
        elif selection.selections and not is_composite:
            yield f'field "{type_name}.{field.name}" is a leaf and has no fields to select'
        else:
            yield from selection_problems(schema, named_type(field.type), selection.selections)


def _fragment_problems(
    schema: SubgraphSchema, type_name: str, selection: FragmentSelection
) -> Iterator[str]:
    condition = selection.type_name or type_name
    target = schema.types.get(condition)
    if target is None or not target.is_composite:
        yield f'there is no type "{condition}" to select on'
    elif not set(schema.possible_types(condition)) & set(schema.possible_types(type_name)):
        if condition != type_name:
            yield f'a "{type_name}" can never be a "{condition}"'
    else:
        yield from selection_problems(schema, condition, selection.selections)


def _argument_problems(field: Field, selection: FieldSelection) -> Iterator[str]:
    given = {name for name, _ in selection.arguments}
    for name, value in selection.arguments:
        argument = field.arguments.get(name)
        if argument is None:
            yield f'unknown argument "{name}" on field "{field.name}"'
        elif isinstance(value, VariableNode):
            yield f'argument "{name}" of field "{field.name}" must not be a variable'
        elif isinstance(value, NullValueNode) and argument.type.endswith("!"):
            yield f'argument "{name}" of field "{field.name}" must not be null'
        elif isinstance(value, EnumValueNode) and named_type(argument.type) in STANDARD_SCALARS:
            yield f'argument "{name}" of field "{field.name}" is no {argument.type}'
    for argument in field.arguments.values():
        if argument.is_required and argument.name not in given:
            yield f'field "{field.name}" needs the argument "{argument.name}"'


def _directive_problems(schema: SubgraphSchema, selection: FieldSelection) -> Iterator[str]:
    for name in selection.directives:
        if name not in schema.directives and name not in {"skip", "include"}:
            yield f'unknown directive "@{name}"'
