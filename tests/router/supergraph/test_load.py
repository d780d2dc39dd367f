"""Reading supergraphs of all join versions, and what is said of broken ones."""

from __future__ import annotations

import pytest
from graphql import build_schema, print_schema

from router.federation.field_set import parse_field_set
from router.supergraph import (
    Key,
    ListSize,
    SecurityRequirement,
    SupergraphError,
    load_supergraph,
)

HEAD = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)
  @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)
  @link(
    url: "https://specs.apollo.dev/cost/v0.1"
    import: ["@cost", { name: "@listSize", as: "@size" }]
  )
{ query: Query }
directive @join__field(graph: join__Graph, requires: join__FieldSet) on FIELD_DEFINITION
directive @mine(value: Int) on FIELD
scalar join__FieldSet
enum join__Graph {
  A @join__graph(name: "a-service", url: "http://a")
  B @join__graph(name: "b", url: "")
}
"""

MODERN = (
    HEAD
    + """
"The root."
type Query @join__type(graph: A) @join__type(graph: B) {
  me(old: Int @inaccessible, days: Int = 7 @cost(weight: 2)): User
    @join__field(graph: A, provides: "name") @authenticated
  users: [User!]! @join__field(graph: B) @cost(weight: 3)
    @size(assumedSize: 10, slicingArguments: ["first"], requireOneSlicingArgument: false)
  hidden: Secret @inaccessible @join__field(graph: A)
}
type User implements Node
  @join__type(graph: A, key: "id", resolvable: false)
  @join__type(graph: B, key: "id")
  @join__implements(graph: B, interface: "Node")
  @requiresScopes(scopes: [["a", "b"], ["c"]])
{
  id: ID!
  name: String @join__field(graph: A, external: true) @join__field(graph: B)
  moved: Int @join__field(graph: B, override: "a-service")
  half: Int
    @join__field(graph: A)
    @join__field(graph: B, override: "a-service", overrideLabel: "percent(1)")
  badge: Int @join__field(graph: B, requires: "name moved", type: "Int!")
  elsewhere: Int @join__field
}
interface Node @join__type(graph: A) @join__type(graph: B) { id: ID! }
type Secret implements Node @join__type(graph: A) @inaccessible { id: ID! }
union Thing @join__type(graph: A) @join__type(graph: B)
  @join__unionMember(graph: A, member: "User") @join__unionMember(graph: A, member: "Secret")
  @join__unionMember(graph: B, member: "User")
  = User | Secret
enum Level @join__type(graph: A) { LOW HIGH @inaccessible }
scalar Date @join__type(graph: A) @specifiedBy(url: "https://date.example")
input Filter @join__type(graph: A) { level: Level = LOW secret: Int @inaccessible }
"""
)


def test_each_subgraph_has_its_own_view_of_a_type() -> None:
    supergraph = load_supergraph(MODERN)
    assert list(supergraph.subgraphs) == ["a-service", "b"]
    assert supergraph.subgraphs["a-service"].url == "http://a"
    in_a = supergraph.subgraphs["a-service"].types["User"]
    in_b = supergraph.subgraphs["b"].types["User"]
    assert list(in_a.fields) == ["id", "name", "half"]
    assert list(in_b.fields) == ["id", "name", "moved", "half", "badge"]
    assert in_a.keys == (Key(parse_field_set("id"), "id", is_resolvable=False),)
    assert in_a.fields["name"].is_external
    assert not in_b.fields["name"].is_external
    assert in_b.fields["badge"].requires == parse_field_set("name moved")
    assert in_b.fields["badge"].type == "Int!"
    assert in_a.interfaces == ()
    assert in_b.interfaces == ("Node",)
    root = supergraph.subgraphs["a-service"].types["Query"]
    assert root.fields["me"].provides == parse_field_set("name")


def test_a_labelled_override_is_open_on_both_sides() -> None:
    supergraph = load_supergraph(MODERN)
    assert supergraph.override_labels == ("percent(1)",)
    assert (
        supergraph.subgraphs["a-service"].types["User"].fields["half"].inactive_if == "percent(1)"
    )
    assert supergraph.subgraphs["b"].types["User"].fields["half"].active_if == "percent(1)"


def test_possible_types_differ_by_subgraph() -> None:
    supergraph = load_supergraph(MODERN)
    assert supergraph.possible_types["Thing"] == ("Secret", "User")
    assert supergraph.subgraphs["a-service"].types["Thing"].possible_types == ("Secret", "User")
    assert supergraph.subgraphs["b"].types["Thing"].possible_types == ("User",)
    assert supergraph.subgraphs["a-service"].types["Node"].possible_types == ("Secret",)
    assert supergraph.subgraphs["b"].types["Node"].possible_types == ("User",)


def test_policies_are_known_by_api_names() -> None:
    supergraph = load_supergraph(MODERN)
    assert supergraph.security == {
        ("Query", "me"): SecurityRequirement(authenticated=True),
        "User": SecurityRequirement(scopes=(("a", "b"), ("c",))),
    }
    assert supergraph.cost == {("Query", "me", "days"): 2, ("Query", "users"): 3}
    assert supergraph.list_sizes == {("Query", "users"): ListSize(10, ("first",), (), False)}


def test_the_api_schema_is_what_clients_may_use() -> None:
    supergraph = load_supergraph(MODERN)
    expected = build_schema(
        """
        directive @mine(value: Int) on FIELD
        "The root."
        type Query { me(days: Int = 7): User users: [User!]! }
        type User implements Node {
          id: ID! name: String moved: Int half: Int badge: Int elsewhere: Int
        }
        interface Node { id: ID! }
        union Thing = User
        enum Level { LOW }
        scalar Date @specifiedBy(url: "https://date.example")
        input Filter { level: Level = LOW }
        """
    )
    assert print_schema(supergraph.api_schema) == print_schema(expected)
    assert print_schema(build_schema(supergraph.api_sdl)) == print_schema(expected)


@pytest.mark.parametrize("escaped", [r"\n after", r"before \n", r"\u0007", "two\\n  lines"])
def test_clients_see_descriptions_as_they_are(escaped: str) -> None:
    query = f'"{escaped}" type Query'
    supergraph = load_supergraph(f"{HEAD} {query} @join__type(graph: A) {{ a: Int }}")
    expected = build_schema(f"{query} {{ a: Int }}")
    assert supergraph.api_schema.type_map["Query"].description == (
        expected.type_map["Query"].description
    )


def test_types_named_like_a_specification_belong_to_the_api() -> None:
    supergraph = load_supergraph(
        HEAD
        + """
