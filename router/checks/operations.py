"""What clients are known to send: from a folder of operations and from a router's usage files."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import GraphQLSyntaxError, OperationDefinitionNode, parse, validate

from router.checks.errors import CheckInputError
from router.checks.files import located_error, read_file
from router.checks.git import days_added
from router.supergraph.used_coordinates import lines_of_use

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from graphql import DocumentNode, GraphQLSchema


@dataclass(frozen=True, slots=True)
class KnownOperation:
    """One document that some client sends, or what a usage file says about one.

    Attributes:
        source: File it was read from, as messages name it.
        lines: Every coordinate it relies on, with the line that does; 0 when nobody knows.
        document: None when it comes from a usage file.
        requests: How often it was seen; None when nobody counted.
        first_seen: Day or moment, as the usage file has it; for a file, when Git got it.
        last_seen: The same.
        client: Who sends it, if the usage file says so.
    """

    name: str
    source: str
    lines: Mapping[str, int]
    document: DocumentNode | None = None
    requests: int | None = None
    first_seen: str | None = None
    last_seen: str | None = None
    client: str | None = None


class Use(NamedTuple):
    """An operation that relies on something, and the line where it does; 0: not known."""

    operation: KnownOperation
    line: int


def read_operations(folder: Path, schema: GraphQLSchema) -> list[KnownOperation]:
    """Every document below `folder`, with what it uses of `schema`.

    Raises:
        CheckInputError: A file is no GraphQL document.
    """
    added = days_added(folder)
    operations: list[KnownOperation] = []
    for file in sorted(folder.rglob("*.graphql")):
        document = parse_file(file)
        names = [
            d.name.value
            for d in document.definitions
            if isinstance(d, OperationDefinitionNode) and d.name is not None
        ]
        operations.append(
            KnownOperation(
                ", ".join(names) or file.stem,
                str(file),
                lines_of_use(document, schema),
                document,
                first_seen=added.get(file.relative_to(folder).as_posix()),
            )
        )
    return operations


def parse_file(file: Path) -> DocumentNode:
    """A GraphQL document.

    Raises:
        CheckInputError: It is none, or cannot be read.
    """
    text = read_file(file)
    try:
        return parse(text)
    except GraphQLSyntaxError as error:
        raise CheckInputError(located_error(file, text, error)) from error


def read_usage(files: Iterable[Path]) -> list[KnownOperation]:
    """The operations of usage files; what several files count is added up.

    Their form: `{"operations": [{"hash", "name", "coordinates": [...], "count", "firstSeen",
    "lastSeen", "client"}]}`. A folder stands for the `*.json` in it.

    Raises:
        CheckInputError: One has another form.
    """
    found: dict[tuple[str, str | None], KnownOperation] = {}
    for file in files:
        for part in sorted(file.glob("*.json")) if file.is_dir() else (file,):
            for identity, operation in _usage_of(part):
                key = (identity, operation.client)
                known = found.get(key)
                found[key] = operation if known is None else _joined(known, operation)
    return list(found.values())


def _usage_of(file: Path) -> list[tuple[str, KnownOperation]]:
    try:
        entries: Any = json.loads(read_file(file))["operations"]
        return [
            (
                str(entry.get("hash") or entry["name"]),
                KnownOperation(
                    name=entry.get("name") or entry["hash"],
                    source=str(file),
                    lines=dict.fromkeys(entry["coordinates"], 0),
                    requests=entry.get("count"),
                    first_seen=entry.get("firstSeen"),
                    last_seen=entry.get("lastSeen"),
                    client=entry.get("client"),
                ),
            )
            for entry in entries
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        msg = (
            f"{file} is not a usage file: it holds "
            '{"operations": [{"hash", "name", "coordinates", "count", "lastSeen"}, ...]}'
            f" ({type(error).__name__}: {error})"
        )
        raise CheckInputError(msg) from error


def _joined(one: KnownOperation, other: KnownOperation) -> KnownOperation:
    seen = [moment for moment in (one.last_seen, other.last_seen) if moment]
    first = [moment for moment in (one.first_seen, other.first_seen) if moment]
    counts = [count for count in (one.requests, other.requests) if count is not None]
    return replace(
        one,
        lines={**other.lines, **one.lines},
        requests=sum(counts) if counts else None,
        first_seen=min(first, default=None),
        last_seen=max(seen, default=None),
    )


def uses(operations: Sequence[KnownOperation], coordinate: str) -> tuple[Use, ...]:
    """Who relies on a coordinate."""
    return tuple(
        Use(operation, operation.lines[coordinate])
        for operation in operations
        if coordinate in operation.lines
    )


def validation_errors(operation: KnownOperation, schema: GraphQLSchema) -> Sequence[str]:
    """Why `schema` does not accept the operation; empty when it does or nothing is known."""
    if operation.document is None:
        return ()
    return [error.message for error in validate(schema, operation.document)]
