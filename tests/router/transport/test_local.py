from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import strawberry
from graphql import GraphQLResolveInfo, build_schema

from router.errors import SubgraphError
from router.execution import SubgraphRequest
from router.transport import LocalSubgraph


def request(operation: str, within_s: float = 5.0, **variables: Any) -> SubgraphRequest:
    body = json.dumps({"query": operation, "variables": variables}).encode()
    return SubgraphRequest(
        subgraph="local",
        operation=operation,
        variables=variables,
        body=body,
        headers=(("authorization", "Bearer ann"),),
        deadline=asyncio.get_running_loop().time() + within_s,
        is_mutation=False,
        identity=None,
    )


async def answer(subgraph: LocalSubgraph, operation: str, **variables: Any) -> Any:
    response = await subgraph.send(request(operation, **variables))
    assert (response.status, response.media_type) == (200, "application/json")
    return json.loads(response.body)


@strawberry.federation.type(keys=["id"])
class Product:
    id: strawberry.ID
    name: str

    @classmethod
    async def resolve_reference(cls, id: strawberry.ID) -> Product | None:  # noqa: A002
        return cls(id=id, name=f"Product {id}") if id != "0" else None


@strawberry.type
class Query:
    @strawberry.field
    def product(self, info: strawberry.Info, id: strawberry.ID) -> Product:  # noqa: A002
        return Product(id=id, name=str(info.context))

    @strawberry.field
    def broken(self) -> str | None:
        raise ValueError("broken")


STRAWBERRY = strawberry.federation.Schema(query=Query, types=[Product])


async def test_a_strawberry_schema_answers_root_fields_and_entities() -> None:
    subgraph = LocalSubgraph(STRAWBERRY, context=lambda asked: dict(asked.headers)["authorization"])

    assert await answer(subgraph, "query($id: ID!) { product(id: $id) { id name } }", id="7") == {
        "data": {"product": {"id": "7", "name": "Bearer ann"}}
    }
    entities = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Product { name } } }"
    found = await answer(
        subgraph,
        entities,
        r=[{"__typename": "Product", "id": "1"}, {"__typename": "Product", "id": "0"}],
    )
    assert found["data"] == {"_entities": [{"name": "Product 1"}, None]}


async def test_a_strawberry_error_has_its_path() -> None:
    found = await answer(LocalSubgraph(STRAWBERRY), "{ broken }")

    assert found["data"] == {"broken": None}
    assert found["errors"][0]["path"] == ["broken"]


SCHEMA = build_schema(
    "type Query { given(value: Any): Any  later: String  never: String } scalar Any"
)
KEPT = {"list": [1]}


async def later(_source: object, _info: GraphQLResolveInfo[Any]) -> str:
    await asyncio.sleep(0)
    return "done"


async def never(_source: object, _info: GraphQLResolveInfo[Any]) -> str:
    await asyncio.Event().wait()
    return "never"


def given(_source: object, _info: GraphQLResolveInfo[Any], value: Any = None) -> Any:
    value.append("changed by the subgraph")
    return KEPT


assert SCHEMA.query_type is not None
for name, resolver in (("later", later), ("never", never), ("given", given)):
    SCHEMA.query_type.fields[name].resolve = resolver


async def test_a_schema_of_graphql_core_answers_with_coroutines_too() -> None:
    assert await answer(LocalSubgraph(SCHEMA), "{ later }") == {"data": {"later": "done"}}


async def test_an_invalid_operation_is_answered_with_errors() -> None:
    found = await answer(LocalSubgraph(SCHEMA), "{ unknown }")

    assert found["data"] is None
    assert "unknown" in found["errors"][0]["message"]


async def test_variables_and_results_are_copies() -> None:
    asked = request("query($v: Any) { given(value: $v) }", v=["mine"])

    response = await LocalSubgraph(SCHEMA).send(asked)
    json.loads(response.body)["data"]["given"]["list"].append(2)

    assert asked.variables == {"v": ["mine"]}
    assert KEPT == {"list": [1]}


async def test_the_deadline_ends_a_hanging_resolver() -> None:
    with pytest.raises(SubgraphError) as raised:
        await LocalSubgraph(SCHEMA).send(request("{ never }", within_s=0.02))

    assert raised.value.failure == "timeout"
