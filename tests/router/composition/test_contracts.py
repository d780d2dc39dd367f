"""Contracts show an audience its part of the supergraph."""

from graphql import GraphQLObjectType, GraphQLSchema

from router.composition import Composition, Contract, SubgraphDefinition, compose
from router.supergraph import load_supergraph

_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag"])'
)
SHOP = f"""{_LINK}
type Query {{
  shop: Shop
  staff(role: Role): [Person] @tag(name: "internal")
  search(text: String, debug: Boolean @tag(name: "internal")): Found
}}
type Mutation {{ hire(input: HireInput!): Person @tag(name: "internal") }}
interface Node {{ id: ID! }}
type Shop implements Node @key(fields: "id") {{
  id: ID! @tag(name: "public")
  name: String @tag(name: "public")
  margin: Float
  state: State
}}
type Person {{ name: String }}
union Found = Shop | Ledger
type Ledger @tag(name: "internal") {{ total: Int }}
enum Role {{ CLERK }}
enum State {{ OPEN CLOSED AUDITED @tag(name: "internal") }}
input HireInput {{ name: String! }}
"""


def composed(contract: Contract, sdl: str = SHOP) -> Composition:
    return compose([SubgraphDefinition("shop", "http://shop", sdl)], contract=contract)


def api(contract: Contract, sdl: str = SHOP) -> GraphQLSchema:
    composition = composed(contract, sdl)
    assert composition.errors == ()
    assert composition.supergraph is not None
    return load_supergraph(composition.supergraph).api_schema


def own_types(schema: GraphQLSchema) -> set[str]:
    standard = {"String", "Int", "Float", "Boolean", "ID"}
    return {name for name in schema.type_map if not name.startswith("__")} - standard


def fields_of(schema: GraphQLSchema, name: str) -> set[str]:
    definition = schema.type_map[name]
    assert isinstance(definition, GraphQLObjectType)
    return set(definition.fields)


def test_excluded_elements_and_what_only_they_used_are_gone() -> None:
    schema = api(Contract(exclude=frozenset({"internal"})))
    assert own_types(schema) == {"Query", "Shop", "Node", "Found", "State"}
    assert fields_of(schema, "Query") == {"shop", "search"}
    assert schema.query_type is not None
    assert set(schema.query_type.fields["search"].args) == {"text"}


def test_excluded_enum_values_are_gone() -> None:
    schema = api(Contract(exclude=frozenset({"internal"})))
    values = getattr(schema.type_map["State"], "values", {})
    assert set(values) == {"OPEN", "CLOSED"}


def test_included_fields_are_all_that_objects_show() -> None:
    sdl = SHOP.replace("shop: Shop", 'shop: Shop @tag(name: "public")')
    schema = api(Contract(include=frozenset({"public"})), sdl)
    assert own_types(schema) == {"Query", "Shop"}
    assert fields_of(schema, "Shop") == {"id", "name"}


def test_excluding_wins_over_including() -> None:
    sdl = SHOP.replace("shop: Shop", 'shop: Shop @tag(name: "public")').replace(
        "name: String @tag", 'name: String @tag(name: "internal") @tag'
    )
    contract = Contract(include=frozenset({"public"}), exclude=frozenset({"internal"}))
    assert fields_of(api(contract, sdl), "Shop") == {"id"}


def test_a_visible_field_of_a_hidden_type_is_an_error_that_names_both() -> None:
    sdl = SHOP.replace("shop: Shop", "shop: Shop\n  ledger: Ledger")
    composition = composed(Contract(exclude=frozenset({"internal"})), sdl)
    assert composition.supergraph is None
    assert {error.code for error in composition.errors} == {"REFERENCED_INACCESSIBLE"}
    assert "Query.ledger" in composition.errors[0].message


def test_a_contract_without_tags_changes_nothing() -> None:
    plain = compose([SubgraphDefinition("shop", "http://shop", SHOP)])
    assert composed(Contract()) == plain


def test_the_hidden_part_stays_in_the_supergraph_for_planning() -> None:
    composition = composed(Contract(exclude=frozenset({"internal"})))
    assert composition.supergraph is not None
    assert "staff(role: Role): [Person]" in composition.supergraph
    assert "inaccessible/v0.2" in composition.supergraph
