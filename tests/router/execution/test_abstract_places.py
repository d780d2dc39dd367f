"""Objects at places of abstract types: which fields they get, and where their type is not told."""

from __future__ import annotations

from typing import Any

from router.execution import DeniedField
from router.planning.query_plan import (
    EntityCall,
    Fetch,
    Representation,
    RequiredField,
    ResponsePath,
    TypeCondition,
)
from tests.router.execution.support import (
    Stub,
    entities,
    error_at,
    plan_of,
    root,
    run,
    supergraph_of,
)

SUPERGRAPH = supergraph_of("""
    type Query { pets: [Pet]  named: [Named]  media: [Media]  keeper: Keeper  accounts: [Account]
        unknown: Unknown }
    interface Named { name: String }
    interface Unknown { id: ID! }
    interface Pet { name: String  friend: Pet }
    type Cat implements Pet & Named { name: String!  friend: Cat }
    type Dog implements Pet & Named { name: String  friend: Pet  barks: Int }
    type Keeper { phone: String  pets: [Pet] }
    interface Media { id: ID! }
    type Book implements Media { id: ID!  pages: Int }
    interface Account { id: ID!  owner: Owner }
    type Admin implements Account { id: ID!  owner: Owner }
    type Regular implements Account { id: ID!  owner: Owner }
    type Owner { id: ID!  name: String  email: String }
""")


async def test_a_type_stricter_than_its_interface_needs_not_be_told() -> None:
    pets = [{"name": "Tom", "friend": {"name": None}}, {"name": None, "friend": None}]
    plan = plan_of(root("pets", "{pets{name friend{name}}}"))

    response = await run(
        SUPERGRAPH,
        "{ pets { name friend { name } } }",
        plan,
        {"pets": Stub({"data": {"pets": pets}})},
    )

    assert response == {"data": {"pets": pets}}


async def test_a_type_that_is_told_counts_with_its_own_types() -> None:
    pets = [{"__typename": "Cat", "name": None}, {"__typename": "Dog", "name": None}]
    plan = plan_of(root("pets", "{pets{__typename name}}"))

    response = await run(
        SUPERGRAPH, "{ pets { name } }", plan, {"pets": Stub({"data": {"pets": pets}})}
    )

    assert response["data"] == {"pets": [None, {"name": None}]}
    assert error_at(response["errors"][0]) == (["pets", 0, "name"], "SUBGRAPH_UNAVAILABLE", "pets")


async def test_a_fragment_that_fits_every_type_needs_no_type_told() -> None:
    plan = plan_of(root("pets", "{pets{name}}"))

    response = await run(
        SUPERGRAPH,
        "{ pets { ... on Named { name } } }",
        plan,
        {"pets": Stub({"data": {"pets": [{"name": "Tom"}]}})},
    )

    assert response == {"data": {"pets": [{"name": "Tom"}]}}


async def test_an_interface_object_is_of_the_only_type_there_is() -> None:
    plan = plan_of(root("reviews", "{media{__typename id}}"))
    media = [{"__typename": "Media", "id": "m1"}]

    response = await run(
        SUPERGRAPH,
        "{ media { __typename ... on Book { id } } }",
        plan,
        {"reviews": Stub({"data": {"media": media}})},
    )

    assert response == {"data": {"media": [{"__typename": "Book", "id": "m1"}]}}


async def test_a_denied_field_elsewhere_leaves_objects_of_interfaces_alone() -> None:
    plan = plan_of(root("pets", "{keeper{__typename}pets{name}}"))
    answer = {"data": {"keeper": {"__typename": "Keeper"}, "pets": [{"name": "Tom"}]}}

    response = await run(
        SUPERGRAPH,
        "{ keeper { phone } pets { name } }",
        plan,
        {"pets": Stub(answer)},
        denied={("Keeper", "phone"): DeniedField("No.", {"code": "FORBIDDEN"})},
    )

    assert response["data"] == {"keeper": {"phone": None}, "pets": [{"name": "Tom"}]}
    assert [error["path"] for error in response["errors"]] == [["keeper", "phone"]]


