"""Field sets: the `fields` of @key, @requires and @provides, parsed to a small frozen tree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    parse,
    print_ast,
)


@dataclass(frozen=True, slots=True)
class FieldSetField:
    """One field of a field set.

    Attributes:
        arguments: As printed in an operation, parentheses included; "" without arguments.
        selections: Empty for leaves.
    """

    name: str
    arguments: str = ""
    selections: tuple[FieldSetSelection, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldSetFragment:
    """`... on type_name { selections }`."""

    type_name: str
    selections: tuple[FieldSetSelection, ...]


FieldSetSelection = FieldSetField | FieldSetFragment
FieldSet = tuple[FieldSetSelection, ...]


class FieldSetError(ValueError):
    """The text is no field set; the message says what is wrong with it."""


@lru_cache(maxsize=16_384)
def parse_field_set(text: str) -> FieldSet:
    """Parse `id organization { id }`, braces around it allowed.

    The same field with the same arguments is merged.

    Raises:
        FieldSetError: Syntax error, fragment spread, alias, variable or no field at all.
    """
    words = text.split()
    if words and all(word.isidentifier() and word.isascii() for word in words):
        return tuple(FieldSetField(name) for name in dict.fromkeys(words))
    try:
        source = text if text.lstrip().startswith("{") else f"{{{text}}}"
        document = parse(source, no_location=True)
    except GraphQLError as error:
        msg = f"field set {text!r}: {error.message}"
        raise FieldSetError(msg) from error
    operation = document.definitions[0]
    if len(document.definitions) != 1 or not isinstance(operation, OperationDefinitionNode):
        msg = f"field set {text!r} is not one selection set"
        raise FieldSetError(msg)
    return _selections(operation.selection_set, text)


def merge_field_sets(*field_sets: FieldSet) -> FieldSet:
    """All selections in first-seen order, each once, selections of the same field merged."""
    fields: dict[tuple[str, str], FieldSetField] = {}
    fragments: dict[str, FieldSetFragment] = {}
    order: list[tuple[str, str] | str] = []
    for selection in (selection for field_set in field_sets for selection in field_set):
        match selection:
            case FieldSetField(name, arguments, selections):
                key = (name, arguments)
                known = fields.get(key)
                if known is None:
                    order.append(key)
                    fields[key] = selection
                elif selections != known.selections:
                    merged = merge_field_sets(known.selections, selections)
                    fields[key] = FieldSetField(name, arguments, merged)
            case FieldSetFragment(type_name, selections):
                present = fragments.get(type_name)
                if present is None:
                    order.append(type_name)
                    fragments[type_name] = selection
                else:
                    merged = merge_field_sets(present.selections, selections)
                    fragments[type_name] = FieldSetFragment(type_name, merged)
    return tuple(fragments[key] if isinstance(key, str) else fields[key] for key in order)


def print_field_set(field_set: FieldSet) -> str:
    """The field set on one line, as in SDL."""
    return " ".join(_print_selection(selection) for selection in field_set)


def _print_selection(selection: FieldSetSelection) -> str:
    match selection:
        case FieldSetField(name, arguments, ()):
            return f"{name}{arguments}"
        case FieldSetField(name, arguments, selections):
            return f"{name}{arguments} {{ {print_field_set(selections)} }}"
        case FieldSetFragment(type_name, selections):
            return f"... on {type_name} {{ {print_field_set(selections)} }}"


def _selections(selection_set: SelectionSetNode, text: str) -> FieldSet:
    selections: list[FieldSetSelection] = []
    for node in selection_set.selections:
        if isinstance(node, FieldNode):
            if node.alias is not None:
                msg = f"field set {text!r} has the alias {node.alias.value!r}"
                raise FieldSetError(msg)
            if any(_has_variable(argument.value) for argument in node.arguments or ()):
                msg = f"field set {text!r} has a variable"
                raise FieldSetError(msg)
            printed = print_ast(FieldNode(name=node.name, arguments=node.arguments))
            nested = _selections(node.selection_set, text) if node.selection_set else ()
            arguments = printed[len(node.name.value) :]
            selections.append(FieldSetField(node.name.value, arguments, nested))
        elif isinstance(node, InlineFragmentNode):
            nested = _selections(node.selection_set, text)
            if node.type_condition is None:
                selections.extend(nested)
            else:
                selections.append(FieldSetFragment(node.type_condition.name.value, nested))
        else:
            msg = f"field set {text!r} has a fragment spread"
            raise FieldSetError(msg)
    if not selections:
        msg = f"field set {text!r} selects nothing"
        raise FieldSetError(msg)
    return merge_field_sets(tuple(selections))


def _has_variable(value: ValueNode) -> bool:
    if isinstance(value, ListValueNode):
        return any(_has_variable(item) for item in value.values)
    if isinstance(value, ObjectValueNode):
        return any(_has_variable(field.value) for field in value.fields)
    return isinstance(value, VariableNode)
