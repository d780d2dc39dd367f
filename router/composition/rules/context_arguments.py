"""@fromContext names a context that is set, and selects one value from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.rules.context_selections import selected_types, unmet_conditions
from router.composition.subgraph.facts import context_reference
from router.composition.subgraph.schema import is_resolvable, keys_of, use_of, uses_of
from router.composition.subgraph.selections import SelectionError, Selections
from router.composition.subtypes import is_subtype
from router.federation.document import ABSENT, Kind
from router.federation.specification import CONTEXT, FROM_CONTEXT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
                _check(context, definition, field, argument, reference, setters)
    for directive in context.schema.directives.values():
        for argument in directive.arguments.values():
            if use_of(argument, FROM_CONTEXT):
                message = (
                    f"@fromContext on @{directive.name}({argument.name}:): "
                    "only arguments of fields can read a context"
                )
                context.error(ErrorCode.CONTEXT_NOT_SET, message, argument)


def _check(
    context: RuleContext,
    definition: TypeDefinition,
    field: Field,
    argument: InputValue,
    reference: tuple[str, Selections],
    setters: Mapping[str, Sequence[str]],
) -> None:
    where = f"@fromContext on {definition.name}.{field.name}({argument.name}:)"
    name, selections = reference
    place_problem = _place_problem(context, definition, field, argument)
    if place_problem:
        context.error(ErrorCode.CONTEXT_NOT_SET, f"{where}: {place_problem}", argument)
        return
    if not name or not selections:
        what = f'selects nothing from the context "{name}"' if name else "names no context"
        context.error(ErrorCode.NO_CONTEXT_IN_SELECTION, f"{where} {what}", argument)
        return
    if name not in setters:
        message = f'{where}: no type sets the context "{name}"'
        context.error(ErrorCode.CONTEXT_NOT_SET, message, argument)
        return
    if not any(map(is_resolvable, keys_of(definition))):
        message = f"{where}: {definition.name} needs a resolvable @key to be called again"
        context.error(ErrorCode.CONTEXT_NO_RESOLVABLE_KEY, message, argument)
    for condition in unmet_conditions(context.schema, setters[name], selections):
        message = f'{where}: no type that sets the context can be a "{condition}"'
        context.error(ErrorCode.CONTEXT_INVALID_SELECTION, message, argument)
    for setter in setters[name]:
        problem = _selection_problem(context, setter, selections, argument)
        if problem:
            context.error(ErrorCode.CONTEXT_INVALID_SELECTION, f"{where}: {problem}", argument)


def _place_problem(
    context: RuleContext, definition: TypeDefinition, field: Field, argument: InputValue
) -> str | None:
    """Why no context can be used there: clients would see the argument on an interface."""
    if definition.kind is Kind.INTERFACE:
        return "it is a field of an interface"
    for name in definition.interfaces:
        interface = context.schema.types.get(name)
        if interface is not None and field.name in interface.fields:
            return f"the field implements {name}.{field.name}"
    if argument.default is not ABSENT:
        return "the argument has a default"
    return None


def _selection_problem(
    context: RuleContext, setter: str, selections: Selections, argument: InputValue
) -> str | None:
    try:
        for found in selected_types(context.schema, setter, selections):
            if not is_subtype(context.schema.types, found, argument.type):
                return f'the selection on "{setter}" is {found}, but the argument {argument.type}'
    except SelectionError as error:
        return str(error)
    return None
