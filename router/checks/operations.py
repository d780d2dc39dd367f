"""What clients are known to send: from a folder of operations and from the router's usage file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import GraphQLSyntaxError, OperationDefinitionNode, parse, validate

from router.checks.errors import CheckInputError
from router.supergraph.used_coordinates import used_coordinates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from graphql import DocumentNode, GraphQLSchema


@dataclass(frozen=True, slots=True)
class KnownOperation:
    """One document that some client sends, or what a usage file says about one.

    Attributes:
        source: File it was read from, as messages name it.
        coordinates: Every part of the schema it relies on.
        document: None when it comes from a usage file.
        requests: How often it was seen; None when nobody counted.
        last_seen: Day or moment, as the usage file has it.
    """

    name: str
    source: str
    coordinates: frozenset[str]
    document: DocumentNode | None = None
    requests: int | None = None
    last_seen: str | None = None


def read_operations(folder: Path, schema: GraphQLSchema) -> list[KnownOperation]:
    """Every document below `folder`, with what it uses of `schema`.

    Raises:
        CheckInputError: A file is no GraphQL document.
    """
    operations: list[KnownOperation] = []
    for file in sorted(folder.rglob("*.graphql")):
        try:
            document = parse(file.read_text("utf-8"))
        except GraphQLSyntaxError as error:
            msg = f"{file}: {error.message}"
            raise CheckInputError(msg) from error
        names = [
            d.name.value
            for d in document.definitions
            if isinstance(d, OperationDefinitionNode) and d.name is not None
        ]
        name = ", ".join(names) or file.stem
        used = frozenset(used_coordinates(document, schema))
        operations.append(KnownOperation(name, str(file), used, document))
    return operations


def read_usage(file: Path) -> list[KnownOperation]:
    """The operations of a usage file.

    Its form: `{"operations": [{"name", "hash", "coordinates": [...], "count", "lastSeen"}]}`.

    Raises:
        CheckInputError: It has another form.
    """
    try:
        entries: Any = json.loads(file.read_text("utf-8"))["operations"]
        return [
            KnownOperation(
                name=entry.get("name") or entry["hash"],
                source=str(file),
                coordinates=frozenset(entry["coordinates"]),
                requests=entry.get("count"),
                last_seen=entry.get("lastSeen"),
            )
            for entry in entries
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"{file} is not a usage file: {error!r}"
        raise CheckInputError(msg) from error


def validation_errors(operation: KnownOperation, schema: GraphQLSchema) -> Sequence[str]:
    """Why `schema` does not accept the operation; empty when it does or nothing is known."""
    if operation.document is None:
        return ()
    return [error.message for error in validate(schema, operation.document)]
