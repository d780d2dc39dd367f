"""@key selects leaves that identify the entity: no arguments, no abstract types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.rules.field_sets import FieldSetRules, check_field_set
from router.composition.subgraph.schema import keys_of
from router.federation.document import Kind

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext

_RULES = FieldSetRules(
    "KEY", must_be_external=False, may_have_arguments=False, may_be_abstract=False
)
_KEYS_ON_INTERFACES_SINCE = (2, 3)


def key_fields(context: RuleContext) -> None:
    for definition in context.schema.types.values():
        for key in keys_of(definition):
            if (
                definition.kind is Kind.INTERFACE
                and context.schema.version < _KEYS_ON_INTERFACES_SINCE
            ):
                message = f"Cannot use @key on interface {definition.name}: it needs federation 2.3"
                context.error(ErrorCode.KEY_UNSUPPORTED_ON_INTERFACE, message, key)
            check_field_set(context, key, definition.name, definition.name, _RULES)