type Query @join__type(graph: A) { tag: tag link: link cost(by: cost): Int }
type tag @join__type(graph: A) { name: String }
type link @join__type(graph: A) { url: String }
enum cost @join__type(graph: A) { LOW @join__enumValue(graph: A) }
"""
    )

    assert {"tag", "link", "cost"} <= supergraph.api_schema.type_map.keys()


def test_the_first_join_version_has_owners() -> None:
    supergraph = load_supergraph(
        """
        schema @core(feature: "https://specs.apollo.dev/core/v0.1")
               @core(feature: "https://specs.apollo.dev/join/v0.1") { query: Query }
        enum join__Graph {
          A @join__graph(name: "a", url: "")
          B @join__graph(name: "b", url: "")
        }
        type Query { user: User @join__field(graph: A) }
        type User @join__owner(graph: A) @join__type(graph: A, key: "id")
                  @join__type(graph: B, key: "id") {
          id: ID! @join__field(graph: A)
          name: String
          posts: [Post] @join__field(graph: B)
        }
        type Post { title: String }
        """
    )
    in_a, in_b = (supergraph.subgraphs[name].types for name in ("a", "b"))
    assert set(in_a["User"].fields) == {"id", "name"}
    assert set(in_b["User"].fields) == {"posts"}
    assert set(in_a["Post"].fields) == set(in_b["Post"].fields) == {"title"}


@pytest.mark.parametrize(
    ("sdl", "message"),
    [
        ("type Query {", "supergraph: Syntax error"),
        ("type Query { a: Int }", "supergraph: it links no join specification"),
        (
            'schema @link(url: "https://specs.apollo.dev/join/v0.9") { query: Query }',
            "supergraph: join specification v0.9 is unknown",
        ),
        (HEAD, "supergraph: query type 'Query' is no object type"),
        (
            HEAD + "type Query @join__type(graph: C) { a: Int }",
            "supergraph: Query: @join__type names the graph 'C'",
        ),
        (
            HEAD + "type Query @join__type(graph: A) { a: Int @join__field(graph: B) }",
            "supergraph: Query.a is in B, its type is not",
        ),
        (
            HEAD + 'type Query @join__type(graph: A, key: "id {") { id: Int }',
            "supergraph: field set 'id {': Syntax Error",
        ),
        (HEAD + "type A { a: Int a: Int }", "supergraph: field 'A.a' is declared twice"),
        (
            HEAD
            + """type Query @join__type(graph: A) {
              a: Int @join__field(graph: A, contextArguments: ["c"])
            }""",
            "supergraph: contextArguments of a must be a list of objects",
        ),
        (
            HEAD
            + """type Query @join__type(graph: A) {
              a: Int @join__field(graph: A, contextArguments: [{ name: "c", context: "a__c" }])
            }""",
            "supergraph: field set ''",
        ),
    ],
)
def test_a_broken_supergraph_says_what_is_wrong(sdl: str, message: str) -> None:
    with pytest.raises(SupergraphError) as caught:
        load_supergraph(sdl)
    assert str(caught.value).startswith(message)
