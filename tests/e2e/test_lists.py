"""Pages, filters, orders and search of a person's tasks."""

import pytest

from tests.support.graph_client import GraphClient, Person


async def fill(client: GraphClient, person: Person, count: int) -> list[str]:
    """Titles of new tasks, the newest first."""
    titles = [f"task {number:02}" for number in range(count)]
    for title in titles:
        await client.create_task(person, title)
    return titles[::-1]


FILTERED = """query($order: TaskOrder) { tasks(first: 10,
  filter: { statuses: [TODO, IN_PROGRESS], priorities: [HIGH, URGENT],
            dueAt: { from: "2026-12-01T00:00:00Z", to: "2027-01-01T00:00:00Z" } },
  orderBy: $order) {
    totalCount nodes { title status priority dueAt } pageInfo { hasNextPage } } }"""


async def test_a_filtered_and_sorted_list(client: GraphClient, alice: Person) -> None:
    for title, priority, status, due_at in (
        ("Presents", "URGENT", "TODO", "2026-12-20T18:00:00Z"),
        ("Year report", "HIGH", "IN_PROGRESS", "2026-12-28T09:00:00Z"),
        ("First moment", "HIGH", "TODO", "2026-12-01T00:00:00Z"),
        ("Too late", "HIGH", "TODO", "2027-01-01T00:00:00Z"),
        ("Done", "HIGH", "DONE", "2026-12-20T18:00:00Z"),
        ("Minor", "LOW", "TODO", "2026-12-20T18:00:00Z"),
        ("Some day", "HIGH", "TODO", None),
    ):
        await client.create_task(alice, title, priority=priority, status=status, dueAt=due_at)
    order = {"order": {"field": "DUE_AT", "direction": "ASC"}}
    page = (await client.send(FILTERED, order, token=alice.access_token)).data["tasks"]
    assert page["totalCount"] == 3
    assert page["pageInfo"] == {"hasNextPage": False}
    assert [node["title"] for node in page["nodes"]] == ["First moment", "Presents", "Year report"]
    assert page["nodes"][1]["dueAt"] == "2026-12-20T18:00:00.000Z"
    order = {"order": {"field": "PRIORITY", "direction": "DESC"}}
    page = (await client.send(FILTERED, order, token=alice.access_token)).data["tasks"]
    assert [node["priority"] for node in page["nodes"]] == ["URGENT", "HIGH", "HIGH"]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_tasks_without_a_due_date_come_last(
    client: GraphClient, alice: Person, direction: str
) -> None:
    await client.create_task(alice, "Some day")
    await client.create_task(alice, "Soon", dueAt="2027-01-01T00:00:00Z")
    await client.create_task(alice, "Later", dueAt="2028-01-01T00:00:00Z")
    answer = await client.send(
        """query($d: OrderDirection!) {
             tasks(orderBy: { field: DUE_AT, direction: $d }) { nodes { title } } }""",
        {"d": direction},
        token=alice.access_token,
    )
    titles = [node["title"] for node in answer.data["tasks"]["nodes"]]
    dated = ["Soon", "Later"] if direction == "ASC" else ["Later", "Soon"]
    assert titles == [*dated, "Some day"]


