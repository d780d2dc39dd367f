"""Print what is sent to a subgraph: as short as GraphQL allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import VariableDefinitionNode, print_ast

from router.planning.selections import ALWAYS, Conditions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from router.planning.query_plan import OperationKind
    from router.planning.selection_tree import Tree, TreeField


def print_tree(tree: Tree, around: Conditions, variables: set[str]) -> str:
    """A selection set without its braces; never empty.

    Args:
        tree: What to select.
        around: Conditions that hold wherever the selection is sent.
        variables: Takes the names of the variables that are used.
    """
    parts: list[str] = []
    for field in tree.fields.values():
        if field.below is not None:
            below = print_tree(field.below, around | field.conditions, variables)
            _print_field(parts, field, f"{{{below}}}", field.conditions - around, variables)
            continue
        for conditions in _weakest(wish - around for wish in field.wanted_under):
            _print_field(parts, field, "", conditions, variables)
    for type_name, fragment in tree.fragments.items():
        if fragment.fields or fragment.fragments:
            parts.append(f"...on {type_name}{{{print_tree(fragment, around, variables)}}}")
    return " ".join(parts) or "__typename"


def print_operation(
    kind: OperationKind,
    selection: str,
    variables: Iterable[str],
    definitions: Mapping[str, VariableDefinitionNode],
    added: Mapping[str, str] | None = None,
) -> str:
    """A whole operation around a printed selection set.

    Args:
        kind: Of the operation.
        selection: Printed, without braces.
        variables: The client's that are used.
        definitions: As the client wrote them.
        added: The router's own variables with their types.
    """
    declared = [f"${name}:{ref}" for name, ref in (added or {}).items()]
    declared += [_definition(definitions[name]) for name in variables]
    if declared:
        return f"{kind}({','.join(declared)}){{{selection}}}"
    return f"{{{selection}}}" if kind == "query" else f"{kind}{{{selection}}}"


def _definition(node: VariableDefinitionNode) -> str:
    default = f"={print_ast(node.default_value)}" if node.default_value is not None else ""
    return f"${node.variable.name.value}:{print_ast(node.type)}{default}"


def _print_field(
    parts: list[str], field: TreeField, below: str, conditions: Conditions, variables: set[str]
) -> None:
    key = field.alias or field.response_key
    text = field.name if key == field.name else f"{key}:{field.name}"
    text += field.arguments
    variables.update(field.variables)
    parts.append(_conditional(text, below, conditions, variables))


def _conditional(text: str, below: str, conditions: Conditions, variables: set[str]) -> str:
    """The selection with its directives; a second of one kind needs a fragment around it."""
    directives = ""
    outer: list[str] = []
    kinds: set[bool] = set()
    for variable, value in sorted(conditions):
        variables.add(variable)
        directive = f"@{'include' if value else 'skip'}(if:${variable})"
        if value in kinds:
            outer.append(directive)
        else:
            kinds.add(value)
            directives += directive
    text = f"{text}{directives}{below}"
    for directive in outer:
        text = f"...{directive}{{{text}}}"
    return text


def _weakest(wishes: Iterable[Conditions]) -> list[Conditions]:
    """Only the wishes that no weaker one covers, in first-seen order."""
    distinct = list(dict.fromkeys(wishes))
    if ALWAYS in distinct:
        return [ALWAYS]
    return [wish for wish in distinct if not any(other < wish for other in distinct)]
