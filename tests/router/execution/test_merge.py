"""How results come together in one tree, whatever a plan does to keys, types and places."""

from __future__ import annotations

from typing import Any

from router.planning.query_plan import (
    Condition,
    EntityCall,
    Fetch,
    Rename,
    Representation,
    RequiredField,
    RequiredFragment,
    TypeCondition,
)
from tests.router.execution.support import Stub, entities, plan_of, root, run, supergraph_of

SUPERGRAPH = supergraph_of("""
    interface Media { id: ID!  title: String }
    type Book implements Media { id: ID!  title: String  pages: Int  text: String }
    type Film implements Media { id: ID!  title: String  minutes: Int  text: [String] }
    union Any = Book | Film
    type Query { media: [Media]  pair: Pair  any: [Any]  me: User  users: [User] }
    type Pair { left: User  right: User }
    type User {
        id: ID!  name(upper: Boolean): String  size: Size  friend: User  score: Int  root: Query
    }
    type Size { height: Int  width: Int }
""")
ENTITIES = "query($representations:[_Any!]!){_entities(representations:$representations){%s}}"


def user(key: str, **more: Any) -> dict[str, Any]:
    return {"__typename": "User", "id": key, **more}


async def test_objects_of_two_fetches_are_merged_by_key_and_lists_item_by_item() -> None:
    plan = plan_of(
        root("a", "{me{size{height}}users{name}}"), root("b", "{me{size{width}}users{score}}")
    )
    response = await run(
        SUPERGRAPH,
        "{ me { size { height width } } users { name score } }",
        plan,
        {
            "a": Stub({"data": {"me": {"size": {"height": 1}}, "users": [{"name": "A"}, None]}}),
            "b": Stub(
                {"data": {"me": {"size": {"width": 2}}, "users": [{"score": 1}, {"score": 2}]}}
            ),
        },
    )

    assert response["data"]["me"] == {"size": {"height": 1, "width": 2}}
    assert response["data"]["users"][0] == {"name": "A", "score": 1}


async def test_a_later_null_does_not_hide_what_an_earlier_fetch_brought() -> None:
    plan = plan_of(root("a", "{me{id}}"), root("b", "{me{name}}"))

    response = await run(
        SUPERGRAPH,
        "{ me { id } }",
        plan,
        {"a": Stub({"data": {"me": {"id": "1"}}}), "b": Stub({"data": {"me": None}})},
    )

    assert response == {"data": {"me": {"id": "1"}}}


async def test_one_call_may_serve_several_types_by_different_keys() -> None:
    call = EntityCall(
        "_entities",
        "representations",
        (
            Representation(("Book",), None, (RequiredField("id", "id"),), 1),
            Representation(("Film",), None, (RequiredField("title", "title"),), 1),
        ),
        (("media", "@", TypeCondition(("Book", "Film"))),),
    )
    more = Stub({"data": {"_entities": [{"pages": 7}, {"minutes": 90}]}})
    sent = [
        {"__typename": "Book", "id": "b", "title": "B"},
        None,
        {"__typename": "Film", "id": "f", "title": "F"},
        {"__typename": "Other", "id": "o", "title": "O"},
    ]
    response = await run(
        SUPERGRAPH,
        "{ media { title ... on Book { pages } ... on Film { minutes } } }",
        plan_of(
            root("a", "{media{__typename id title}}"),
            Fetch(
                0,
                "b",
                ENTITIES % "...on Book{pages}...on Film{minutes}",
                "query",
                (),
                (call,),
                depends_on=(0,),
            ),
        ),
        {"a": Stub({"data": {"media": sent}}), "b": more},
    )

    assert more.representations() == [
        {"__typename": "Book", "id": "b"},
        {"__typename": "Film", "title": "F"},
    ]
    assert response["data"]["media"] == [
        {"title": "B", "pages": 7},
        None,
        {"title": "F", "minutes": 90},
        None,
    ]


