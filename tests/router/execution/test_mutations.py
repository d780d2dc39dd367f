"""The root fields of a mutation run one after another, and not beyond one that nulls the data."""

from __future__ import annotations

import pytest

from router.errors import SubgraphError
from router.execution import DeniedField
from tests.router.execution.support import (
    Json,
    Stub,
    entities,
    error_at,
    plan_of,
    root,
    run,
    supergraph_of,
)

SUPERGRAPH = supergraph_of("""
    type Query { count: Int }
    type Mutation { pay: Payment!  tip: Payment  ship: Int  note: Int! }
    type Payment { id: ID!  payer: String! }
""")
OPERATION = "mutation { pay { payer } ship note }"
PAID = Stub({"data": {"pay": {"id": "p1"}}})
PAYER = entities(
    "people",
    "query($representations:[_Any!]!)"
    "{_entities(representations:$representations){...on Payment{payer}}}",
    "pay",
    "id",
    types=("Payment",),
)
PLAN = plan_of(
    root("money", "mutation{pay{id}}"),
    PAYER,
    root("parcels", "mutation{ship}", depends_on=(1,)),
    root("notes", "mutation{note}", depends_on=(2,)),
)


def after() -> dict[str, Stub]:
    return {"parcels": Stub({"data": {"ship": 1}}), "notes": Stub({"data": {"note": 2}})}


DOWN = SubgraphError("money", "unreachable", "connection refused")
FAILURES: dict[str, tuple[Stub, Stub]] = {
    "its subgraph is down": (Stub(DOWN), Stub({})),
    "it is null": (Stub({"data": {"pay": None}}), Stub({})),
    "its resolver failed": (
        Stub({"data": None, "errors": [{"message": "no", "path": ["pay"]}]}),
        Stub({}),
    ),
    "a field below it failed elsewhere": (PAID, Stub(DOWN)),
    "a field below it is null elsewhere": (PAID, Stub({"data": {"_entities": [None]}})),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_nothing_runs_after_a_field_that_nulls_the_data(failure: str) -> None:
    money, people = FAILURES[failure]
    later = after()

    response = await run(
        SUPERGRAPH, OPERATION, PLAN, {"money": money, "people": people, **later}, {}
    )

    assert response["data"] is None
    assert [error["path"][0] for error in response["errors"]] == ["pay"]
    assert [len(stub.requests) for stub in later.values()] == [0, 0]


async def test_all_run_where_nothing_fails() -> None:
    people = Stub({"data": {"_entities": [{"payer": "Ann"}]}})

    response = await run(SUPERGRAPH, OPERATION, PLAN, {"money": PAID, "people": people, **after()})

    assert response == {"data": {"pay": {"payer": "Ann"}, "ship": 1, "note": 2}}


async def test_the_next_field_runs_after_one_that_may_be_null() -> None:
    plan = plan_of(
        root("money", "mutation{tip{id}}"), root("parcels", "mutation{ship}", depends_on=(0,))
    )
    later = after()

    response = await run(
        SUPERGRAPH, "mutation { tip { id } ship }", plan, {"money": Stub(DOWN), **later}
    )

    assert response["data"] == {"tip": None, "ship": 1}
    assert [error_at(error)[0] for error in response["errors"]] == [["tip"]]


@pytest.mark.parametrize(
    ("denied", "sent", "data"),
    [("pay", 0, None), ("tip", 1, {"tip": None, "ship": 1})],
    ids=["never null", "nullable"],
)
async def test_a_denied_field_counts_as_one_that_failed(
    denied: str, sent: int, data: Json | None
) -> None:
    plan = plan_of(root("parcels", "mutation{ship}"))
    later = after()

    response = await run(
        SUPERGRAPH,
        f"mutation {{ {denied} {{ id }} ship }}",
        plan,
        later,
        denied={("Mutation", denied): DeniedField("not yours", {"code": "FORBIDDEN"})},
    )

    assert response["data"] == data
    assert [error["extensions"]["code"] for error in response["errors"]] == ["FORBIDDEN"]
    assert len(later["parcels"].requests) == sent
