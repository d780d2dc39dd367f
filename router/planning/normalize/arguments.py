"""Arguments as text: equal text, equal arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import ArgumentNode, ListValueNode, ObjectValueNode, ValueNode, VariableNode, print_ast

if TYPE_CHECKING:
    from collections.abc import Iterable


def print_arguments(arguments: Iterable[ArgumentNode]) -> tuple[str, tuple[str, ...]]:
    """Arguments sorted by name, "(first: 5)" or "", and the variables in them."""
    if not arguments:
        return "", ()
    variables: list[str] = []
    printed = []
    for argument in sorted(arguments, key=lambda node: node.name.value):
        _find_variables(argument.value, variables)
        printed.append(f"{argument.name.value}: {print_ast(argument.value)}")
    return f"({', '.join(printed)})", tuple(dict.fromkeys(variables))


def _find_variables(value: ValueNode, found: list[str]) -> None:
    if isinstance(value, VariableNode):
        found.append(value.name.value)
    elif isinstance(value, ListValueNode):
        for item in value.values:
            _find_variables(item, found)
    elif isinstance(value, ObjectValueNode):
        for field in value.fields:
            _find_variables(field.value, found)
