"""Default values fit their types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.rules.graphql_values import value_problem
from router.federation.document import ABSENT, InputValue

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def default_values(context: RuleContext) -> None:
    for definition in context.schema.types.values():
        for element in definition.fields.values():
            for argument in element.arguments.values():
                _check(context, f"{definition.name}.{element.name}({argument.name}:)", argument)
        for input_field in definition.input_fields.values():
            _check(context, f"{definition.name}.{input_field.name}", input_field)
    for directive in context.schema.directives.values():
        for argument in directive.arguments.values():
            _check(context, f"@{directive.name}({argument.name}:)", argument)


def _check(context: RuleContext, coordinate: str, element: InputValue) -> None:
    if element.default is ABSENT:
        return
    problem = value_problem(element.default, element.type, context.schema.types)
    if problem:
        message = f"Invalid default value of {coordinate}: {problem}"
        context.error(ErrorCode.INVALID_GRAPHQL, message, element)
