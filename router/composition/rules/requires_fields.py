"""@requires selects fields that other subgraphs resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.rules.field_sets import FieldSetRules, check_field_set
from router.composition.subgraph.schema import uses_of
from router.federation.document import Kind
from router.federation.specification import REQUIRES

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext

_RULES = FieldSetRules(
    "REQUIRES", must_be_external=True, may_have_arguments=True, may_be_abstract=True
)


def requires_fields(context: RuleContext) -> None:
    for definition, field in context.schema.fields():
        for use in uses_of(field, REQUIRES):
            where = f"{definition.name}.{field.name}"
            if definition.kind is Kind.INTERFACE:
                message = f"Cannot use @requires on {where}: it is a field of an interface"
                context.error(ErrorCode.REQUIRES_UNSUPPORTED_ON_INTERFACE, message, use)
            check_field_set(context, use, definition.name, where, _RULES)
