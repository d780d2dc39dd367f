"""Prepare an operation: every stage that depends on its text alone, in order."""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING

from router.errors import ClientError
from router.pipeline.coerce_variables import compile_coercion
from router.pipeline.operation import Operation
from router.pipeline.parse import parse
from router.pipeline.validate import refuse_introspection, validate
from router.policies.authorization import guards_of
from router.policies.cost import compile_cost
from router.policies.limits import check_operation, guarded_calls, root_fields
from router.supergraph.used_coordinates import used_coordinates

if TYPE_CHECKING:
    from graphql import GraphQLSchema

    from router.pipeline.engine import Engine
    from router.pipeline.parse import ParsedDocument
    from router.policies.policy_set import PolicySet
    from router.supergraph import Supergraph


_CHARACTERS_OF_A_FIELD = 20
"""What a field usually takes of a text; fragments that spread fragments make many of few."""


def prepare_operation(
    text: str, operation_name: str | None, engine: Engine, policies: PolicySet
) -> Operation:
    """Check an operation that was not seen before; the result is kept by text and name.

    Raises:
        ClientError, InvalidRequestError: The text is no operation that may be answered here.
    """
    supergraph, limits = engine.supergraph, policies.limits
    schema, hide = supergraph.api_schema, policies.hides_suggestions
    try:
        parsed = parse(text, operation_name, limits)
        fields = check_operation(parsed.operation, parsed.fragments, limits)
        if not policies.allows_introspection:
            refuse_introspection(parsed)
        validate(parsed, schema, hide_suggestions=hide, max_tokens=limits.max_tokens)
        engine.introspection_limit.check(parsed.operation, parsed.fragments)
        parsed = parse(text, operation_name, limits, has_locations=False)
        return Operation(
            text,
            parsed.document,
            parsed.operation,
            weight=max(len(text), _CHARACTERS_OF_A_FIELD * fields),
            coerce=compile_coercion(schema, parsed.operation, hide_suggestions=hide),
            estimate_cost=compile_cost(parsed.operation, parsed.fragments, supergraph)
            if limits.max_cost is not None
            else None,
            guards=guards_of(parsed.document, supergraph)
            if policies.authorization != "off"
            else (),
            limited_fields=_limited_fields(parsed, supergraph, policies),
            guarded_calls=guarded_calls(parsed.operation, parsed.fragments, limits),
            coordinates=_coordinates(parsed, schema) if policies.notes_use else (),
        )
    except RecursionError as error:
        msg = "The operation is nested too deeply."
        raise ClientError(msg, code="QUERY_TOO_DEEP") from error


def _coordinates(parsed: ParsedDocument, schema: GraphQLSchema) -> tuple[str, ...]:
    """What it uses; nothing if it does not go beyond introspection.

    Equal texts of all operations are one object.
    """
    found = used_coordinates(parsed.document, schema)
    used = [intern(name) for name in sorted(found) if not name.startswith("__")]
    return tuple(used) if any("." in name for name in used) else ()


def _limited_fields(
    parsed: ParsedDocument, supergraph: Supergraph, policies: PolicySet
) -> tuple[str, ...]:
    """One coordinate for each call of a root field with a rate limit of its own."""
    if policies.rate_limits is None or not policies.rate_limits.fields:
        return ()
    root_type = supergraph.root_types[parsed.operation.operation.value]
    called = root_fields(parsed.operation, parsed.fragments)
    coordinates = [f"{root_type}.{name}" for name in called.values()]
    return tuple(name for name in coordinates if name in policies.rate_limits.fields)
