"""What the database reads for lists and searches of users, with 10,000 of them."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import pytest

from auth_subgraph.domain.user_list import OrderField, UserFilter, UserOrder
from auth_subgraph.persistence import user_list
from auth_subgraph.persistence.rows import USER_COLUMNS, user_of
from auth_subgraph.persistence.user_list import count_statement, page_statement
from subgraph_kit.connections import PageRequest
from subgraph_kit.database import Database
from tests.auth_subgraph.conftest import migrate
from tests.support.bulk_load import indexed_afterwards
from tests.support.databases import Databases

pytestmark = pytest.mark.xdist_group("10,000 users")  # one process makes them

USERS = 10_000
ORDER = UserOrder(OrderField.CREATED_AT, is_descending=True)
PAGE = PageRequest(limit=20, is_backward=False, after=None, before=None)

SEED = """
INSERT INTO users (id, username, email, password_hash, role, status, created_at, updated_at)
SELECT gen_random_uuid(), name, name || '@example.com', '!', 'USER', 'ACTIVE',
       now() - make_interval(secs => number), now()
FROM (SELECT number, substr(md5(number::text), 1, 10) || number AS name
      FROM generate_series(1, $1) AS number) AS made
"""


async def _seed(url: str) -> None:
    await migrate(url)
    database = Database(url, application_name="test", statement_timeout_s=60)
    async with database.connection() as connection, indexed_afterwards(connection, "users"):
        await connection.execute(SEED, USERS)
    await database.close()


@pytest.fixture(scope="module")
def seeded_url(databases: Databases) -> str:
    return databases.url("auth_10000", _seed)


@pytest.fixture
async def users(seeded_url: str) -> AsyncIterator[Database]:
    database = Database(seeded_url, application_name="test")
    yield database
    await database.close()


@pytest.mark.parametrize("search", ["c4", "CA1", "1999", "beef", "no such user", "%_"])
async def test_a_search_reads_what_it_finds_and_little_more(users: Database, search: str) -> None:
    conditions = UserFilter(search=search)
    found = await user_list.count(users, conditions)
    for statement in (count_statement(conditions), page_statement(conditions, ORDER, PAGE)):
        plan = await _explain(users, statement)
        assert "Seq Scan" not in {node["Node Type"] for node in _nodes(plan)}
        assert _rows_read(plan) <= 3 * found + 300


@pytest.mark.parametrize("is_backward", [False, True])
@pytest.mark.parametrize("is_descending", [False, True])
@pytest.mark.parametrize("field", OrderField)
async def test_a_page_reads_its_users_and_no_more(
    users: Database, field: OrderField, is_descending: bool, is_backward: bool
) -> None:
    order = UserOrder(field, is_descending)
    (middle,) = await users.fetch(
        f"SELECT {USER_COLUMNS} FROM users ORDER BY username OFFSET {USERS // 2} LIMIT 1"  # noqa: S608
    )
    cursor = user_list.position_of(user_of(middle), field)
    pages = [PageRequest(20, is_backward, after=None, before=None)]
    if (
        field is not OrderField.LAST_LOGIN_AT
    ):  # nulls beyond a position keep Postgres from seeking it
        after, before = (None, cursor) if is_backward else (cursor, None)
        pages.append(PageRequest(20, is_backward, after, before))
    for page in pages:
        plan = await _explain(users, page_statement(UserFilter(), order, page))
        # Usernames have no index with the id: the users at both ends are looked at once more.
        assert _rows_read(plan) <= 23


async def test_a_search_that_finds_everybody_reads_a_page(users: Database) -> None:
    plan = await _explain(users, page_statement(UserFilter(search="ex"), ORDER, PAGE))
    assert _rows_read(plan) == 21


async def _explain(database: Database, statement: tuple[str, list[object]]) -> dict[str, Any]:
    text, values = statement
    plan = await database.fetch_value(
        f"EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF, FORMAT JSON) {text}", *values
    )
    (explained,) = json.loads(plan) if isinstance(plan, str) else cast("list[Any]", plan)
    found: dict[str, Any] = explained["Plan"]
    return found


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _rows_read(plan: dict[str, Any]) -> int:
    """Rows of the table that were looked at, those thrown away included."""
    counts = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(
        int(node["Actual Loops"] * sum(node.get(count, 0) for count in counts))
        for node in _nodes(plan)
        if node.get("Relation Name") == "users"
    )