async def test_a_field_denied_for_every_type_needs_no_type_told() -> None:
    plan = plan_of(root("pets", "{pets{friend{__typename}}}"))
    no = DeniedField("No.", {"code": "FORBIDDEN"})

    response = await run(
        SUPERGRAPH,
        "{ pets { name } }",
        plan,
        {"pets": Stub({"data": {"pets": [{"friend": None}]}})},
        denied={("Cat", "name"): no, ("Dog", "name"): no},
    )

    assert response["data"] == {"pets": [{"name": None}]}
    assert [error["path"] for error in response["errors"]] == [["pets", 0, "name"]]


async def test_an_object_whose_type_matters_and_is_not_told_is_an_error() -> None:
    plan = plan_of(root("pets", "{pets{__typename ...on Dog{barks}}}"))

    response = await run(
        SUPERGRAPH,
        "{ pets { ... on Dog { barks } } }",
        plan,
        {"pets": Stub({"data": {"pets": [{"barks": 3}]}})},
    )

    assert response["data"] == {"pets": [None]}
    assert [error_at(error) for error in response["errors"]] == [
        (["pets", 0], "SUBGRAPH_UNAVAILABLE", "pets")
    ]


def accounts() -> Stub:
    owner = {"__typename": "Owner", "id": "o1"}
    types = ("Admin", "Regular", "Admin")
    return Stub({"data": {"accounts": [{"__typename": name, "owner": owner} for name in types]}})


ACCOUNTS = root("accounts", "{accounts{__typename owner{__typename id}}}")
OWNERS = "query($representations:[_Any!]!){_entities(representations:$representations){%s}}"


async def test_one_entity_below_several_types_is_projected_for_each_of_them() -> None:
    users = Stub({"data": {"_entities": [{"name": "Ada"}]}})
    owners = entities("users", OWNERS % "name", "accounts.@.owner", "id", types=("Owner",))

    response = await run(
        SUPERGRAPH,
        "{ accounts { owner { id } ... on Admin { owner { name } } } }",
        plan_of(ACCOUNTS, owners),
        {"accounts": accounts(), "users": users},
    )

    admin, regular = {"owner": {"id": "o1", "name": "Ada"}}, {"owner": {"id": "o1"}}
    assert response == {"data": {"accounts": [admin, regular, admin]}}
    assert users.representations() == [{"__typename": "Owner", "id": "o1"}]


async def test_one_entity_below_several_types_gets_what_each_of_them_asks_for() -> None:
    plan = plan_of(
        ACCOUNTS,
        owner_fetch("id2:id", ("accounts", "@", "owner")),
        owner_fetch("it:name", ("accounts", "@", TypeCondition(("Admin",)), "owner")),
        owner_fetch("it:email", ("accounts", "@", TypeCondition(("Regular",)), "owner")),
    )
    values = {"id2:id": {"id2": "o1"}, "it:name": {"it": "Ada"}, "it:email": {"it": "ada@x.org"}}
    users = Stub(
        lambda asked: {
            "data": {
                "_entities": [
                    item for key, item in values.items() if f"{{{key}}}" in asked.operation
                ]
            }
        }
    )

    response = await run(
        SUPERGRAPH,
        """{ accounts {
            ... on Admin { owner { it: name } } ... on Regular { owner { it: email } }
        } }""",
        plan,
        {"accounts": accounts(), "users": users},
    )

    admin, regular = {"owner": {"it": "Ada"}}, {"owner": {"it": "ada@x.org"}}
    assert response == {"data": {"accounts": [admin, regular, admin]}}


def owner_fetch(selected: str, path: ResponsePath) -> Fetch:
    """A fetch of owners, after the first fetch."""
    owner = Representation(("Owner",), None, (RequiredField("id", "id"),), 1)
    call = EntityCall("_entities", "representations", (owner,), (path,))
    return Fetch(0, "users", OWNERS % selected, "query", (), (call,), depends_on=(0,))