async def test_required_fields_are_copied_nested_by_type_and_under_the_routers_alias() -> None:
    call = EntityCall(
        "_entities",
        "representations",
        (
            Representation(
                ("User",),
                None,
                (
                    RequiredField("id", "id"),
                    RequiredField("name", "_alias_0"),
                    RequiredField("size", "size", (RequiredField("height", "height"),)),
                    RequiredFragment(("User",), (RequiredField("score", "score"),)),
                    RequiredFragment(("Robot",), (RequiredField("serial", "serial"),)),
                ),
                1,
            ),
        ),
        (("users", "@"),),
    )
    scores = Stub({"data": {"_entities": [{"friend": None}, {"friend": None}]}})
    full = user("1", _alias_0="ANN", name="Ann", size={"height": 1, "width": 2}, score=None)
    await run(
        SUPERGRAPH,
        "{ users { name friend { id } } }",
        plan_of(
            root("a", "{users{__typename id _alias_0:name(upper:true) name size{height} score}}"),
            Fetch(
                0,
                "b",
                ENTITIES % "...on User{friend{id}}",
                "query",
                (),
                (call,),
                depends_on=(0,),
            ),
        ),
        {
            "a": Stub(
                {
                    "data": {
                        "users": [
                            full,
                            {**full, "size": None},
                            user("no name"),
                            {**full, "id": None},
                        ]
                    }
                }
            ),
            "b": scores,
        },
    )

    assert scores.representations() == [
        {"__typename": "User", "id": "1", "name": "ANN", "size": {"height": 1}, "score": None},
        {"__typename": "User", "id": "1", "name": "ANN", "size": None, "score": None},
    ]


async def test_equal_numbers_of_different_types_are_different_keys() -> None:
    names = Stub({"data": {"_entities": [{"name": "one"}, {"name": "true"}, {"name": "1.0"}]}})
    response = await run(
        SUPERGRAPH,
        "{ users { name } }",
        plan_of(
            root("a", "{users{__typename id}}"),
            entities("b", ENTITIES % "...on User{name}", "users.@", "id", types=("User",)),
        ),
        {
            "a": Stub({"data": {"users": [user(key) for key in (1, True, 1.0, 1)]}}),  # type: ignore[arg-type]
            "b": names,
        },
    )

    assert [item["name"] for item in response["data"]["users"]] == ["one", "true", "1.0", "one"]


async def test_a_renamed_key_stands_where_its_type_condition_holds() -> None:
    plan = plan_of(
        root(
            "a",
            "{any{__typename ...on Book{text}...on Film{_alias_0:text}}}",
            renames=(Rename(("any", "@", TypeCondition(("Film",))), "_alias_0", "text"),),
        )
    )
    response = await run(
        SUPERGRAPH,
        "{ any { ... on Book { text } ... on Film { text } } }",
        plan,
        {
            "a": Stub(
                {
                    "data": {
                        "any": [
                            {"__typename": "Book", "text": "b"},
                            {"__typename": "Film", "_alias_0": ["f"]},
                        ]
                    },
                    "errors": [{"message": "late", "path": ["any", 1, "_alias_0", 0]}],
                }
            )
        },
    )

    assert response["data"] == {"any": [{"text": "b"}, {"text": ["f"]}]}
    assert response["errors"][0]["path"] == ["any", 1, "text", 0]


async def test_the_name_of_an_interface_object_gives_way_to_the_type_another_subgraph_tells() -> (
    None
):
    call = EntityCall(
        "_entities",
        "representations",
        (Representation(("Book", "Film", "Media"), "Media", (RequiredField("id", "id"),), 1),),
        (("media", "@"),),
    )
    titles = Stub({"data": {"_entities": [{"__typename": "Media", "title": "T"}]}})
    types = Stub({"data": {"_entities": [{"__typename": "Film"}]}})
    fetch = Fetch(0, "types", ENTITIES % "__typename", "query", (), (call,), depends_on=(0,))
    title = Fetch(
        0, "titles", ENTITIES % "...on Media{title}", "query", (), (call,), depends_on=(1,)
    )

    response = await run(
        SUPERGRAPH,
        "{ media { __typename title } }",
        plan_of(root("a", "{media{__typename id}}"), fetch, title),
        {
            "a": Stub({"data": {"media": [{"__typename": "Media", "id": "1"}]}}),
            "types": types,
            "titles": titles,
        },
    )

    assert types.representations() == [{"__typename": "Media", "id": "1"}]
    assert titles.representations() == [{"__typename": "Media", "id": "1"}]
    assert response == {"data": {"media": [{"__typename": "Film", "title": "T"}]}}


