"""The check: what changed, who would notice, and whether that may pass.

Each change of the API schema is judged by the operations that clients are known to send. Changes
that only one subgraph sees are listed as notes: clients cannot tell.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from router.checks.advice import Advice, advice_for
from router.checks.authorization import authorization_changes
from router.checks.change import Change, Severity
from router.checks.changes import schema_changes
from router.checks.coordinates import owner_of, parents, positions
from router.checks.directive_changes import directive_changes
from router.checks.lint import LintFinding, lint
from router.checks.operations import uses, validation_errors
from router.checks.renames import ADDITIONS
from router.checks.report import FileLocation, Finding, Level, Report
from router.checks.sources import schema_of_subgraph
from router.composition.remedies import remedy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import GraphQLSchema

    from router.checks.operations import KnownOperation, Use
    from router.checks.python_source import PythonLine
    from router.checks.sources import Schemas
    from router.composition import CompositionError


@dataclass(frozen=True, slots=True)
class Strictness:
    """How a team wants to be held.

    Attributes:
        allow_unused: Let breaking changes pass that no known operation would notice.
        lint: Level of each rule by its name; rules left out are off.
    """

    allow_unused: bool = False
    lint: Mapping[str, str] = field(default_factory=dict)


def check(
    new: Schemas,
    old: Schemas | None,
    operations: Sequence[KnownOperation],
    strictness: Strictness,
    python: Mapping[str, PythonLine] = MappingProxyType({}),
) -> Report:
    """Judge `new`: alone, and against `old` when there is one.

    Args:
        new: As the working tree has it.
        old: What clients rely on.
        operations: What they are known to send.
        strictness: What refuses.
        python: Where subgraphs define each coordinate in Python, as far as it is known.
    """
    if new.api is None:
        return _report([_composition_finding(error, new) for error in new.errors])
    places = _Places(new)
    findings: list[Finding] = []
    if old is not None and old.api is not None:
        visible = list(schema_changes(old.api, new.api))
        if old.needs is not None and new.needs is not None:
            visible += authorization_changes(old.needs, new.needs)
        findings += [_judged(change, operations, places, strictness) for change in visible]
        findings += _changes_behind(old, new, visible, places)
    refusals = [finding for finding in findings if finding.level is Level.ERROR]
    explained = {use.operation.source for finding in refusals for use in finding.used_by}
    unexplained = [operation for operation in operations if operation.source not in explained]
    findings += _invalid_operations(unexplained, old, new.api)
    findings += [
        _lint_finding(found, places) for found in lint(new.api, strictness.lint, new.sized)
    ]
    return _report([_with_python(finding, python) for finding in findings])


def _with_python(finding: Finding, python: Mapping[str, PythonLine]) -> Finding:
    known = (c for c in parents(finding.coordinate) if c in python)
    coordinate = next(known, None)
    return finding if coordinate is None else replace(finding, made_by=python[coordinate])


def _report(findings: list[Finding]) -> Report:
    levels = list(Level)
    severities = [*Severity, None]
    ordered = sorted(
        findings, key=lambda f: (levels.index(f.level), severities.index(f.severity), f.coordinate)
    )
    return Report(tuple(ordered))


class _Places:
    """Where in the subgraphs' files a coordinate, or what held it, is defined."""

    def __init__(self, schemas: Schemas) -> None:
        self._files = [
            (name, file.path, positions(file.sdl)) for name, file in schemas.subgraphs.items()
        ]

    def of(self, coordinate: str) -> tuple[FileLocation | None, tuple[str, ...]]:
        for candidate in parents(coordinate):
            holders = [entry for entry in self._files if candidate in entry[2]]
            if holders:
                _, path, known = holders[0]
                return (
                    FileLocation(path, *known[candidate]),
                    tuple(name for name, *_ in holders),
                )
        return None, ()


