"""@fromContext names a context that is set, and selects a value from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subgraph.facts import context_reference
from router.composition.subgraph.schema import is_resolvable, keys_of, uses_of
from router.composition.subgraph.selection_problems import selection_problems
from router.composition.subgraph.selections import FragmentSelection, Selections
from router.federation.specification import CONTEXT

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext
    from router.federation.document import Field, InputValue, TypeDefinition


def context_arguments(context: RuleContext) -> None:
    setters: dict[str, list[str]] = {}
    for definition in context.schema.types.values():
        for use in uses_of(definition, CONTEXT):
            setters.setdefault(str(use.arguments.get("name")), []).append(definition.name)
    for definition, field in context.schema.fields():
        for argument in field.arguments.values():
            reference = context_reference(argument)
            if reference is not None:
                _check(context, definition, field, argument, setters)


def _check(
    context: RuleContext,
    definition: TypeDefinition,
    field: Field,
    argument: InputValue,
    setters: dict[str, list[str]],
) -> None:
    where = f"@fromContext on {definition.name}.{field.name}({argument.name}:)"
    name, selections = context_reference(argument) or ("", ())
    if not name:
        message = f"{where} names no context"
        context.error(ErrorCode.NO_CONTEXT_REFERENCED, message, argument)
        return
    if name not in setters:
        message = f'{where}: no type sets the context "{name}"'
        context.error(ErrorCode.CONTEXT_NOT_SET, message, argument)
        return
    if not selections:
        message = f"{where} selects nothing"
        context.error(ErrorCode.NO_SELECTION_FOR_CONTEXT, message, argument)
        return
    if not any(map(is_resolvable, keys_of(definition))):
        message = f"{where}: {definition.name} needs a resolvable @key to be called again"
        context.error(ErrorCode.CONTEXT_NO_RESOLVABLE_KEY, message, argument)
    _check_selections(context, where, argument, setters[name], selections)


def _check_selections(
    context: RuleContext,
    where: str,
    argument: InputValue,
    setters: list[str],
    selections: Selections,
) -> None:
    for setter in setters:
        if all(isinstance(selection, FragmentSelection) for selection in selections):
            continue
        problem = next(selection_problems(context.schema, setter, selections), None)
        if problem:
            context.error(ErrorCode.CONTEXT_INVALID_SELECTION, f"{where}: {problem}", argument)