async def test_one_entity_at_two_places_keeps_what_each_place_selected() -> None:
    both = EntityCall(
        "_entities",
        "representations",
        (Representation(("User",), None, (RequiredField("id", "id"),), 1),),
        (("pair", "left"), ("pair", "right")),
    )
    friend = {"friend": user("f")}
    plan = plan_of(
        root("a", "{pair{left{__typename id}right{__typename id}}}"),
        Fetch(
            0,
            "b",
            ENTITIES % "...on User{friend{__typename id}}",
            "query",
            (),
            (both,),
            depends_on=(0,),
        ),
        entities(
            "left",
            ENTITIES % "...on User{name}",
            "pair.left.friend",
            "id",
            types=("User",),
            after=(1,),
        ),
        entities(
            "right",
            ENTITIES % "...on User{name(upper:true)}",
            "pair.right.friend",
            "id",
            types=("User",),
            after=(1,),
        ),
    )
    friends = Stub({"data": {"_entities": [friend]}})
    response = await run(
        SUPERGRAPH,
        "{ pair { left { friend { name } } right { friend { name(upper: true) id } } } }",
        plan,
        {
            "a": Stub({"data": {"pair": {"left": user("1"), "right": user("1")}}}),
            "b": friends,
            "left": Stub({"data": {"_entities": [{"name": "Ann"}]}}),
            "right": Stub({"data": {"_entities": [{"name": "ANN"}]}}),
        },
    )

    assert friends.representations() == [user("1")]
    assert response["data"]["pair"] == {
        "left": {"friend": {"name": "Ann"}},
        "right": {"friend": {"name": "ANN", "id": "f"}},
    }


async def test_equal_entities_with_other_values_around_the_key_stay_apart() -> None:
    users = [user("1", score=1), user("1", score=2), user("1", score=1)]
    names = Stub({"data": {"_entities": [{"size": {"height": 1}}]}})
    response = await run(
        SUPERGRAPH,
        "{ users { score size { height } } }",
        plan_of(
            root("a", "{users{__typename id score}}"),
            entities("b", ENTITIES % "...on User{size{height}}", "users.@", "id", types=("User",)),
        ),
        {"a": Stub({"data": {"users": users}}), "b": names},
    )

    assert names.representations() == [user("1")]
    assert response["data"]["users"] == [
        {"score": score, "size": {"height": 1}} for score in (1, 2, 1)
    ]


async def test_calls_and_fetches_run_only_under_their_conditions() -> None:
    def call(key: str, path: str, condition: Condition) -> EntityCall:
        representation = Representation(("User",), None, (RequiredField("id", "id"),), 1)
        return EntityCall(key, f"r{key}", (representation,), (("pair", path),), (condition,))

    left, right = Condition("l", value=True), Condition("r", value=True)
    operation = (
        "query($r_e0:[_Any!]!,$r_e1:[_Any!]!)"
        "{_e0:_entities(representations:$r_e0){...on User{name}}"
        "_e1:_entities(representations:$r_e1){...on User{name}}}"
    )
    fetch = Fetch(
        0,
        "b",
        operation,
        "query",
        (),
        (call("_e0", "left", left), call("_e1", "right", right)),
        depends_on=(0,),
    )
    plan = plan_of(root("a", "{pair{left{__typename id}right{__typename id}}}"), fetch)
    text = """query($l: Boolean!, $r: Boolean!) {
        pair { left { name @include(if: $l) id } right { name @include(if: $r) id } }
    }"""
    a = Stub({"data": {"pair": {"left": user("1"), "right": user("2")}}})

    b = Stub({"data": {"_e0": [], "_e1": [{"name": "Two"}]}})
    response = await run(SUPERGRAPH, text, plan, {"a": a, "b": b}, {"l": False, "r": True})
    assert b.requests[0].variables == {"r_e0": [], "r_e1": [user("2")]}
    assert response["data"]["pair"] == {"left": {"id": "1"}, "right": {"name": "Two", "id": "2"}}

    neither = Stub({})
    response = await run(SUPERGRAPH, text, plan, {"a": a, "b": neither}, {"l": False, "r": False})
    assert neither.requests == []
    assert response["data"]["pair"] == {"left": {"id": "1"}, "right": {"id": "2"}}


