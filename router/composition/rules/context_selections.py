"""What the selection of a @fromContext gives: one value, of which type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.subgraph.selection_problems import selection_problems
from router.composition.subgraph.selections import (
    FieldSelection,
    FragmentSelection,
    SelectionError,
    Selections,
)
from router.federation.type_refs import is_list, is_non_null, item_type, named_type, nullable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from router.composition.subgraph.schema import SubgraphSchema


def selected_types(schema: SubgraphSchema, type_name: str, selections: Selections) -> Iterator[str]:
    """The type of the one value that is selected, for each object type that `type_name` can be.

    Raises:
        SelectionError: It cannot be selected, or is not one value.
    """
    possible = schema.possible_types(type_name) or (type_name,)
    met = [name for name in possible if any(_applying(schema, name, selections))]
    if not met:
        msg = f'no type condition of the selection is met by "{type_name}"'
        raise SelectionError(msg)
    for name in met:
        yield _selected_type(schema, name, selections)


def unmet_conditions(
    schema: SubgraphSchema, setters: Iterable[str], selections: Selections
) -> Iterator[str]:
    """Type conditions that no type meets which sets the context."""
    known = {name for setter in setters for name in schema.possible_types(setter)}
    for selection in selections:
        condition = selection.type_name if isinstance(selection, FragmentSelection) else None
        if condition and known.isdisjoint(schema.possible_types(condition)):
            yield condition


def _selected_type(schema: SubgraphSchema, type_name: str, selections: Selections) -> str:
    applying = tuple(_applying(schema, type_name, selections))
    problem = next(selection_problems(schema, type_name, applying), None)
    if problem:
        raise SelectionError(problem)
    if len(applying) != 1:
        msg = f'{len(applying)} fields of "{type_name}" are selected instead of one'
        raise SelectionError(msg)
    (selection,) = applying
    if selection.directives:
        msg = f'field "{selection.name}" must not have a directive'
        raise SelectionError(msg)
    field = schema.types[type_name].fields.get(selection.name)
    if field is None:
        return "String!"  # __typename
    if not selection.selections:
        return field.type
    return _within(field.type, _selected_type(schema, named_type(field.type), selection.selections))


def _applying(
    schema: SubgraphSchema, type_name: str, selections: Selections
) -> Iterator[FieldSelection]:
    """The fields selected on a type, those under type conditions that it can meet included."""
    for selection in selections:
        if isinstance(selection, FieldSelection):
            yield selection
        elif selection.type_name is None or not set(schema.possible_types(type_name)).isdisjoint(
            schema.possible_types(selection.type_name)
        ):
            yield from _applying(schema, selection.type_name or type_name, selection.selections)


def _within(outer: str, inner: str) -> str:
    """The type of a value inside another: nullable and in lists where that one is."""
    if is_list(outer):
        items = f"[{_within(item_type(outer), inner)}]"
        return f"{items}!" if is_non_null(outer) else items
    return inner if is_non_null(outer) else nullable(inner)
