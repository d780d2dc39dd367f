"""A folder of operations as a Postman collection, which Bruno and Insomnia import as well."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    OperationDefinitionNode,
    is_required_input_field,
    type_from_ast,
    value_from_ast_untyped,
)

from router.checks.files import read_file
from router.checks.operations import parse_file

if TYPE_CHECKING:
    from pathlib import Path

    from graphql import GraphQLSchema, VariableDefinitionNode

_FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_SAMPLES: dict[str, object] = {"Int": 1, "Float": 1.0, "Boolean": True, "ID": "", "String": ""}


def collection(operations: Path, schema: GraphQLSchema, *, name: str, url: str) -> str:
    """One request for every operation, with its required variables to be filled in.

    The collection's variables `url` and `accessToken` say where to and as whom.

    Raises:
        CheckInputError: A file is no GraphQL document.
    """
    items = [item for file in sorted(operations.glob("*.graphql")) for item in _items(file, schema)]
    record = {
        "info": {"name": name, "schema": _FORMAT},
        "auth": {
            "type": "bearer",
            "bearer": [{"key": "token", "value": "{{accessToken}}", "type": "string"}],
        },
        "variable": [{"key": "url", "value": url}, {"key": "accessToken", "value": ""}],
        "item": items,
    }
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def _items(file: Path, schema: GraphQLSchema) -> list[dict[str, Any]]:
    """The requests of one document; a document with several operations is sent by name."""
    document = parse_file(file)
    definitions = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    return [_item(file.stem, read_file(file), definition, schema) for definition in definitions]


def _item(
    stem: str, text: str, definition: OperationDefinitionNode, schema: GraphQLSchema
) -> dict[str, Any]:
    variables = {
        variable.variable.name.value: _sample_of_variable(variable, schema)
        for variable in definition.variable_definitions or ()
        if variable.default_value is not None or variable.type.kind == "non_null_type"
    }
    operation_name = definition.name.value if definition.name is not None else None
    return {
        "name": operation_name or stem,
        "request": {
            "method": "POST",
            "url": "{{url}}",
            "header": [{"key": "Content-Type", "value": "application/json"}],
            "body": {
                "mode": "graphql",
                "graphql": {
                    "query": text,
                    "operationName": operation_name,
                    "variables": json.dumps(variables, indent=2, ensure_ascii=False),
                },
            },
        },
    }


def _sample_of_variable(variable: VariableDefinitionNode, schema: GraphQLSchema) -> object:
    if variable.default_value is not None:
        return value_from_ast_untyped(variable.default_value)
    return _sample(type_from_ast(schema, variable.type))


def _sample(type_: GraphQLInputType | Any) -> object:  # noqa: ANN401 (type_from_ast may give others)
    """A value of the right form: what is required, and nothing else."""
    match type_:
        case GraphQLNonNull(of_type=inner):
            return _sample(inner)
        case GraphQLList():
            return []
        case GraphQLEnumType(values=values):
            return next(iter(values))
        case GraphQLInputObjectType(fields=fields):
            return {
                name: _sample(field.type)
                for name, field in fields.items()
                if is_required_input_field(field)
            }
    return _SAMPLES.get(getattr(type_, "name", ""), "")
