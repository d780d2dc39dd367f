"""docs/errors.md: every code a client or a composing team can meet."""

from collections.abc import Iterator, Mapping

from graphql import GraphQLEnumType, build_schema

from devstack.stack import CHECKOUT
from router.composition.codes import ErrorCode, HintCode

_HEAD = """\
# Errors

What the person at the screen can mend is data: `userErrors` of a mutation's payload.
What the program did wrong, or the server could not do, is an error with `extensions.code`.
Codes are stable and never reused.
What an app does about them: [frontend.md](frontend.md#two-kinds-of-errors).
This page is written by `make environment` from the code.
"""

_REQUEST_HEAD = """\
## Codes of requests (`errors[].extensions.code`)

Every error carries `extensions.requestId`; quote it when you report a fault.
The status is that of `accept: application/graphql-response+json`.
With `application/json` a well-formed request is answered with 200,
except for 405, 406, 413, 415, 429, 503 and 504.
"""

REQUEST_CODES: Mapping[str, tuple[str, str]] = {
    "BAD_REQUEST": ("400", "No GraphQL request: the body or a parameter cannot be read."),
    "BAD_USER_INPUT": (
        "400 for variables, 200 in a field",
        "A variable or argument cannot be used; `argument` names it.",
    ),
    "BATCH_NOT_ALLOWED": (
        "400",
        "An array of operations, or more than one credential mutation in a request.",
    ),
    "FORBIDDEN": ("200", "The token is good but lacks a scope (`requiredScopes`), or not yours."),
    "GRAPHQL_PARSE_FAILED": ("400", "The document is not GraphQL; `locations` say where."),
    "GRAPHQL_VALIDATION_FAILED": ("400", "The document does not fit the schema."),
    "INTERNAL_SERVER_ERROR": ("200 in a field, else 500", "Our fault; the log has the reason."),
    "INTROSPECTION_DISABLED": ("400", "`__schema` or `__type` while introspection is off."),
    "METHOD_NOT_ALLOWED": ("405", "A mutation by GET, or a method other than GET and POST."),
    "NOT_ACCEPTABLE": ("406", "`Accept` lists no media type that we can answer with."),
    "OPERATION_NOT_ALLOWED": ("400", "Only persisted operations are accepted; this is none."),
    "OPERATION_NOT_FOUND": ("400", "The document has no operation of this name, or several."),
    "OPERATION_NOT_PLANNABLE": ("400", "No subgraph can answer a field in this place."),
    "OPERATION_NOT_SUPPORTED": ("400", "A kind of operation that the router does not run."),
    "OPERATION_TOO_LARGE": ("400", "The operation is too large to be planned."),
    "PAYLOAD_TOO_LARGE": ("413", "The body is over the limit."),
    "PERSISTED_QUERY_NOT_FOUND": ("200", "Send the text along with the hash once."),
    "PERSISTED_QUERY_NOT_SUPPORTED": ("200", "Automatic persisted queries are off."),
    "QUERY_TOO_COMPLEX": (
        "400",
        "Too many root fields, tokens or directives, or too expensive; `limit`, `actual`.",
    ),
    "QUERY_TOO_DEEP": ("400", "Nested too deep; `limit`, `actual`."),
    "RATE_LIMITED": (
        "429 from the router, 200 in a field",
        "Too many calls or failed log-ins; wait `retryAfter` seconds (header `Retry-After`).",
    ),
    "SERVICE_OVERLOADED": (
        "503 from the router, 200 in a field",
        "Load is shed, or a database does not answer; wait `retryAfter` seconds.",
    ),
    "SUBGRAPH_UNAVAILABLE": (
        "200",
        "A fetch from `service` failed; the rest of the data is there.",
    ),
    "TIMEOUT": (
        "200 in a field, else 504",
        "The time for the operation is up; `service` had not answered, what is there is sent.",
    ),
    "TOO_MANY_ALIASES": ("400", "More aliases than allowed; `limit`, `actual`."),
    "UNAUTHENTICATED": (
        "200",
        "No good token; `reason` is TOKEN_MISSING, TOKEN_EXPIRED, TOKEN_INVALID or SESSION_ENDED.",
    ),
    "UNSUPPORTED_MEDIA_TYPE": ("415", "The body of a POST is not `application/json`."),
}


def error_page() -> str:
    """The whole page."""
    return "\n".join(
        [
            _HEAD,
            _REQUEST_HEAD,
            *_table(("code", "status", "when"), _request_rows()),
            "",
            "## Codes of `userErrors`",
            "",
            *_table(("code", "when"), _user_error_rows()),
            "",
            "## Codes of composition",
            "",
            "Every error names the subgraphs and the place in their SDL.",
            "",
            *_table(("code", "what it means"), ((code.name, code.value) for code in ErrorCode)),
            "",
            "Hints stop nothing:",
            "",
            *_table(("code", "what it means"), ((code.name, code.value) for code in HintCode)),
            "",
        ]
    )


def _request_rows() -> Iterator[tuple[str, str, str]]:
    for code, (status, when) in sorted(REQUEST_CODES.items()):
        yield code, status, when


def _user_error_rows() -> Iterator[tuple[str, str]]:
    api = build_schema((CHECKOUT / "schema" / "api.graphql").read_text(), assume_valid=True)
    codes = api.type_map["UserErrorCode"]
    if isinstance(codes, GraphQLEnumType):
        for name, value in sorted(codes.values.items()):
            yield name, value.description or ""


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> list[str]:
    return [
        _row(head),
        "|" + "---|" * len(head),
        *(_row((f"`{code}`", *cells)) for code, *cells in rows),
    ]


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
