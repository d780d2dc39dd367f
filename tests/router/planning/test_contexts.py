"""Arguments from contexts: the plans of `cases/contexts`, executed."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLSchema, default_type_resolver, execute_sync, parse

from router.execution import (
    ExecutionContext,
    ExecutionResult,
    SubgraphRequest,
    SubgraphResponse,
    prepare,
)
from router.observations import Observations
from router.planning import Planner
from tests.router.planning.served_schema import served_schema
from tests.router.planning.test_cases import CASES, supergraph_of

if TYPE_CHECKING:
    from graphql import GraphQLResolveInfo

Json = dict[str, Any]
FOLDER = CASES / "contexts"
RATES = {"EUR": 10, "USD": 100, "JPY": 1000}


def amount_in(number: int) -> Any:
    def amount(_: GraphQLResolveInfo[Any], currencyCode: str, precision: int = 0) -> int:  # noqa: N803
        return number * RATES[currencyCode] + precision

    return amount


def transaction(number: int) -> Json:
    made: Json = {
        "__typename": "Transaction",
        "id": f"t{number}",
        "amount": number,
        "note": f"about t{number}",
        "amountInUserCurrency": amount_in(number),
        "signedBy": lambda _, name=None: f"t{number} by {name}",
    }
    made["related"] = [made]
    return made


def user(number: int, transactions: list[int]) -> Json:
    return {
        "__typename": "User",
        "id": f"u{number}",
        "name": f"User {number}",
        "lastTransaction": transaction(transactions[-1]),
        "transactions": [transaction(each) for each in transactions],
    }


ROBOT = {"__typename": "Robot", "lastTransaction": transaction(1)}
COMPANY = {"__typename": "Company", "id": "c", "title": "A Company"} | {
    "lastTransaction": transaction(2)
}
USERS = [user(1, [1, 2]), user(2, [1]), user(3, [2, 1])]
BANKING: Json = {
    "me": USERS[0],
    "users": USERS,
    "owner": COMPANY,
    "teller": {
        "id": "teller",
        "currency": {"isoCode": "JPY"},
        "user": USERS[1],
        "current": transaction(1),
        "parties": [USERS[0], ROBOT, USERS[1]],
    },
}
CURRENCIES = {"u1": "EUR", "u2": "USD", "u3": "EUR"}


class Served:
    """A subgraph with its answers in a dict."""

    def __init__(self, name: str, root: Json, entities: Json) -> None:
        self.requests: list[SubgraphRequest] = []
        self._schema: GraphQLSchema = served_schema((FOLDER / f"{name}.graphql").read_text())
        self._root = root | {
            "_entities": lambda _, representations: [
                entities.get(item["id"]) for item in representations
            ]
        }

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        self.requests.append(request)
        document = parse(request.operation)
        result = execute_sync(
            self._schema,
            document,
            self._root,
            variable_values=request.variables,
            type_resolver=default_type_resolver,
        )
        assert not result.errors, (request.operation, request.variables, result.errors)
        return SubgraphResponse(200, json.dumps({"data": result.data}).encode())

    async def aclose(self) -> None:
        pass


def serve(currencies: dict[str, str] = CURRENCIES) -> dict[str, Served]:
    profiles = {
        key: {"__typename": "User", "id": key, "currency": {"isoCode": code}}
        for key, code in currencies.items()
    }
    transactions = {f"t{number}": transaction(number) for number in (1, 2)}
    return {
        "banking": Served("banking", BANKING, transactions),
        "profiles": Served("profiles", {}, profiles | transactions),
    }


async def run(operation: str, clients: dict[str, Served]) -> ExecutionResult:
    supergraph, checker = supergraph_of(FOLDER)
    document = parse(operation)
    plan = Planner(supergraph).plan(document)
    checker.check(plan, document)
    prepared = prepare(supergraph, document, None, plan)
    deadline = asyncio.get_running_loop().time() + 10
    context = ExecutionContext((), deadline, "test", Observations("test"))
    return await prepared.execute({}, context, clients)


async def answer(operation: str) -> Any:
    result = await run(operation, serve())
    assert not result.errors
    return json.loads(result.data or b"null")


async def test_one_entity_below_objects_with_different_values_is_answered_for_each() -> None:
    data = await answer("{ users { transactions { id amountInUserCurrency } } }")
    amounts = [
        [item["amountInUserCurrency"] for item in each["transactions"]] for each in data["users"]
    ]
    assert amounts == [[10, 20], [100], [20, 10]]


async def test_equal_entities_that_were_fetched_before_stay_apart() -> None:
    data = await answer("{ users { lastTransaction { id note amountInUserCurrency } } }")
    assert [each["lastTransaction"] for each in data["users"]] == [
        {"id": "t2", "note": "about t2", "amountInUserCurrency": 20},
        {"id": "t1", "note": "about t1", "amountInUserCurrency": 100},
        {"id": "t1", "note": "about t1", "amountInUserCurrency": 10},
    ]


async def test_all_values_travel_in_one_request() -> None:
    clients = serve()
    await run("{ users { transactions { amountInUserCurrency } } }", clients)
    _, request = clients["banking"].requests
    assert request.operation == (
        "query($representations_0:[_Any!]!$context_0_0:String!"
        "$representations_1:[_Any!]!$context_0_1:String!){"
        "_entities_0:_entities(representations:$representations_0)"
        "{...on Transaction{amountInUserCurrency(currencyCode:$context_0_0)}}"
        "_entities_1:_entities(representations:$representations_1)"
        "{...on Transaction{amountInUserCurrency(currencyCode:$context_0_1)}}}"
    )
    assert request.variables == {
        "representations_0": [
            {"__typename": "Transaction", "id": "t1"},
            {"__typename": "Transaction", "id": "t2"},
        ],
        "context_0_0": "EUR",
        "representations_1": [{"__typename": "Transaction", "id": "t1"}],
        "context_0_1": "USD",
    }
    assert json.loads(request.body)["query"] == request.operation


async def test_one_value_leaves_the_request_as_planned() -> None:
    clients = serve()
    await run("{ teller { current { amountInUserCurrency(precision: 2) } } }", clients)
    _, request = clients["banking"].requests
    assert "_entities_0" not in request.operation
    assert request.variables["context_0"] == "JPY"


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            """{ teller {
              user { lastTransaction { amountInUserCurrency } }
              current { amountInUserCurrency }
            } }""",
            {
                "teller": {
                    "user": {"lastTransaction": {"amountInUserCurrency": 100}},
                    "current": {"amountInUserCurrency": 1000},
                }
            },
        ),
        (
            "{ teller { parties { lastTransaction { amountInUserCurrency } } } }",
            {
                "teller": {
                    "parties": [
                        {"lastTransaction": {"amountInUserCurrency": 20}},
                        {"lastTransaction": {"amountInUserCurrency": 1000}},
                        {"lastTransaction": {"amountInUserCurrency": 100}},
                    ]
                }
            },
        ),
        (
            """{ owner {
              ... on User { lastTransaction { signedBy } }
              ... on Company { lastTransaction { signedBy } }
            } }""",
            {"owner": {"lastTransaction": {"signedBy": "t2 by A Company"}}},
        ),
        (
            "{ teller { currency: id current { amountInUserCurrency(precision: 7) } } }",
            {"teller": {"currency": "teller", "current": {"amountInUserCurrency": 1007}}},
        ),
    ],
)
async def test_the_nearest_object_above_that_sets_the_context_gives_the_value(
    operation: str, expected: Json
) -> None:
    assert await answer(operation) == expected


async def test_an_entity_without_the_value_it_needs_is_not_asked_for() -> None:
    clients = serve({"u1": "EUR", "u3": "EUR"})
    result = await run(
        "{ teller { user { id lastTransaction { amountInUserCurrency } } } }", clients
    )
    assert json.loads(result.data or b"null") == {"teller": {"user": None}}
    assert len(clients["banking"].requests) == 1
    [error] = result.errors
    assert error["path"] == ["teller", "user", "lastTransaction", "amountInUserCurrency"]
