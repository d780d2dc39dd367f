"""Answer with a subgraph's bytes where a plan is one fetch and nothing has to be changed.

The bytes are checked first: from the client's operation a decoder is made that accepts nothing but
what the client selected, in types that clients may see. An answer with errors, with a null in the
wrong place, with an absent or an extra field is not accepted, and goes the usual way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    parse,
)

from router.errors import PlanBugError
from router.execution.leaf_types import strict_type
from router.execution.scope import Scope, find_operation
from router.execution.shape import INTROSPECTION_FIELDS, Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from router.execution.shape import FieldShape
    from router.planning.query_plan import QueryPlan

PassThrough = Callable[[bytes], bool]
"""Body of an answer in; whether it can be the client's answer."""


def compile_pass_through(
    plan: QueryPlan, schema: GraphQLSchema, selection: Selection, conditions: Mapping[str, bool]
) -> PassThrough | None:
    """The check for an operation's answer; None if the answer cannot be passed on as it is.

    Args:
        plan: Of the operation.
        schema: The API schema.
        selection: What the client selected.
        conditions: Values of the variables in `@skip` and `@include`.
    """
    if len(plan.fetches) != 1:
        return None
    [fetch] = plan.fetches
    if fetch.entity_calls or fetch.renames or fetch.conditions or fetch.path:
        return None
    document = parse(fetch.operation, no_location=True)
    try:
        scope = Scope(schema, document, conditions, {})
        sent = Selection(
            scope, selection.parent_type, (find_operation(document, None).selection_set,)
        )
        if not _are_equal(selection, sent):
            return None
    except (PlanBugError, KeyError):  # it asks for something that clients cannot see
        return None
    envelope = msgspec.defstruct(
        "Envelope", [("data", _struct(selection))], forbid_unknown_fields=True, gc=False
    )
    decode = msgspec.json.Decoder(envelope).decode

    def check(body: bytes) -> bool:
        try:
            decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        return True

    return check


def _are_equal(client: Selection, sent: Selection) -> bool:
    """Whether both select the same, the same way for all object types."""
    if not client.is_uniform or not sent.is_uniform:
        return False
    ours, theirs = client.declared().fields, sent.declared().fields
    return [(field.key, field.name) for field in ours] == [
        (field.key, field.name) for field in theirs
    ] and all(_are_fields_equal(one, other) for one, other in zip(ours, theirs, strict=True))


def _are_fields_equal(client: FieldShape, sent: FieldShape) -> bool:
    if client.denied is not None or client.name in INTROSPECTION_FIELDS:
        return False
    if client.selection is None or sent.selection is None:
        return client.selection is sent.selection
    return _are_equal(client.selection, sent.selection)


def _struct(selection: Selection) -> type[msgspec.Struct]:
    """A class whose instances are the objects of a selection."""
    shape = selection.declared()
    fields = [
        (
            f"field_{number}",
            Literal[shape.type_name] if field.type is None else _type_of(field.type, field),
            msgspec.field(name=field.key),
        )
        for number, field in enumerate(shape.fields)
    ]
    return msgspec.defstruct(shape.type_name, fields, forbid_unknown_fields=True, gc=False)


def _type_of(declared: GraphQLOutputType, field: FieldShape) -> Any:  # noqa: ANN401 - a type form
    if not isinstance(declared, GraphQLNonNull):
        return _type_not_null(declared, field) | None
    return _type_not_null(declared.of_type, field)


def _type_not_null(declared: GraphQLOutputType, field: FieldShape) -> Any:  # noqa: ANN401
    if isinstance(declared, GraphQLList):
        return list[_type_of(declared.of_type, field)]  # type: ignore[misc]
    if field.selection is not None:
        return _struct(field.selection)
    return strict_type(get_named_type(declared))