PAGE = """query($first: Int, $after: String, $last: Int, $before: String) {
  tasks(first: $first, after: $after, last: $last, before: $before) {
    nodes { title } edges { cursor }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def test_pages_without_gaps_or_repeats(client: GraphClient, alice: Person) -> None:
    async def page(**arguments: object) -> tuple[list[str], dict[str, object]]:
        answer = await client.send(PAGE, arguments, token=alice.access_token)
        tasks = answer.data["tasks"]
        return [node["title"] for node in tasks["nodes"]], tasks["pageInfo"]

    titles = await fill(client, alice, 45)
    first, first_info = await page(first=20)
    assert (first_info["hasPreviousPage"], first_info["hasNextPage"]) == (False, True)
    await client.create_task(alice, "created between two requests")
    second, second_info = await page(first=20, after=first_info["endCursor"])
    assert (second_info["hasPreviousPage"], second_info["hasNextPage"]) == (True, True)
    third, third_info = await page(first=20, after=second_info["endCursor"])
    assert third_info["hasNextPage"] is False
    assert first + second + third == titles
    back, _ = await page(last=20, before=second_info["startCursor"])
    assert back == first


async def test_an_empty_list_has_no_cursors(client: GraphClient, alice: Person) -> None:
    answer = await client.send(PAGE, token=alice.access_token)
    assert answer.data["tasks"]["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


async def test_bad_paging_arguments_are_named(client: GraphClient, alice: Person) -> None:
    answer = await client.send(
        """{ a: tasks(first: 101) { totalCount } b: tasks(first: 5, last: 5) { totalCount }
             c: tasks(first: 5, after: "bm9uc2Vuc2U=") { totalCount }
             d: tasks(first: 0) { totalCount } e: tasks(first: -1) { totalCount } }""",
        token=alice.access_token,
    )
    assert answer.partial_data == dict.fromkeys("abcde")
    assert sorted(
        (error["path"][0], error["extensions"]["code"], error["extensions"]["argument"])
        for error in answer.errors
    ) == [
        ("a", "BAD_USER_INPUT", "first"),
        ("b", "BAD_USER_INPUT", "last"),
        ("c", "BAD_USER_INPUT", "after"),
        ("d", "BAD_USER_INPUT", "first"),
        ("e", "BAD_USER_INPUT", "first"),
    ]


async def test_a_cursor_counts_for_its_order_and_its_person(
    client: GraphClient, alice: Person, bob: Person
) -> None:
    await fill(client, alice, 2)
    await fill(client, bob, 2)
    page = await client.send(
        "{ tasks(first: 1) { pageInfo { endCursor } } }", token=bob.access_token
    )
    cursor = page.data["tasks"]["pageInfo"]["endCursor"]
    by_title = await client.send(
        """query($c: String) { tasks(first: 1, after: $c,
             orderBy: { field: TITLE, direction: ASC }) { totalCount } }""",
        {"c": cursor},
        token=bob.access_token,
    )
    by_alice = await client.send(
        "query($c: String) { tasks(first: 1, after: $c) { totalCount } }",
        {"c": cursor},
        token=alice.access_token,
    )
    for answer in (by_title, by_alice):
        assert answer.partial_data == {"tasks": None}
        assert answer.codes == ["BAD_USER_INPUT"]


SEARCH = "query($text: String!) { tasks(filter: { search: $text }) { nodes { title } } }"


async def test_search_in_russian_and_english(client: GraphClient, alice: Person) -> None:
    for title in ("Отчёты за декабрь", "Buying tickets", "Молоко"):
        await client.create_task(alice, title)

    async def found(text: str) -> list[str]:
        answer = await client.send(SEARCH, {"text": text}, token=alice.access_token)
        return [node["title"] for node in answer.data["tasks"]["nodes"]]

    assert await found("отчет") == ["Отчёты за декабрь"]
    assert await found("ticket buy") == ["Buying tickets"]
    assert await found("молоко -молоко") == []
    for text in ('"unclosed', "100%", "it's", "a:*", "!!", "& |", "\\\\", "():'"):
        await found(text)


async def test_titles_sort_by_both_alphabets(client: GraphClient, alice: Person) -> None:
    for title in ("яблоко", "Ёлка", "apple", "ель", "Banana", "Жук"):
        await client.create_task(alice, title)
    answer = await client.send(
        "{ tasks(orderBy: { field: TITLE, direction: ASC }) { nodes { title } } }",
        token=alice.access_token,
    )
    titles = [node["title"] for node in answer.data["tasks"]["nodes"]]
    assert titles == ["apple", "Banana", "Ёлка", "ель", "Жук", "яблоко"]
