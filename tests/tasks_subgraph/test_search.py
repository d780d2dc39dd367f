"""Full-text search in Russian and English with the syntax of a web search."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks_subgraph.domain.text import searchable
from tests.tasks_subgraph.conftest import Person, Subgraph

SEARCH = """
query($search: String!) {
  tasks(first: 100, filter: { search: $search }, orderBy: { field: TITLE }) {
    totalCount nodes { title }
  }
}
"""
TITLES = [
    "Отчёты за декабрь",
    "Buying tickets",
    "Молоко",
    "Milk and bread",
    "bread without milk",
    "Café naïve",
    "The Who concert",
    "что делать",
    "Йод и ёлка",
]


async def found(subgraph: Subgraph, viewer: Person, search: str) -> list[str]:
    data = await subgraph.data(viewer, SEARCH, {"search": search})
    titles = [node["title"] for node in data["tasks"]["nodes"]]
    assert data["tasks"]["totalCount"] == len(titles)
    return titles


SEARCHES = [
    ("отчет", ["Отчёты за декабрь"]),
    ("ОТЧЁТОВ", ["Отчёты за декабрь"]),
    ("ticket buy", ["Buying tickets"]),
    ("молоко -молоко", []),
    ('"milk and bread"', ["Milk and bread"]),
    ("“bread without”", ["bread without milk"]),
    ('"bread milk"', []),
    ('"milk bread"', []),
    ("milk -without", ["Milk and bread"]),
    ("bread -tickets", ["bread without milk", "Milk and bread"]),
    ("tickets or молоко", ["Buying tickets", "Молоко"]),
    ("cafe naive", ["Café naïve"]),
    ("конверт", ["Письмо"]),
    ("марку отправил", ["Письмо"]),
    ('"марки отправить"', []),
    ("что", ["что делать"]),
    ("the who", ["The Who concert"]),
    ("иод", []),
    ("елка", ["Йод и ёлка"]),
]


async def test_searches_find_what_they_say(subgraph: Subgraph) -> None:
    alice = subgraph.person()
    for title in TITLES:
        await subgraph.create(alice, title=title)
    await subgraph.create(
        alice, title="Письмо", description="Купить марки, затем отправить конверты."
    )

    for search, titles in SEARCHES:
        assert await found(subgraph, alice, search) == titles, search


async def test_a_phrase_does_not_span_title_and_description(subgraph: Subgraph) -> None:
    alice = subgraph.person()
    await subgraph.create(alice, title="one two", description="three four")

    assert await found(subgraph, alice, '"two three"') == []
    assert await found(subgraph, alice, '"four one"') == []
    assert await found(subgraph, alice, '"one two"') == ["one two"]


async def test_a_search_sees_changes_trash_and_nobody_elses_tasks(subgraph: Subgraph) -> None:
    alice, bob = subgraph.person(), subgraph.person()
    task = await subgraph.create(alice, title="apples", description="red")
    update = "mutation($input: UpdateTaskInput!) { updateTask(input: $input) { task { id } } }"
    await subgraph.data(alice, update, {"input": {"id": task["id"], "title": "pears"}})

    assert await found(subgraph, alice, "apple") == []
    assert await found(subgraph, alice, "pear red") == ["pears"]
    assert await found(subgraph, bob, "pear") == []
    delete = "mutation($id: ID!) { deleteTask(input: {id: $id}) { deletedTaskId } }"
    await subgraph.data(alice, delete, task)
    assert await found(subgraph, alice, "pear") == []


@pytest.mark.parametrize("search", ["", " ", "x", "  x  ", "x" * 201])
async def test_a_search_has_2_to_200_characters(subgraph: Subgraph, search: str) -> None:
    answer = await subgraph.post(SEARCH, {"search": search}, viewer=subgraph.person())

    assert answer["data"] == {"tasks": None}
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert answer["errors"][0]["extensions"]["argument"] == "filter.search"


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    search=st.text(min_size=2, max_size=60).filter(lambda text: len(text.strip()) >= 2)
    | st.text("\"'-!&|()<>:*%\\\x00 orя@", min_size=2, max_size=40).filter(
        lambda text: len(text.strip()) >= 2
    )
)
async def test_no_text_can_break_a_search(subgraph: Subgraph, search: str) -> None:
    await found(subgraph, subgraph.person(), search)


def test_both_spellings_of_short_i_are_one_letter() -> None:
    assert searchable("и\u0306од") == searchable("йод") == "йод"


@pytest.mark.parametrize("before", range(120, 132))
def test_a_letter_keeps_its_mark_wherever_it_stands(before: int) -> None:
    assert searchable("я" * before + "и\u0306од") == "я" * before + "йод"


def test_marks_without_number_take_no_time() -> None:
    """Sorting 40,000 of them, which normal form C asks for, takes five seconds."""
    began_s = time.process_time()
    assert searchable("a" + "\u0301\u0316" * 20_000) == "a"
    assert time.process_time() - began_s < 1
