"""What a viewer needs before a type or field may be read, and how that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.checks.change import Change, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from router.supergraph import SecurityRequirement, Supergraph


def needs_of(supergraph: Supergraph) -> Mapping[str, str]:
    """Coordinate to what is needed there, in words."""
    return {
        coordinate if isinstance(coordinate, str) else ".".join(coordinate): ", ".join(words)
        for coordinate, requirement in supergraph.security.items()
        if (words := list(needs_in_words(requirement)))
    }


def needs_in_words(requirement: SecurityRequirement) -> Iterator[str]:
    if requirement.authenticated:
        yield "a viewer"
    for what, groups in (("scopes", requirement.scopes), ("policies", requirement.policies)):
        if groups:
            yield f"the {what} {' or '.join(' and '.join(group) for group in groups)}"


def authorization_changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    """What is needed now for something that was there before: who lacks it gets null."""
    changes: list[Change] = []
    for coordinate in sorted(old.keys() | new.keys()):
        before, after = old.get(coordinate), new.get(coordinate)
        if before == after:
            continue
        severity = Severity.SAFE if after is None else Severity.DANGEROUS
        changes.append(Change(severity, *_worded(coordinate, before, after)))
    return changes


def _worded(coordinate: str, before: str | None, after: str | None) -> tuple[str, str, str]:
    """Code, coordinate and message."""
    if after is None:
        return "AUTHORIZATION_REMOVED", coordinate, f"{coordinate} no longer needs {before}."
    if before is None:
        return "AUTHORIZATION_ADDED", coordinate, f"{coordinate} needs {after} now."
    message = f"{coordinate} needs {after} now; it was {before}."
    return "AUTHORIZATION_CHANGED", coordinate, message