async def test_an_interface_without_object_types_is_answered_by_its_own_fields() -> None:
    response = await run(
        SUPERGRAPH,
        "{ unknown { id } }",
        plan_of(root("pets", "{unknown{id}}")),
        {"pets": Stub({"data": {"unknown": {"id": "1"}}, "extensions": {}})},
    )

    assert response == {"data": {"unknown": {"id": "1"}}}


async def test_an_error_below_a_key_of_several_types_keeps_its_path() -> None:
    supergraph = supergraph_of("""
        union Media = Movie | Video
        type Query { media: [Media] }
        type Movie { author: Author }
        type Video { author: Author }
        type Author { name: String }
    """)
    media = [{"__typename": "Movie", "author": None}, {"__typename": "Video", "author": {}}]
    error = {"message": "No", "path": ["media", 1, "author", "name"]}
    response = await run(
        supergraph,
        "{ media { ... on Movie { author { a2: name } } ... on Video { author { name } } } }",
        plan_of(
            root(
                "a",
                "{media{__typename ...on Movie{author{a2:name}} ...on Video{author{name}}}}",
            )
        ),
        {"a": Stub({"data": {"media": media}, "errors": [error]})},
    )

    assert response["data"] == {"media": [{"author": None}, {"author": {"name": None}}]}
    assert [error_at(item)[0] for item in response["errors"]] == [["media", 1, "author", "name"]]


async def test_an_object_of_a_type_that_is_not_possible_is_null_with_one_error() -> None:
    pets = [{"__typename": "Book", "name": "Tom"}, {"__typename": "Dog", "name": "Rex"}]
    plan = plan_of(root("pets", "{pets{__typename name}}"))

    response = await run(
        SUPERGRAPH,
        "{ pets { __typename name } }",
        plan,
        {"pets": Stub({"data": {"pets": pets}})},
    )

    assert response["data"] == {"pets": [None, {"__typename": "Dog", "name": "Rex"}]}
    assert [error_at(error) for error in response["errors"]] == [
        (["pets", 0], "SUBGRAPH_UNAVAILABLE", "pets")
    ]


async def test_a_field_that_fails_for_an_object_it_is_not_selected_of_is_no_error() -> None:
    """What an @interfaceObject answers is read of all objects before their types are known."""
    plan = plan_of(
        root("staff", "{accounts{id boss:owner{id} owner{name} __typename}}"),
        entities(
            "people",
            "query($representations:[_Any!]!){_entities(representations:$representations)"
            "{...on Account{__typename}}}",
            "accounts.@",
            "id",
            types=("Account", "Admin", "Regular"),
        ),
    )
    accounts = [
        {"id": "1", "boss": {"id": "1"}, "owner": {"name": "Ann"}, "__typename": "Account"},
        {"id": "2", "boss": None, "owner": None, "__typename": "Account"},
        {"id": "3", "boss": {"id": "1"}, "owner": None, "__typename": "Account"},
    ]
    failed: list[dict[str, Any]] = [
        {"message": "gone", "path": ["accounts", number, key]}
        for number, key in ((1, "owner"), (1, "boss"), (2, "owner"))
    ]
    types = [{"__typename": name} for name in ("Admin", "Regular", "Admin")]

    response = await run(
        SUPERGRAPH,
        "{ accounts { id boss: owner { id } ... on Admin { owner { name } } } }",
        plan,
        {
            "staff": Stub({"data": {"accounts": accounts}, "errors": failed}),
            "people": Stub({"data": {"_entities": types}}),
        },
    )

    assert response["data"] == {
        "accounts": [
            {"id": "1", "boss": {"id": "1"}, "owner": {"name": "Ann"}},
            {"id": "2", "boss": None},
            {"id": "3", "boss": {"id": "1"}, "owner": None},
        ]
    }
    assert [error["path"] for error in response["errors"]] == [
        ["accounts", 1, "boss"],
        ["accounts", 2, "owner"],
    ]
