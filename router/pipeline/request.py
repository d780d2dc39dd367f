"""What enters the pipeline and what leaves it, whichever transport carried it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from router.errors import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping


class GraphQLRequest(msgspec.Struct, forbid_unknown_fields=False):
    """The parameters of GraphQL over HTTP, as decoded JSON.

    Attributes:
        query: The text; None if a persisted operation is named in its place.
        operation_name: Which operation of the document; None: the only one.
        variables: Not yet coerced.
        extensions: Holds `persistedQuery` for automatic persisted operations.
        document_id: Id in the manifest of persisted operations, as in the specification's draft.
        doc_id: The same, as Relay's clients name it.
    """

    query: str | None = None
    operation_name: str | None = msgspec.field(name="operationName", default=None)
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = msgspec.field(name="documentId", default=None)
    doc_id: str | None = None

    def names_operation(self) -> bool:
        """Whether there is anything that says what to execute."""
        return not (
            self.query is None
            and self.extensions is None
            and self.document_id is None
            and self.doc_id is None
        )


class Caller(msgspec.Struct):
    """Who sent the request and how.

    Attributes:
        method: "GET" or "POST"; mutations are refused over GET.
        headers: Lower-case names; of repeated headers the last, except X-Forwarded-For, whose
            values are joined by commas.
        peer: Address of the other end of the connection; "" where there is none.
        response_headers: To be sent with the answer, whatever that will be.
        cost: Estimated so far; added up over all operations of a batch.
        guarded_calls: Calls so far of mutations of which a request may hold one; counted over all
            operations of a batch.
    """

    method: str
    headers: Mapping[bytes, bytes]
    peer: str = ""
    response_headers: tuple[tuple[bytes, bytes], ...] = ()
    cost: float = 0.0
    guarded_calls: int = 0


class Answer(msgspec.Struct):
    """One GraphQL response.

    Attributes:
        body: JSON text.
        status: HTTP status under `application/graphql-response+json`. Under `application/json` a
            400 from the pipeline becomes a 200.
        headers: Further response headers, names in lower case.
    """

    body: bytes
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()


_decoder = msgspec.json.Decoder(GraphQLRequest)
_any_decoder = msgspec.json.Decoder()


def decode_request(body: bytes) -> GraphQLRequest:
    """Read the JSON object of one request.

    Raises:
        ClientError: BAD_REQUEST; not JSON, not an object, or a parameter of a wrong type.
    """
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(error) from error


def decode_parameter(name: str, text: str) -> dict[str, Any] | None:
    """Read `variables` or `extensions` of a GET request.

    Raises:
        ClientError: BAD_REQUEST; not JSON, or neither an object nor null.
    """
    try:
        value = _any_decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        msg = f"`{name}` is not JSON"
        raise malformed(msg) from error
    if value is not None and not isinstance(value, dict):
        msg = f"`{name}` must be a JSON object"
        raise malformed(msg)
    return value


def malformed(reason: str) -> ClientError:
    """The refusal of what is no GraphQL request."""
    return ClientError(f"Bad request: {reason}.", code="BAD_REQUEST")


def unreadable(error: Exception) -> ClientError:
    """The refusal of a body that cannot be decoded: what is wrong with it, and where."""
    return malformed(_reason(error))


def _reason(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return _wrong_type(str(error))
    if isinstance(error, RecursionError):
        return "the JSON is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "the body is not JSON: a string is not UTF-8"
    # For example "JSON is malformed: expected ',' or '}' (byte 14)".
    found = str(error).removeprefix("JSON is malformed: ")
    return f"the body is not JSON: {found.replace('Input data was truncated', 'it ends too early')}"


_WRONG_TYPE = re.compile(r"Expected `([^`]+)`, got `([^`]+)`(?: - at `\$\.(\w+)`)?")
_WORDS = {
    "object": "an object",
    "array": "a list",
    "str": "a string",
    "int": "a number",
    "float": "a number",
    "bool": "a Boolean",
}


def _wrong_type(found: str) -> str:
    """For example "Expected `object | null`, got `str` - at `$.variables`" in JSON's words."""
    match = _WRONG_TYPE.match(found)
    if match is None:
        return found.rstrip(".")
    wanted, got, name = match.groups()
    wanted = " or ".join(_WORDS.get(word, word) for word in wanted.split(" | "))
    place = "the body" if name is None else f"`{name}`"
    return f"{place} must be {wanted}, not {_WORDS.get(got, got)}"
