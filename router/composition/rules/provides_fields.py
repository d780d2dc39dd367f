"""@provides selects fields of the returned type that are external elsewhere in the subgraph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.rules.field_sets import FieldSetRules, check_field_set
from router.composition.subgraph.schema import uses_of
from router.federation.document import Kind
from router.federation.specification import PROVIDES
from router.federation.type_refs import named_type

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext

_RULES = FieldSetRules(
    "PROVIDES", must_be_external=True, may_have_arguments=False, may_be_abstract=True
)


def provides_fields(context: RuleContext) -> None:
    for definition, field in context.schema.fields():
        for use in uses_of(field, PROVIDES):
            where = f"{definition.name}.{field.name}"
            returned = context.schema.types.get(named_type(field.type))
            if definition.kind is Kind.INTERFACE:
                message = f"Cannot use @provides on {where}: it is a field of an interface"
                context.error(ErrorCode.PROVIDES_UNSUPPORTED_ON_INTERFACE, message, use)
            if returned is None or not returned.is_composite:
                message = f"@provides on {where}: {field.type} has no fields to provide"
                context.error(ErrorCode.PROVIDES_ON_NON_OBJECT_FIELD, message, use)
                continue
            check_field_set(context, use, returned.name, where, _RULES)
