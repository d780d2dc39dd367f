"""A normalized operation: fragments inlined, duplicates merged, conditions on fields only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from graphql import VariableDefinitionNode

    from router.planning.query_plan import OperationKind

Conditions = frozenset[tuple[str, bool]]
"""Boolean variables with the value each must have; empty for what is always selected."""

ALWAYS: Conditions = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class SelectedField:
    """A field the client selected.

    Attributes:
        arguments: As printed, parentheses included, sorted by name; "" without arguments.
        variables: Those the arguments use.
        conditions: Of the field and of the fragments around it, up to the field above.
        selections: None for leaves.
    """

    response_key: str
    name: str
    arguments: str
    variables: tuple[str, ...]
    conditions: Conditions
    selections: Selections | None


@dataclass(frozen=True, slots=True, eq=False)
class Selections:
    """A selection set on one type.

    Attributes:
        fields: In the order of the client's operation; a response key comes again only under
            other conditions.
        fragments: What is selected of some of the type's objects, by type condition.
    """

    fields: tuple[SelectedField, ...]
    fragments: tuple[tuple[str, Selections], ...]


@dataclass(frozen=True, slots=True, eq=False)
class NormalizedOperation:
    """One operation, ready to be walked.

    Attributes:
        variables: Definitions by name, as the client wrote them.
    """

    kind: OperationKind
    name: str | None
    selections: Selections
    variables: dict[str, VariableDefinitionNode]

    def free_variable(self, name: str) -> str:
        """The name, with underscores before it until no variable of the client begins with it."""
        while any(variable.startswith(name) for variable in self.variables):
            name = f"_{name}"
        return name

    def response_keys(self) -> frozenset[str]:
        """All of the client's, wherever they stand."""
        return frozenset(_keys(self.selections))


def unambiguous_keys(selections: Selections) -> frozenset[str]:
    """Response keys that mean one field for all types, and so does each key below them."""
    return frozenset(key for key, fields in _by_key([selections]).items() if _agree(fields))


def _keys(selections: Selections) -> Iterator[str]:
    for field in _all_fields(selections):
        yield field.response_key
        if field.selections is not None:
            yield from _keys(field.selections)


def _agree(fields: Sequence[SelectedField]) -> bool:
    """Whether fields of one response key can be read as one."""
    meanings = {(field.name, field.arguments) for field in fields}
    below = _by_key(field.selections for field in fields if field.selections is not None)
    return len(meanings) == 1 and all(map(_agree, below.values()))


def _by_key(sets: Iterable[Selections]) -> dict[str, list[SelectedField]]:
    found: dict[str, list[SelectedField]] = {}
    for field in (field for selections in sets for field in _all_fields(selections)):
        found.setdefault(field.response_key, []).append(field)
    return found


def _all_fields(selections: Selections) -> Iterator[SelectedField]:
    yield from selections.fields
    for _, below in selections.fragments:
        yield from _all_fields(below)


def print_normalized(operation: NormalizedOperation) -> str:
    """The operation as text, for people."""
    head = operation.kind + (f" {operation.name}" if operation.name else "")
    return "\n".join([f"{head} {{", *_lines(operation.selections, "  "), "}"])


def _lines(selections: Selections, indent: str) -> Iterator[str]:
    for field in selections.fields:
        alias = "" if field.response_key == field.name else f"{field.response_key}: "
        line = f"{indent}{alias}{field.name}{field.arguments}{print_conditions(field.conditions)}"
        if field.selections is None:
            yield line
        else:
            yield f"{line} {{"
            yield from _lines(field.selections, f"{indent}  ")
            yield f"{indent}}}"
    for type_name, below in selections.fragments:
        yield f"{indent}... on {type_name} {{"
        yield from _lines(below, f"{indent}  ")
        yield f"{indent}}}"


def print_conditions(conditions: Conditions) -> str:
    """` @include(if: $a) @skip(if: $b)`, sorted by variable."""
    return "".join(
        f" @{'include' if value else 'skip'}(if: ${variable})"
        for variable, value in sorted(conditions)
    )
