"""Ways to read a field: which subgraphs, by which keys, at what cost."""

from __future__ import annotations

from router.federation.field_set import parse_field_set
from router.query_graph import Place, QueryGraph, root_place
from router.supergraph import load_supergraph

HEAD = """
schema @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
enum join__Graph {
  A @join__graph(name: "a", url: "")
  B @join__graph(name: "b", url: "")
  C @join__graph(name: "c", url: "")
}
"""


def place_of(sdl: str, field: str) -> Place:
    """The place of a root field's value."""
    root = root_place(QueryGraph(load_supergraph(HEAD + sdl)), "query")
    return root.below(field, "", root.readings(field))


def subgraphs(place: Place, field: str) -> list[tuple[str, int]]:
    """Who reads the field, and how many fetches that takes."""
    return [(way.node.subgraph, way.cost // 1000) for way, _ in place.readings(field)]


CHAIN = """
type Query @join__type(graph: A) { user: User @join__field(graph: A) }
type User
  @join__type(graph: A, key: "id")
  @join__type(graph: B, key: "id")
  @join__type(graph: B, key: "sku")
  @join__type(graph: C, key: "sku")
{
  id: ID! @join__field(graph: A) @join__field(graph: B)
  sku: ID! @join__field(graph: B) @join__field(graph: C)
  name: String @join__field(graph: C)
  size: Int @join__field(graph: A, external: true) @join__field(graph: C)
  fits: Boolean @join__field(graph: A, requires: "size")
}
"""


def test_a_field_at_hand_takes_no_further_fetch() -> None:
    assert subgraphs(place_of(CHAIN, "user"), "id") == [("a", 1)]


def test_keys_are_chained() -> None:
    assert subgraphs(place_of(CHAIN, "user"), "sku") == [("b", 2), ("c", 3)]
    assert subgraphs(place_of(CHAIN, "user"), "name") == [("c", 3)]


def test_a_required_field_is_read_by_entering_again() -> None:
    place = place_of(CHAIN, "user")
    ((way, _),) = place.readings("fits")
    assert (way.node.subgraph, way.cost // 1000) == ("a", 4)
    assert way.entry is not None
    assert way.entry.key.text == "id"
    assert way.entry.requires == parse_field_set("size")


def test_a_key_in_a_circle_leads_nowhere() -> None:
    place = place_of(
        """
        type Query @join__type(graph: A) { user: User @join__field(graph: A) }
        type User
          @join__type(graph: A, key: "id")
          @join__type(graph: B, key: "b")
          @join__type(graph: C, key: "c")
        {
          id: ID! @join__field(graph: A)
          b: ID! @join__field(graph: C)
          c: ID! @join__field(graph: B)
        }
        """,
        "user",
    )
    assert subgraphs(place, "b") == []


def test_only_members_that_all_subgraphs_know_stand_at_a_union() -> None:
    sdl = """
    type Query @join__type(graph: A) @join__type(graph: B) {
      both: Thing
      one: Thing @join__field(graph: A)
    }
    type X @join__type(graph: A) { x: Int }
    type Y @join__type(graph: A) @join__type(graph: B) { y: Int }
    union Thing @join__type(graph: A) @join__type(graph: B)
      @join__unionMember(graph: A, member: "X")
      @join__unionMember(graph: A, member: "Y")
      @join__unionMember(graph: B, member: "Y") = X | Y
    """
    assert place_of(sdl, "both").member_types() == ("Y",)
    assert place_of(sdl, "one").member_types() == ("X", "Y")


def test_provided_fields_are_known_below_their_path_only() -> None:
    sdl = """
    type Query @join__type(graph: A) {
      with: User @join__field(graph: A, provides: "name")
      without: User @join__field(graph: A)
    }
    type User @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
      id: ID!
      name: String @join__field(graph: A, external: true) @join__field(graph: B)
    }
    """
    assert subgraphs(place_of(sdl, "with"), "name") == [("a", 1)]
    assert subgraphs(place_of(sdl, "without"), "name") == [("b", 2)]


def test_an_external_key_field_is_a_last_resort() -> None:
    sdl = """
    type Query @join__type(graph: A) { user: User @join__field(graph: A) }
    type User @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
      id: ID! @join__field(graph: A, external: true) @join__field(graph: B)
      name: String @join__field(graph: B)
    }
    """
    ((way, edge),) = place_of(sdl, "user").readings("name")
    assert way.node.subgraph == "b"
    assert not edge.is_last_resort
    assert way.cost > 10_000