async def test_an_error_of_an_aliased_call_is_placed_by_that_call() -> None:
    def call(key: str, path: str) -> EntityCall:
        representation = Representation(("User",), None, (RequiredField("id", "id"),), 1)
        return EntityCall(key, f"r{key}", (representation,), (("pair", path),))

    fetch = Fetch(
        0,
        "b",
        "query{_e0:_entities{...on User{name}}_e1:_entities{...on User{name}}}",
        "query",
        (),
        (call("_e0", "left"), call("_e1", "right")),
        depends_on=(0,),
    )
    response = await run(
        SUPERGRAPH,
        "{ pair { left { name } right { name } } }",
        plan_of(root("a", "{pair{left{__typename id}right{__typename id}}}"), fetch),
        {
            "a": Stub({"data": {"pair": {"left": user("1"), "right": user("1")}}}),
            "b": Stub(
                {
                    "data": {"_e0": [{"name": "Ann"}], "_e1": [{"name": None}]},
                    "errors": [{"message": "no", "path": ["_e1", 0, "name"]}],
                }
            ),
        },
    )

    assert response["data"]["pair"] == {"left": {"name": "Ann"}, "right": {"name": None}}
    assert response["errors"][0]["path"] == ["pair", "right", "name"]


async def test_root_fields_below_a_field_are_fetched_into_every_place() -> None:
    reentry = root("b", "{any{__typename}}", path=("users", "@", "root"), depends_on=(0,))
    response = await run(
        SUPERGRAPH,
        "{ users { root { any { __typename } } } }",
        plan_of(root("a", "{users{root{__typename}}}"), reentry),
        {
            "a": Stub({"data": {"users": [{"root": {"__typename": "Query"}}] * 2}}),
            "b": Stub({"data": {"any": [{"__typename": "Book"}]}}),
        },
    )

    assert response["data"]["users"] == [{"root": {"any": [{"__typename": "Book"}]}}] * 2


async def test_root_fields_below_a_field_are_not_fetched_for_no_place() -> None:
    reentry = root("b", "{any{__typename}}", path=("users", "@", "root"), depends_on=(0,))
    again = Stub({"data": {"any": []}})
    response = await run(
        SUPERGRAPH,
        "{ users { root { any { __typename } } } }",
        plan_of(root("a", "{users{root{__typename}}}"), reentry),
        {"a": Stub({"data": {"users": [None, {"root": None}]}}), "b": again},
    )

    assert response == {"data": {"users": [None, {"root": None}]}}
    assert again.requests == []


async def test_introspection_is_answered_beside_the_subgraphs_data() -> None:
    text = """query($name: String!, $yes: Boolean!) {
        me { id }
        __typename
        ...Types @include(if: $yes)
        __schema @skip(if: $yes) { queryType { name } }
    }
    fragment Types on Query { user: __type(name: $name) { name fields { name } } }"""
    plan = plan_of(root("a", "{me{id}}"))
    a = Stub({"data": {"me": {"id": "1"}}})

    response = await run(SUPERGRAPH, text, plan, {"a": a}, {"name": "Size", "yes": True})
    assert response["data"] == {
        "me": {"id": "1"},
        "__typename": "Query",
        "user": {"name": "Size", "fields": [{"name": "height"}, {"name": "width"}]},
    }

    response = await run(SUPERGRAPH, text, plan, {"a": a}, {"name": "Size", "yes": False})
    assert response["data"]["__schema"] == {"queryType": {"name": "Query"}}


async def test_introspection_alone_needs_no_subgraph() -> None:
    response = await run(SUPERGRAPH, '{ __type(name: "Pair") { kind } __typename }', plan_of(), {})

    assert response == {"data": {"__type": {"kind": "OBJECT"}, "__typename": "Query"}}


async def test_a_typename_of_the_wrong_kind_loses_only_its_place() -> None:
    media = [
        {"__typename": ["Book"], "id": "1", "title": "A"},
        {"__typename": "Book", "id": "2", "title": "B"},
    ]
    response = await run(
        SUPERGRAPH,
        "{ media { ... on Book { title pages } } }",
        plan_of(
            root("a", "{media{__typename id title}}"),
            entities("b", ENTITIES % "...on Book{pages}", "media.@", "id", types=("Book", "Film")),
        ),
        {
            "a": Stub({"data": {"media": media}}),
            "b": Stub({"data": {"_entities": [{"pages": 3}]}}),
        },
    )

    assert response["data"]["media"] == [None, {"title": "B", "pages": 3}]
