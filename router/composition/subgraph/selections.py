"""The field sets of @key, @requires and @provides, resolved against a subgraph's types.

router.federation.field_set serves planning, where a field set is known to be good; here directives
and aliases must be seen to be refused, and every selected field must be found in the schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from graphql import (
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    parse,
)

from router.federation.type_refs import named_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.composition.subgraph.schema import SubgraphSchema
    from router.federation.document import Field

MAX_NESTED_BRACES = 50


@dataclass(frozen=True, slots=True)
class FieldSelection:
    name: str
    arguments: tuple[tuple[str, ValueNode], ...] = ()
    selections: tuple[Selection, ...] = ()
    directives: tuple[str, ...] = ()
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class FragmentSelection:
    """`... on type_name { }`; without a type condition `type_name` is None."""

    type_name: str | None
    selections: tuple[Selection, ...]
    directives: tuple[str, ...] = ()


Selection = FieldSelection | FragmentSelection
Selections = tuple[Selection, ...]


class SelectionError(Exception):
    """The text is no selection set."""


@lru_cache(maxsize=8192)
def parse_selections(text: str) -> Selections:
    """Parse `id organization { id }`, braces around it allowed.

    Raises:
        SelectionError: Not a selection set, or one with fragment spreads.
    """
    if text.isidentifier():
        return (FieldSelection(text),)
    if text.count("{") + text.count("[") > MAX_NESTED_BRACES:
        msg = "too deeply nested"
        raise SelectionError(msg)
    if not text.strip(" \t\r\n,{}"):
        msg = "it selects nothing"
        raise SelectionError(msg)
    source = text if text.lstrip().startswith("{") else f"{{{text}}}"
    try:
        document = parse(source, no_location=True, allow_empty_selection_sets=False)
    except GraphQLError as error:
        raise SelectionError(error.message) from None
    operation = document.definitions[0]
    if len(document.definitions) > 1 or not isinstance(operation, OperationDefinitionNode):
        msg = "not a selection set"
        raise SelectionError(msg)
    return _selections(operation.selection_set)


def _selections(node: SelectionSetNode | None) -> Selections:
    found: list[Selection] = []
    for selection in node.selections if node else ():
        directives = tuple(directive.name.value for directive in selection.directives or ())
        if isinstance(selection, FieldNode):
            found.append(
                FieldSelection(
                    selection.name.value,
                    tuple((arg.name.value, arg.value) for arg in selection.arguments or ()),
                    _selections(selection.selection_set),
                    directives,
                    selection.alias.value if selection.alias else None,
                )
            )
        elif isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            found.append(
                FragmentSelection(
                    condition.name.value if condition else None,
                    _selections(selection.selection_set),
                    directives,
                )
            )
        else:
            msg = "fragment spreads have no meaning here"
            raise SelectionError(msg)
    return tuple(found)


def print_selections(selections: Selections) -> str:
    """Canonical text, for messages and comparison."""
    return " ".join(_print(selection) for selection in selections)


def _print(selection: Selection) -> str:
    inner = f" {{ {print_selections(selection.selections)} }}" if selection.selections else ""
    if isinstance(selection, FieldSelection):
        return f"{selection.name}{inner}"
    return f"... on {selection.type_name}{inner}" if selection.type_name else f"...{inner}"


def normalized(selections: Selections) -> tuple[object, ...]:
    """A form in which two field sets that select the same are equal, whatever their order."""
    return tuple(
        sorted(
            (
                (
                    selection.name
                    if isinstance(selection, FieldSelection)
                    else f"...{selection.type_name}",
                    normalized(selection.selections),
                )
                for selection in selections
            ),
            key=repr,
        )
    )


class Selected(NamedTuple):
    """A field that a field set selects, and the type it was found in."""

    type_name: str
    field: Field
    selection: FieldSelection


def selected_fields(
    schema: SubgraphSchema,
    type_name: str,
    selections: Selections,
    *,
    with_implementations: bool = False,
) -> Iterator[Selected]:
    """Every field a field set selects, nested ones included; unknown ones are passed over.

    With implementations, the same field of implementing types counts when an interface's field is
    selected.
    """
    definition = schema.types.get(type_name)
    for selection in selections:
        if isinstance(selection, FragmentSelection):
            yield from selected_fields(
                schema,
                selection.type_name or type_name,
                selection.selections,
                with_implementations=with_implementations,
            )
            continue
        field = definition.fields.get(selection.name) if definition else None
        if field is None:
            continue
        yield Selected(type_name, field, selection)
        if with_implementations:
            for implementation in schema.implementations.get(type_name, ()):
                implementing = implementation.fields.get(selection.name)
                if implementing:
                    yield Selected(implementation.name, implementing, selection)
        if selection.selections:
            yield from selected_fields(
                schema,
                named_type(field.type),
                selection.selections,
                with_implementations=with_implementations,
            )
