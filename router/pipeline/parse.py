"""Parse: the text of a request to a document and the one operation that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
)
from graphql import parse as parse_document

from router.errors import ClientError
from router.policies.limits import Limits, too_large

if TYPE_CHECKING:
    from collections.abc import Mapping


class ParsedDocument(NamedTuple):
    """A document and what the later stages need of it."""

    document: DocumentNode
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]


def parse(
    text: str, operation_name: str | None, limits: Limits, *, has_locations: bool = True
) -> ParsedDocument:
    """The document, not yet validated.

    Args:
        text: As the client sent it.
        operation_name: Which operation is asked for; None: the only one.
        limits: Of tokens and comments.
        has_locations: Whether nodes know their places, which errors need. They keep every token
            of the text: a third of what a prepared operation takes.

    Raises:
        ClientError: GRAPHQL_PARSE_FAILED, QUERY_TOO_COMPLEX for too many tokens, or
            BAD_REQUEST when the operation is not there or several are and none is named.
    """
    try:
        document = parse_document(
            text,
            no_location=not has_locations,
            max_tokens=limits.max_tokens,
            # Comments are no tokens, yet they cost time to skip.
            max_comments=limits.max_tokens,
            allow_empty_selection_sets=False,
        )
    except GraphQLSyntaxError as error:
        raise _refusal(error, limits) from error
    operations = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    return ParsedDocument(
        document,
        _choose(operations, operation_name),
        {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        },
    )


def _choose(
    operations: list[OperationDefinitionNode], operation_name: str | None
) -> OperationDefinitionNode:
    if not operations:
        msg = "The document holds no operation."
        raise ClientError(msg, code="GRAPHQL_VALIDATION_FAILED")
    if operation_name is None:
        if len(operations) > 1:
            msg = "The document holds several operations: `operationName` must name one."
            raise ClientError(
                msg,
                code="GRAPHQL_VALIDATION_FAILED",
            )
        return operations[0]
    for operation in operations:
        if operation.name is not None and operation.name.value == operation_name:
            return operation
    msg = f"The document holds no operation named {operation_name!r}."
    raise ClientError(
        msg,
        code="GRAPHQL_VALIDATION_FAILED",
    )


def _refusal(error: GraphQLSyntaxError, limits: Limits) -> ClientError:
    message = error.message
    locations = [{"line": at.line, "column": at.column} for at in error.locations or ()]
    if "nested too deeply" in message:
        return ClientError(message, code="QUERY_TOO_DEEP", locations=locations)
    if "Parsing aborted" in message and limits.max_tokens is not None:
        return too_large(
            "QUERY_TOO_COMPLEX", "number of tokens", limits.max_tokens, limits.max_tokens + 1
        )
    return ClientError(message, code="GRAPHQL_PARSE_FAILED", locations=locations)
