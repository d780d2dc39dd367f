"""schema/postman_collection.json: made of the operations, and sendable as it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, get_operation_ast, parse
from graphql.execution import get_variable_values

from router.cli import main

SCHEMA = Path(__file__).parents[2] / "schema"
COLLECTION = SCHEMA / "postman_collection.json"


def requests() -> list[dict[str, Any]]:
    items = json.loads(COLLECTION.read_text())["item"]
    return [item["request"]["body"]["graphql"] for item in items]


def test_it_is_what_the_operations_make(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--schema", str(SCHEMA / "api.graphql"), "--name", "Tasks")
    assert main(["collection", str(SCHEMA / "operations"), *arguments]) == 0
    command = "python -m router collection schema/operations --name Tasks"
    assert capsys.readouterr().out == COLLECTION.read_text(), f"stale: {command}"


@pytest.mark.parametrize("request_", requests(), ids=lambda request: request["operationName"])
def test_its_variables_have_the_right_types(request_: dict[str, Any]) -> None:
    schema = build_schema((SCHEMA / "api.graphql").read_text())
    operation = get_operation_ast(parse(request_["query"]), request_["operationName"])
    assert operation is not None
    given = json.loads(request_["variables"])
    coerced = get_variable_values(schema, operation.variable_definitions or (), given)
    assert not isinstance(coerced, list), coerced


def test_a_folder_that_is_not_there_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collection", "nowhere"]) == 2
    assert "nowhere is no folder" in capsys.readouterr().err
