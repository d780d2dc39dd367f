"""Validate: does the document fit the API schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLError, GraphQLSchema
from graphql import validate as validate_document
from graphql.language import FieldNode, Visitor, visit
from graphql.validation.rules import overlapping_fields_can_be_merged as overlapping_fields
from graphql.validation.validate import ValidationAbortedError

from router.errors import ClientError, InvalidRequestError

if TYPE_CHECKING:
    from router.pipeline.parse import ParsedDocument

_MAX_ERRORS = 20

_MOST_COMPARISONS = 500_000
_COMPARISONS_PER_TOKEN = 35
"""Fields of one response key are compared with one another, so time grows with the square of the
document: two seconds where it is 15,000 tokens. Small documents need less than this share."""


def validate(
    parsed: ParsedDocument,
    schema: GraphQLSchema,
    *,
    hide_suggestions: bool,
    max_tokens: int | None = None,
) -> None:
    """Refuse a document that the schema's rules forbid.

    Raises:
        InvalidRequestError: GRAPHQL_VALIDATION_FAILED, one error for each finding.
        ClientError: QUERY_TOO_COMPLEX, it takes too long to tell.
    """
    overlapping_fields.MAX_COMPLEXITY_BUDGET = (
        min(_COMPARISONS_PER_TOKEN * max_tokens, _MOST_COMPARISONS)
        if max_tokens is not None
        else _MOST_COMPARISONS
    )
    findings = validate_document(
        schema,
        parsed.document,
        max_errors=_MAX_ERRORS,
        hide_suggestions=hide_suggestions,
        allow_empty_selection_sets=False,
    )
    if findings and isinstance(findings[0], ValidationAbortedError):
        msg = "The operation repeats fields or fragments too often to be checked."
        raise ClientError(msg, code="QUERY_TOO_COMPLEX")
    if findings:
        raise InvalidRequestError([_refusal(finding) for finding in findings])


def refuse_introspection(parsed: ParsedDocument) -> None:
    """Refuse `__schema` and `__type`, wherever in the document they stand.

    Raises:
        ClientError: INTROSPECTION_DISABLED.
    """
    visit(parsed.document, _IntrospectionFinder())


class _IntrospectionFinder(Visitor):
    def enter_field(self, node: FieldNode, *_: object) -> None:
        if node.name.value in ("__schema", "__type"):
            msg = "Introspection is switched off."
            raise ClientError(msg, code="INTROSPECTION_DISABLED")


def _refusal(finding: GraphQLError) -> ClientError:
    return ClientError(
        finding.message,
        code="GRAPHQL_VALIDATION_FAILED",
        locations=[{"line": at.line, "column": at.column} for at in finding.locations or ()],
    )
