"""Validate: does the document fit the API schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import DocumentNode, GraphQLError, GraphQLSchema
from graphql import validate as validate_document
from graphql.language import FieldNode, Visitor, visit
from graphql.validation.rules import overlapping_fields_can_be_merged as overlapping_fields
from graphql.validation.validate import ValidationAbortedError

from router.errors import ClientError, InvalidRequestError

if TYPE_CHECKING:
    from router.pipeline.parse import ParsedDocument

_MAX_ERRORS = 20
_MAX_LINES_READ = 100_000
"""To say where an error is, the lines of the text before it are counted anew for each error."""

_MOST_COMPARISONS = 200_000
_COMPARISONS_PER_TOKEN = 35
"""Fields of one response key are compared with one another, so time grows with the square of the
document: two seconds where it is 15,000 tokens. Sixty fragments side by side need this share."""


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
        max_errors=_most_errors(parsed.document),
        hide_suggestions=hide_suggestions,
        allow_empty_selection_sets=False,
    )
    if findings and isinstance(findings[0], ValidationAbortedError):
        msg = "The operation repeats fields or fragments too often to be checked."
        raise ClientError(msg, code="QUERY_TOO_COMPLEX")
    if findings:
        raise InvalidRequestError([_refusal(finding) for finding in findings])


def _most_errors(document: DocumentNode) -> int:
    """Fewer for texts of very many lines."""
    text = document.loc.source.body if document.loc is not None else ""
    lines = 1 + text.count("\n") + text.count("\r")
    return min(_MAX_ERRORS, 1 + _MAX_LINES_READ // lines)


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
