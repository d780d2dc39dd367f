"""What can be read from where, as composition asks it."""

from __future__ import annotations

from router.query_graph import Obstacle, QueryGraph, Unreachable, find_unreachable
from router.supergraph import load_supergraph

HEAD = """
schema @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
enum join__Graph {
  A @join__graph(name: "a", url: "")
  B @join__graph(name: "b", url: "")
}
"""


def unreachable(sdl: str) -> tuple[Unreachable, ...]:
    return find_unreachable(QueryGraph(load_supergraph(HEAD + sdl)))


def test_a_field_behind_a_key_is_reachable() -> None:
    assert (
        unreachable(
            """
        type Query @join__type(graph: A) { user: User @join__field(graph: A) }
        type User @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
          id: ID! name: String @join__field(graph: B)
        }
        """
        )
        == ()
    )


def test_a_field_without_a_key_is_not() -> None:
    assert unreachable(
        """
        type Query @join__type(graph: A) { me: User @join__field(graph: A) }
        type User @join__type(graph: A) @join__type(graph: B) {
          id: ID! name: String @join__field(graph: B)
        }
        """
    ) == (
        Unreachable(
            path=("Query.me",),
            type_name="User",
            field="name",
            standing_in=("a",),
            obstacles=(Obstacle("b", "type 'User' has no resolvable @key there"),),
        ),
    )


def test_a_key_that_cannot_be_read_does_not_help() -> None:
    (found,) = unreachable(
        """
        type Query @join__type(graph: A) { me: User @join__field(graph: A) }
        type User @join__type(graph: A, key: "id") @join__type(graph: B, key: "sku") {
          id: ID! @join__field(graph: A)
          sku: ID @join__field(graph: A, external: true) @join__field(graph: B, external: true)
        }
        """
    )
    assert found.field == "sku"


def test_required_fields_must_be_reachable_too() -> None:
    (found,) = unreachable(
        """
        type Query @join__type(graph: A) { me: User @join__field(graph: A) }
        type User @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
          id: ID!
          size: Int @join__field(graph: B, requires: "weight")
          weight: Int @join__field(graph: B, external: true) @join__field(graph: A, external: true)
        }
        """
    )[:1]
    assert (found.field, found.obstacles) == (
        "size",
        (Obstacle("b", "its @requires(fields: 'weight') cannot be read"),),
    )


def test_members_of_an_interface_object_need_the_interface() -> None:
    found = unreachable(
        """
        type Query @join__type(graph: B) { node: Node @join__field(graph: B) }
        interface Node
          @join__type(graph: A)
          @join__type(graph: B, key: "id", isInterfaceObject: true)
        { id: ID! }
        type User implements Node @join__type(graph: A, key: "id")
          @join__implements(graph: A, interface: "Node") { id: ID! name: String }
        """
    )
    assert {(item.type_name, item.field) for item in found} == {("User", "id"), ("User", "name")}
