"""What is taken for a rename, and what is not."""

import time

import pytest
from graphql import build_schema

from router.checks.changes import schema_changes

BEFORE = """
type Query { tasks(first: Int, state: State): [Task!] people: [Person!] count: Int }
type Task { id: ID! "What to do." title: String! note: String state: State! owner: Person }
type Person { id: ID! name: String email: String }
enum State { OPEN DONE }
union Found = Task | Person
scalar Moment
type Clock { now: Moment }
"""

RENAMES = [
    ("note: String", "remark: String", {"Task.note": "Task.remark"}),
    ("count: Int", "taskCount: Int", {"Query.count": "Query.taskCount"}),
    ("first: Int", "limit: Int", {"Query.tasks(first:)": "Query.tasks(limit:)"}),
    ("OPEN DONE", "OPEN FINISHED", {"State.DONE": "State.FINISHED"}),
    ("Person", "User", {"Person": "User"}),
    ("scalar Moment\ntype Clock { now: Moment", "scalar Moments\ntype Clock { now: Moments",
     {"Moment": "Moments"}),
    ('"What to do." title: String! note: String', 'note: String "What to do." name: String!',
     {"Task.title": "Task.name"}),
    # The new type of the field is the renamed one.
    ("Person", "User", {"Person": "User"}),
    ("state: State! owner: Person", "state: State! holder: Person", {"Task.owner": "Task.holder"}),
    # Another type or argument is another field.
    ("note: String", "remark: Int", {}),
    ("note: String", "remark(short: Boolean): String", {}),
    # Enum values all look alike: neither the place nor the name speaks for it.
    ("OPEN DONE", "WAITING OPEN", {}),
    # A type without anything in common.
    ("type Clock { now: Moment }", "type Weather { wind: Int }", {}),
    ("scalar Moment\ntype Clock { now: Moment", "scalar Colour\ntype Clock { now: Colour", {}),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), RENAMES)
def test_a_rename_is_recognized(old: str, new: str, expected: dict[str, str]) -> None:
    assert old in BEFORE
    changes = schema_changes(build_schema(BEFORE), build_schema(BEFORE.replace(old, new)))
    found = {change.coordinate: change.renamed_to for change in changes if change.renamed_to}
    assert found == expected


def test_a_rename_is_one_change_and_what_follows_from_it_is_none() -> None:
    after = BEFORE.replace("Person", "User")
    (change,) = schema_changes(build_schema(BEFORE), build_schema(after))
    assert (change.code, change.coordinate, change.renamed_to) == ("TYPE_REMOVED", "Person", "User")


def test_a_field_and_its_type_are_renamed_together() -> None:
    after = BEFORE.replace("people: [Person!]", "users: [User!]").replace("Person", "User")
    changes = schema_changes(build_schema(BEFORE), build_schema(after))
    assert {change.coordinate: change.renamed_to for change in changes} == {
        "Person": "User",
        "Query.people": "Query.users",
    }


def test_of_two_candidates_the_one_more_alike_is_it() -> None:
    after = BEFORE.replace("note: String", "about: String notes: String")
    changes = schema_changes(build_schema(BEFORE), build_schema(after))
    assert {(change.coordinate, change.renamed_to) for change in changes} == {
        ("Task.note", "Task.notes"),
        ("Task.about", ""),
    }


def test_a_type_written_anew_takes_no_time() -> None:
    old = "".join(f" old{number}: Int" for number in range(300))
    new = "".join(f" fresh{number}: Int" for number in range(300))
    before, after = (build_schema(f"type Query {{ {fields} }}") for fields in (old, new))
    started_s = time.process_time()
    schema_changes(before, after)
    assert time.process_time() - started_s < 30
