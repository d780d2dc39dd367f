"""What an operation relies on."""

import json
from pathlib import Path

import pytest
from graphql import build_schema, parse

from router.checks.errors import CheckInputError
from router.checks.operations import read_operations, read_usage
from router.supergraph.used_coordinates import used_coordinates

SCHEMA = build_schema("""
type Query { tasks(first: Int, filter: Filter): [Task] being: Being }
type Task { id: ID! state: State owner: User }
type User { name: String }
type Robot { model: String }
union Being = User | Robot
enum State { OPEN DONE }
input Filter { state: State range: Range text: String }
input Range { from: Int to: Int }
""")


def used(text: str) -> set[str]:
    return used_coordinates(parse(text), SCHEMA)


def test_fields_arguments_and_types_that_are_selected() -> None:
    assert used("{ tasks(first: 1) { owner { name } } }") == {
        *("Query", "Query.tasks", "Query.tasks(first:)", "Task", "Task.owner", "User", "User.name"),
        "String",
    }


def test_a_directive_and_its_arguments_are_no_argument_of_the_field() -> None:
    found = used("query ($b: Boolean!) { tasks { id @include(if: $b) } }")
    assert {"@include", "@include(if:)"} <= found
    assert "Task.id(if:)" not in found


def test_a_literal_uses_what_is_written_and_a_variable_all_that_it_may_hold() -> None:
    literal = used("{ tasks(filter: { state: DONE }) { id } }")
    assert {"Filter.state", "State.DONE"} <= literal
    assert not literal & {"Filter.text", "State.OPEN"}
    variable = used("query ($f: Filter) { tasks(filter: $f) { id } }")
    assert {"Filter.state", "Filter.text", "Range.to", "State.OPEN"} <= variable


def test_a_returned_enum_uses_all_its_values() -> None:
    assert {"State.OPEN", "State.DONE"} <= used("{ tasks { state } }")


def test_fragments_use_their_type() -> None:
    found = used("{ being { ...R ... on User { name } } } fragment R on Robot { model }")
    assert {"Being", "User", "User.name", "Robot", "Robot.model"} <= found


def test_a_folder_of_operations_is_read_in_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "b.graphql").write_text("query B { tasks { id } }")
    (tmp_path / "a.graphql").write_text("query A { tasks { id } } query C { tasks { state } }")
    first, second = read_operations(tmp_path, SCHEMA)
    assert (first.name, second.name) == ("A, C", "B")
    assert first.lines["Task.state"] == 1
    assert first.first_seen is None, "nobody knows outside Git"


def test_a_file_that_is_no_document_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.graphql").write_text("query {")
    with pytest.raises(CheckInputError, match=r"a\.graphql:1:8: Syntax Error"):
        read_operations(tmp_path, SCHEMA)


@pytest.mark.parametrize("text", ["", "[]", '{"operations": 1}', '{"operations": [{}]}'])
def test_a_file_that_is_no_usage_file_is_named(text: str, tmp_path: Path) -> None:
    file = tmp_path / "usage.json"
    file.write_text(text)
    with pytest.raises(CheckInputError, match=r"usage\.json is not a usage file"):
        read_usage([file])


def test_what_several_routers_saw_is_added_up(tmp_path: Path) -> None:
    def seen(count: int, first: str, last: str, client: str = "web") -> dict[str, object]:
        return {
            "hash": "ab",
            "name": "Notes",
            "client": client,
            "coordinates": ["Task.note"],
            "count": count,
            "firstSeen": first,
            "lastSeen": last,
        }

    (tmp_path / "1.json").write_text(
        json.dumps({"operations": [seen(2, "2026-03-01", "2026-03-09")]})
    )
    (tmp_path / "2.json").write_text(
        json.dumps(
            {
                "operations": [
                    seen(3, "2026-02-01", "2026-02-02"),
                    seen(5, "2026-01-01", "2026-01-01", client="app"),
                ]
            }
        )
    )
    web, app = read_usage([tmp_path])
    assert (web.client, web.requests) == ("web", 5)
    assert (web.first_seen, web.last_seen) == ("2026-02-01", "2026-03-09")
    assert (app.client, app.requests) == ("app", 5)
