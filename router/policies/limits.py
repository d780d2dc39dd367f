"""How large an operation may be, measured on its text and its syntax, before anything is planned.

Fragments count wherever they are spread, so that they cannot hide depth, aliases or fields. Each
fragment is measured once; spreading it a million times costs one addition, not a million.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from router.errors import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_NAMED = 10**9
"""Fragments can multiply to numbers of thousands of digits; none above this is told."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest operation that is answered; None switches a limit off.

    Attributes:
        max_depth: Fields from the root to the deepest leaf; introspection is not counted.
        max_aliases: Aliased fields, fragments expanded.
        max_root_fields: Fields of the root selection set, fragments expanded.
        max_tokens: Lexical tokens of the document.
        max_directives: Directives on selections and the operation, fragments expanded.
        max_fields: Fields, fragments expanded. Guards planning, whose time grows with them.
        max_cost: Estimated cost; see `router.policies.cost`.
        single_mutations: Root mutation fields of which one request may hold one in all.
    """

    max_depth: int | None = 50
    max_aliases: int | None = 200
    max_root_fields: int | None = 100
    max_tokens: int | None = 15_000
    max_directives: int | None = 500
    max_fields: int | None = 20_000
    max_cost: int | None = None
    single_mutations: frozenset[str] = frozenset()


class Size(NamedTuple):
    """Measures of a selection set, fragments expanded."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    directives: int = 0


_EMPTY = Size()
_IN_PROGRESS = Size()


def check_operation(
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    limits: Limits,
) -> int:
    """Refuse an operation that is larger than the limits; give the number of its fields.

    Needs no schema and runs before validation, whose time grows faster than the document.
    Unknown and cyclic fragments count as empty: validation names them.

    Raises:
        ClientError: QUERY_TOO_DEEP, TOO_MANY_ALIASES, QUERY_TOO_COMPLEX or BATCH_NOT_ALLOWED.
    """
    measure = _Measure(fragments)
    size = measure.selection_set(operation.selection_set)
    roots = measure.root_fields(operation.selection_set)
    directives = size.directives + len(operation.directives or ())
    _refuse_above(limits.max_depth, size.depth, "QUERY_TOO_DEEP", "depth")
    _refuse_above(limits.max_aliases, size.aliases, "TOO_MANY_ALIASES", "number of aliases")
    too_complex = "QUERY_TOO_COMPLEX"
    _refuse_above(limits.max_root_fields, len(roots), too_complex, "number of root fields")
    _refuse_above(limits.max_directives, directives, too_complex, "number of directives")
    _refuse_above(limits.max_fields, size.fields, too_complex, "number of fields")
    refuse_several(guarded_calls(operation, fragments, limits), limits)
    return size.fields


def guarded_calls(
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    limits: Limits,
) -> int:
    """How many calls the operation holds of mutations of which a request may hold one."""
    if operation.operation.value != "mutation" or not limits.single_mutations:
        return 0
    called = root_fields(operation, fragments).values()
    return sum(name in limits.single_mutations for name in called)


def refuse_several(calls: int, limits: Limits) -> None:
    """Refuse more than one call in a request, whose batch may hold several operations.

    Raises:
        ClientError: BATCH_NOT_ALLOWED.
    """
    if calls > 1:
        names = ", ".join(sorted(limits.single_mutations))
        msg = f"One request may hold one of {names}, once."
        raise ClientError(msg, code="BATCH_NOT_ALLOWED")


def root_fields(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> dict[str, str]:
    """Response keys of the root selection set, fragments expanded, with their field names."""
    return _Measure(fragments).root_fields(operation.selection_set)


def _refuse_above(limit: int | None, actual: int, code: str, what: str) -> None:
    if limit is not None and actual > limit:
        raise too_large(code, what, limit, actual)


def too_large(code: str, what: str, limit: int, actual: int) -> ClientError:
    """The refusal of an operation over a limit."""
    actual = min(actual, LARGEST_NAMED)
    return ClientError(
        f"The operation's {what} is {actual}; at most {limit} is allowed.",
        code=code,
        extensions={"limit": limit, "actual": actual},
    )


class _Measure:
    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._sizes: dict[str, Size] = {}
        self._root_fields: dict[str, dict[str, str]] = {}

    def selection_set(self, selection_set: SelectionSetNode | None) -> Size:
        if selection_set is None:
            return _EMPTY
        depth = aliases = fields = directives = 0
        for selection in selection_set.selections:
            directives += len(selection.directives or ())
            match selection:
                case FieldNode():
                    size = self.selection_set(selection.selection_set)
                    own_depth = 1 + size.depth
                    if selection.name.value in ("__schema", "__type"):
                        own_depth = 1
                    depth = max(depth, own_depth)
                    aliases += size.aliases + (selection.alias is not None)
                    fields += size.fields + 1
                    directives += size.directives
                    continue
                case InlineFragmentNode():
                    size = self.selection_set(selection.selection_set)
                case FragmentSpreadNode():
                    size = self._fragment(selection.name.value)
                case _:
                    continue
            depth = max(depth, size.depth)
            aliases += size.aliases
            fields += size.fields
            directives += size.directives
        return Size(depth, aliases, fields, directives)

    def _fragment(self, name: str) -> Size:
        known = self._sizes.get(name)
        if known is not None:
            return known
        fragment = self._fragments.get(name)
        if fragment is None:
            return _EMPTY
        self._sizes[name] = _IN_PROGRESS
        size = self.selection_set(fragment.selection_set)
        self._sizes[name] = size
        return size

    def root_fields(self, selection_set: SelectionSetNode) -> dict[str, str]:
        """Response keys of the root selection set, fragments expanded, with their field names."""
        names: dict[str, str] = {}
        for selection in selection_set.selections:
            match selection:
                case FieldNode():
                    names[(selection.alias or selection.name).value] = selection.name.value
                case InlineFragmentNode():
                    names |= self.root_fields(selection.selection_set)
                case FragmentSpreadNode():
                    names |= self._root_fields_of(selection.name.value)
        return names

    def _root_fields_of(self, name: str) -> dict[str, str]:
        known = self._root_fields.get(name)
        if known is not None:
            return known
        self._root_fields[name] = {}
        fragment = self._fragments.get(name)
        if fragment is not None:
            self._root_fields[name] = self.root_fields(fragment.selection_set)
        return self._root_fields[name]
