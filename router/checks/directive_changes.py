"""Federation's directives on the elements of one subgraph: what came and what went.

Clients do not see them, but other subgraphs and plans do: a key that is gone, a field that is
shareable now, another cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import parse, print_ast

from router.checks.change import Change, Severity
from router.checks.coordinates import elements

if TYPE_CHECKING:
    from collections.abc import Mapping

# What clients see of these is a change of the API schema or of what a viewer needs.
_SEEN_ELSEWHERE = {"deprecated", "authenticated", "requiresScopes", "policy"}


def directive_changes(old_sdl: str, new_sdl: str) -> list[Change]:
    """Of elements that both documents define."""
    old, new = _applied(old_sdl), _applied(new_sdl)
    changes: list[Change] = []
    for coordinate in (c for c in new if c in old):
        for code, verb, ones, others in (
            ("APPLIED_DIRECTIVE_REMOVED", "lost", old[coordinate], new[coordinate]),
            ("APPLIED_DIRECTIVE_ADDED", "got", new[coordinate], old[coordinate]),
        ):
            changes += [
                Change(Severity.SAFE, code, coordinate, f"{coordinate} {verb} {text}.")
                for text in ones
                if text not in others
            ]
    return changes


def _applied(sdl: str) -> Mapping[str, list[str]]:
    """The directives of each element, as they would be printed."""
    found: dict[str, list[str]] = {}
    for coordinate, node in elements(parse(sdl)):
        texts = found.setdefault(coordinate, [])
        for directive in getattr(node, "directives", None) or ():
            if directive.name.value.rpartition("__")[2] not in _SEEN_ELSEWHERE:
                texts.append(print_ast(directive))
    return found
