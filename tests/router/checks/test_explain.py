"""`explain` says who answers what."""

import pytest

from router.checks.errors import CheckInputError
from router.checks.explain import explain_code, explain_coordinate
from router.composition import SubgraphDefinition, compose
from router.composition.codes import ErrorCode
from router.composition.remedies import remedy
from router.supergraph import Supergraph, load_supergraph

_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
    'import: ["@key", "@external", "@requires", "@requiresScopes", "@cost"])'
)


@pytest.fixture(scope="module")
def supergraph() -> Supergraph:
    composition = compose(
        [
            SubgraphDefinition(
                "a",
                "",
                f"""{_LINK}
                type Query {{ items: [Item] @requiresScopes(scopes: [["x", "y"], ["z"]]) }}
                type Item @key(fields: "id") {{ id: ID! weight: Int @cost(weight: 3) }}""",
            ),
            SubgraphDefinition(
                "b",
                "",
                f"""{_LINK}
                type Item @key(fields: "id") {{
                  id: ID! weight: Int @external shipping: Int @requires(fields: "weight")
                }}""",
            ),
        ]
    )
    assert composition.supergraph is not None
    return load_supergraph(composition.supergraph)


def test_a_field_is_explained_with_what_it_needs(supergraph: Supergraph) -> None:
    assert explain_coordinate(supergraph, "Item.shipping").splitlines() == [
        "Item.shipping: Int",
        "- b answers it, as Int",
        "    from weight, read elsewhere first",
        "    other subgraphs get there by id",
    ]


def test_an_external_field_is_answered_by_its_owner_alone(supergraph: Supergraph) -> None:
    text = explain_coordinate(supergraph, "Item.weight")
    assert "- a answers it, as Int" in text
    assert "- b names it only: it is @external there" in text
    assert "- costs 3" in text


def test_a_type_is_explained_with_its_keys_and_a_field_with_its_scopes(
    supergraph: Supergraph,
) -> None:
    assert "- b defines it: id, weight, shipping\n    @key id" in explain_coordinate(
        supergraph, "Item"
    )
    assert "- needs the scopes x and y or z" in explain_coordinate(supergraph, "Query.items")


def test_an_unknown_coordinate_is_named_with_the_nearest_one(supergraph: Supergraph) -> None:
    with pytest.raises(CheckInputError, match="is it shipping"):
        explain_coordinate(supergraph, "Item.shiping")


def test_a_code_is_explained_without_a_supergraph() -> None:
    assert explain_code("EXTERNAL_UNUSED") == (
        "An @external field is used by no @key, @requires, @provides or interface.\n"
        "Remove the field from this subgraph, or take @external off it."
    )
    assert explain_code("INCONSISTENT_DESCRIPTION")
    assert explain_code("NO_SUCH_CODE") is None


@pytest.mark.parametrize("code", ErrorCode, ids=lambda code: code.name)
def test_every_error_of_composition_says_what_helps(code: ErrorCode) -> None:
    assert remedy(code.name)
