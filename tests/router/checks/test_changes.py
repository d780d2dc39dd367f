"""Every kind of change: how bad it is and where it is."""

import pytest
from graphql import build_schema

from router.checks.change import Severity
from router.checks.changes import schema_changes
from router.checks.coordinates import parents, positions

BEFORE = """
schema { query: Query mutation: Mutation }
directive @shown(as: String) on FIELD | QUERY
directive @cut(size: Int! = 1) on FIELD
type Query { tasks(first: Int = 20, state: State): [Task!] owner: Being me: User }
interface Node { id: ID! }
type Task implements Node { id: ID! title: String! note: String state: State! }
type User { id: ID! name: String }
type Robot { id: ID! }
union Being = User | Robot
enum State { OPEN DONE }
input Pick { id: ID name: String }
input Order { field: String! after: Int = 1 descending: Boolean! = false }
type Mutation { sort(order: Order): Int }
"""

CHANGES = [
    ("note: String ", "", "breaking", "FIELD_REMOVED", "Task.note"),
    ("note: String ", "note: Int ", "breaking", "FIELD_CHANGED_KIND", "Task.note"),
    ("title: String!", "title: String", "breaking", "FIELD_CHANGED_KIND", "Task.title"),
    ("note: String ", "note: String! ", "safe", "FIELD_CHANGED_KIND_SAFE", "Task.note"),
    (", state: State)", ")", "breaking", "ARG_REMOVED", "Query.tasks(state:)"),
    ("first: Int = 20", "first: String", "breaking", "ARG_CHANGED_KIND", "Query.tasks(first:)"),
    ("= 20", "= 10", "dangerous", "ARG_DEFAULT_VALUE_CHANGE", "Query.tasks(first:)"),
    ("me: User", "me(all: Int!): User", "breaking", "REQUIRED_ARG_ADDED", "Query.me(all:)"),
    ("me: User", "me(all: Int): User", "dangerous", "OPTIONAL_ARG_ADDED", "Query.me(all:)"),
    ("me: User", "me: User us: User", "safe", "FIELD_ADDED", "Query.us"),
    ("OPEN DONE", "OPEN", "breaking", "VALUE_REMOVED_FROM_ENUM", "State.DONE"),
    ("OPEN DONE", "OPEN DONE GONE", "dangerous", "VALUE_ADDED_TO_ENUM", "State.GONE"),
    ("User | Robot", "User", "breaking", "TYPE_REMOVED_FROM_UNION", "Being"),
    ("User | Robot", "User | Robot | Task", "dangerous", "TYPE_ADDED_TO_UNION", "Being"),
    (" implements Node", "", "breaking", "IMPLEMENTED_INTERFACE_REMOVED", "Task"),
    ("User {", "User implements Node {", "dangerous", "IMPLEMENTED_INTERFACE_ADDED", "User"),
    (" after:", " by: Int! after:", "breaking", "REQUIRED_INPUT_FIELD_ADDED", "Order.by"),
    (" after:", " by: Int after:", "dangerous", "OPTIONAL_INPUT_FIELD_ADDED", "Order.by"),
    ("field: String! ", "", "breaking", "FIELD_REMOVED", "Order.field"),
    ("! = false", "!", "breaking", "DEFAULT_OF_REQUIRED_REMOVED", "Order.descending"),
    ("Int = 1", "Int", "dangerous", "INPUT_FIELD_DEFAULT_VALUE_CHANGE", "Order.after"),
    ("enum State { OPEN DONE }", "scalar State", "breaking", "TYPE_CHANGED_KIND", "State"),
    ("type User {", '"Somebody." type User {', "safe", "DESCRIPTION_CHANGED", "User"),
    ("first: Int", '"Size." first: Int', "safe", "DESCRIPTION_CHANGED", "Query.tasks(first:)"),
    ("(as: String)", "", "breaking", "DIRECTIVE_ARG_REMOVED", "@shown(as:)"),
    ("as: String", "as: Int", "breaking", "ARG_CHANGED_KIND", "@shown(as:)"),
    ("(as: String)", "(as: String by: Int)", "safe", "OPTIONAL_DIRECTIVE_ARG_ADDED", "@shown(by:)"),
    ("size: Int! = 1", "size: Int!", "breaking", "DEFAULT_OF_REQUIRED_REMOVED", "@cut(size:)"),
    ("mutation: Mutation", "mutation: User", "breaking", "ROOT_TYPE_CHANGED", "Mutation"),
    ("mutation: Mutation", "", "breaking", "ROOT_TYPE_REMOVED", "Mutation"),
    ("input Pick", "input Pick @oneOf", "breaking", "ONE_OF_ADDED", "Pick"),
    ("FIELD | QUERY", "FIELD", "breaking", "DIRECTIVE_LOCATION_REMOVED", "@shown"),
    ("name: String", "name: String @deprecated", "safe", "DEPRECATION_ADDED", "User.name"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "severity", "code", "coordinate"), CHANGES)
def test_a_change_has_its_severity_code_and_coordinate(
    old: str, new: str, severity: str, code: str, coordinate: str
) -> None:
    assert old in BEFORE
    changes = schema_changes(build_schema(BEFORE), build_schema(BEFORE.replace(old, new, 1)))
    assert (Severity(severity), code, coordinate) in {
        (change.severity, change.code, change.coordinate) for change in changes
    }


@pytest.mark.parametrize(("old", "new"), [change[:2] for change in CHANGES])
def test_the_coordinate_of_a_change_is_found_in_one_of_the_two_documents(
    old: str, new: str
) -> None:
    after = BEFORE.replace(old, new, 1)
    known = positions(BEFORE).keys() | positions(after).keys()
    for change in schema_changes(build_schema(BEFORE), build_schema(after)):
        assert change.coordinate in known, change


def test_an_input_that_takes_several_fields_again_is_safe() -> None:
    one, several = (
        f"type Query {{ a(b: B): Int }} input B{use} {{ c: Int d: Int }}" for use in (" @oneOf", "")
    )
    [change] = schema_changes(build_schema(one), build_schema(several))
    assert (change.severity, change.code) == (Severity.SAFE, "ONE_OF_REMOVED")


def test_the_same_schema_has_no_changes() -> None:
    assert schema_changes(build_schema(BEFORE), build_schema(BEFORE)) == ()


def test_positions_are_those_of_names() -> None:
    known = positions(
        "type Query {\n  tasks(\n    first: Int\n  ): Int\n}\nextend type Query { a: Int }"
    )
    assert known["Query"] == (1, 6)
    assert known["Query.tasks"] == (2, 3)
    assert known["Query.tasks(first:)"] == (3, 5)
    assert known["Query.a"] == (6, 21)


def test_a_coordinate_is_part_of_its_field_and_type() -> None:
    assert list(parents("A.b(c:)")) == ["A.b(c:)", "A.b", "A"]
    assert list(parents("@d(e:)")) == ["@d(e:)", "@d"]