def _judged(
    change: Change,
    operations: Sequence[KnownOperation],
    places: _Places,
    strictness: Strictness,
) -> Finding:
    used_by = _users(change, operations)
    level = Level.NOTE
    if change.severity is Severity.BREAKING:
        is_forgiven = strictness.allow_unused and not used_by
        level = Level.WARNING if is_forgiven else Level.ERROR
    elif change.severity is Severity.DANGEROUS:
        level = Level.WARNING
    location, subgraphs = places.of(change.renamed_to or change.coordinate)
    return Finding(
        level,
        change.code,
        change.coordinate,
        change.message,
        change.severity,
        advice_for(change),
        change.renamed_to,
        location,
        subgraphs,
        used_by,
    )


def _users(change: Change, operations: Sequence[KnownOperation]) -> tuple[Use, ...]:
    """Operations that rely on the coordinate; on its holder when the coordinate is an addition."""
    if change.code in _ADDED_TO_WHAT_IS_USED:
        return uses(operations, owner_of(change.coordinate))
    if change.severity is Severity.SAFE and change.code != "DEPRECATION_ADDED":
        return ()
    return uses(operations, change.coordinate)


_ADDED_TO_WHAT_IS_USED = {
    "REQUIRED_ARG_ADDED",
    "OPTIONAL_ARG_ADDED",
    "REQUIRED_INPUT_FIELD_ADDED",
    "OPTIONAL_INPUT_FIELD_ADDED",
    "VALUE_ADDED_TO_ENUM",
}


def _changes_behind(
    old: Schemas, new: Schemas, visible: Sequence[Change], places: _Places
) -> list[Finding]:
    """Changes of single subgraphs that the API schema does not show."""
    known = {(change.code, change.coordinate) for change in visible}
    known |= {(code, change.renamed_to) for change in visible for code in ADDITIONS}
    findings: list[Finding] = []
    for name in (name for name in new.subgraphs if name in old.subgraphs):
        before, after = old.subgraphs[name], new.subgraphs[name]
        if before.sdl == after.sdl:
            continue
        behind = [
            *schema_changes(schema_of_subgraph(before), schema_of_subgraph(after)),
            *directive_changes(before.sdl, after.sdl),
        ]
        findings += [
            _note(change, name, places)
            for change in behind
            if (change.code, change.coordinate) not in known
        ]
    return findings


def _note(change: Change, subgraph: str, places: _Places) -> Finding:
    location, _ = places.of(change.renamed_to or change.coordinate)
    return Finding(
        Level.NOTE,
        change.code,
        change.coordinate,
        f"{change.message} Clients see no difference.",
        renamed_to=change.renamed_to,
        location=location,
        subgraphs=(subgraph,),
    )


def _invalid_operations(
    operations: Sequence[KnownOperation], old: Schemas | None, api: GraphQLSchema
) -> list[Finding]:
    """Operations that the new schema refuses although no breaking change names them."""
    findings: list[Finding] = []
    for operation in operations:
        before = old.api if old is not None else None
        was_valid = before is None or not validation_errors(operation, before)
        level = Level.ERROR if was_valid else Level.WARNING
        location = FileLocation(operation.source, 1, 1)
        findings += [
            Finding(
                level, "OPERATION_INVALID", "", f"{operation.name}: {message}", location=location
            )
            for message in validation_errors(operation, api)
        ]
    return findings


def _composition_finding(error: CompositionError, schemas: Schemas) -> Finding:
    location = None
    for at in error.locations:
        file = schemas.subgraphs.get(at.subgraph)
        if file is not None:
            location = FileLocation(file.path, at.line, at.column)
            break
    return Finding(
        Level.ERROR,
        error.code,
        "",
        error.message,
        advice=Advice(subgraph=remedy(error.code)),
        location=location,
        subgraphs=error.subgraphs,
    )


def _lint_finding(found: LintFinding, places: _Places) -> Finding:
    location, subgraphs = places.of(found.coordinate)
    return Finding(
        Level(found.level),
        found.rule,
        found.coordinate,
        found.message,
        location=location,
        subgraphs=subgraphs,
    )
