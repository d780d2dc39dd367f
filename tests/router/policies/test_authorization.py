from __future__ import annotations

from graphql import print_ast, validate

from router.pipeline.parse import parse
from router.policies.authorization import (
    Guard,
    denial_errors,
    deny,
    guards_of,
    policies_of,
    refusals,
)
from router.policies.identity import ANONYMOUS, Identity, Viewer
from router.policies.limits import Limits
from router.supergraph import SecurityRequirement, Supergraph, load_supergraph
from tests.router.policies.accounts_supergraph import SDL, accounts_supergraph

SUPERGRAPH = accounts_supergraph()


def viewer(*scopes: str) -> Identity:
    return Identity(Viewer("user_1", "sess_1", frozenset(scopes), "USER", 0), None)


def denied(
    text: str,
    identity: Identity = ANONYMOUS,
    policies: frozenset[str] = frozenset(),
    graph: Supergraph = SUPERGRAPH,
) -> tuple[str, dict[tuple[str, str], dict[str, object]]]:
    """The document left over, on one line, and the extensions at each denied field."""
    document = parse(text, None, Limits()).document
    guards = guards_of(document, graph)
    refused = refusals(guards, identity, policies)
    denial = deny(document, guards, refused, identity.problem, graph)
    assert validate(graph.api_schema, denial.document) == []
    fields = {coordinate: dict(field.extensions) for coordinate, field in denial.fields.items()}
    return " ".join(print_ast(denial.document).split()), fields


def test_an_unprotected_operation_has_no_guards() -> None:
    document = parse("{ me { id username } version }", None, Limits()).document
    assert guards_of(document, SUPERGRAPH) == ()


def test_a_protected_field_is_removed_for_anonymous_callers() -> None:
    left, fields = denied("{ me { id } tasks { nodes { id } } }")
    assert left == "{ me { id } }"
    assert fields == {("Query", "tasks"): {"code": "UNAUTHENTICATED", "reason": "TOKEN_MISSING"}}


def test_the_reason_is_that_of_the_token() -> None:
    _, fields = denied("{ tasks { totalCount } }", Identity(None, "TOKEN_EXPIRED"))
    assert fields["Query", "tasks"]["reason"] == "TOKEN_EXPIRED"


def test_a_missing_scope_is_forbidden_and_named() -> None:
    left, fields = denied("{ me { username } users { totalCount } }", viewer("account"))
    assert left == "{ me { username } }"
    assert fields == {("Query", "users"): {"code": "FORBIDDEN", "requiredScopes": [["users:read"]]}}


def test_one_of_the_scope_sets_is_enough() -> None:
    for scopes in (("account", "mail"), ("users:read",)):
        assert denied("{ me { email } }", viewer(*scopes)) == ("{ me { email } }", {})
    left, _ = denied("{ me { email } }", viewer("account"))
    assert left == "{ me { __typename } }"


def test_a_selection_left_empty_asks_for_the_type_name() -> None:
    left, _ = denied("{ tasks { nodes { id } } }")
    assert left == "{ __typename }"


def test_fields_inside_fragments_are_removed_too() -> None:
    left, _ = denied("{ me { ...F } } fragment F on User { id note }")
    assert left == "{ me { ...F } } fragment F on User { id }"


def test_an_interface_field_stays_for_types_that_may_be_read() -> None:
    left, fields = denied("{ nodes(ids: []) { id note } }")
    assert left == "{ nodes(ids: []) { id ... { ... on Task { note } } } }"
    assert fields == {("User", "note"): {"code": "UNAUTHENTICATED", "reason": "TOKEN_MISSING"}}


def test_a_protected_type_protects_the_fields_that_return_it() -> None:
    left, fields = denied("{ version secret { text } }")
    assert left == "{ version }"
    assert ("Query", "secret") in fields


def test_a_protected_type_protects_what_an_interface_calls_by_a_wider_one() -> None:
    sdl = (
        SDL.replace("{ id: ID! note: String", "{ part: Node id: ID! note: String")
        .replace("  id: ID!\n  note: String @join", "  part: User\n  id: ID!\n  note: String @join")
        .replace("  id: ID!\n  note: String\n", "  part: Secret\n  id: ID!\n  note: String\n")
        .replace("type Secret ", "type Secret implements Node ")
        .replace("{ text: String }", "{ text: String part: Node id: ID! note: String }")
    )
    left, fields = denied("{ nodes(ids: []) { part { __typename } } }", graph=load_supergraph(sdl))
    assert left == "{ nodes(ids: []) { ... { ... on User { part { __typename } } } } }"
    assert sorted(fields) == [("Secret", "part"), ("Task", "part")]


def test_the_name_of_a_denied_field_stays_the_clients() -> None:
    """The plan would take `id`, were it free, for the key it needs itself."""
    left, _ = denied("{ me { id: note username } }")
    assert left == "{ me { id: __typename username } }"


def test_all_scopes_that_are_needed_are_told() -> None:
    """A type and its field each have a requirement of their own."""
    requirements = (
        SecurityRequirement(scopes=(("a",), ("b", "c"))),
        SecurityRequirement(scopes=(("a", "d"),)),
    )
    guard = Guard(requirements, (("Query", "users"),))
    document = parse("{ users { totalCount } }", None, Limits()).document
    [field] = deny(document, (guard,), 1, None, SUPERGRAPH).fields.values()
    assert field.extensions["requiredScopes"] == [["a", "d"], ["b", "c", "a", "d"]]


def test_policies_hold_only_when_somebody_says_so() -> None:
    document = parse("{ report }", None, Limits()).document
    guards = guards_of(document, SUPERGRAPH)
    assert policies_of(guards) == {"auditor"}
    assert refusals(guards, viewer(), frozenset()) == 1
    assert refusals(guards, viewer(), frozenset({"auditor"})) == 0
    assert refusals(guards, ANONYMOUS, frozenset({"auditor"})) == 0


def test_a_refused_operation_names_every_field() -> None:
    document = parse("{ tasks { totalCount } users { totalCount } }", None, Limits()).document
    guards = guards_of(document, SUPERGRAPH)
    errors = denial_errors(guards, refusals(guards, viewer(), frozenset()), viewer())
    assert [(error.code, error.status, error.extensions["field"]) for error in errors] == [
        ("FORBIDDEN", 403, "Query.tasks"),
        ("FORBIDDEN", 403, "Query.users"),
    ]
