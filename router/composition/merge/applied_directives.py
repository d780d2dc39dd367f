"""Merges the directives that stand on one element in several subgraphs.

@tag is collected, @inaccessible holds when one subgraph says so, authorization adds up, costs take
the maximum, custom composed directives keep what most subgraphs say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from router.composition.codes import HintCode
from router.composition.merge.authorization import conjunction
from router.federation.document import Directive
from router.federation.specification import (
    AUTHENTICATED,
    CACHE_TAG,
    COST,
    INACCESSIBLE,
    LIST_SIZE,
    POLICY,
    REQUIRES_SCOPES,
    TAG,
    shown,
)
from router.federation.values import Value, print_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from router.composition.merge.merged_schema import MergeContext, Sources
    from router.composition.report import Place

SPECIFIED = frozenset(
    {TAG, INACCESSIBLE, AUTHENTICATED, REQUIRES_SCOPES, POLICY, COST, LIST_SIZE, CACHE_TAG}
)
"""Directives of federation that go into the supergraph."""

_STANDARD = frozenset({"deprecated", "specifiedBy", "oneOf"})
_REPEATABLE = frozenset({TAG, CACHE_TAG})


class Directed(Protocol):
    directives: list[Directive]
    offset: int


def is_merged(context: MergeContext, index: int, name: str) -> bool:
    """Whether a use of a directive in a subgraph goes into the supergraph."""
    if name in SPECIFIED or name in _STANDARD:
        return True
    composed = context.merged.composed.get(name)
    return composed is not None and index in composed.graphs


def merge_applied(
    context: MergeContext, coordinate: str, sources: Sources[Directed]
) -> list[Directive]:
    """The directives an element carries in the supergraph."""
    if not any(source.directives for source in sources.values()):
        return []
    uses: dict[str, list[tuple[Place, Directive]]] = {}
    for index, source in sources.items():
        for use in source.directives:
            if is_merged(context, index, use.name):
                place = context.schemas[index].place(use)
                uses.setdefault(use.name, []).append((place, use))
    merged: list[Directive] = []
    for name, found in sorted(uses.items()):
        distinct = _distinct([use for _, use in found])
        if len(distinct) == 1 or name in _REPEATABLE or _is_repeatable(context, name):
            merged.extend(Directive(name, use.arguments) for use in distinct)
        else:
            merged.append(_merge_differing(context, coordinate, name, found))
    return merged


def _distinct(uses: list[Directive]) -> list[Directive]:
    if len(uses) == 1:
        return uses
    return list({_text(use): use for use in uses}.values())


def _is_repeatable(context: MergeContext, name: str) -> bool:
    composed = context.merged.composed.get(name)
    return composed is not None and composed.definition.is_repeatable


def _text(use: Directive) -> str:
    return print_value(dict(sorted(use.arguments.items())))


def _merge_differing(
    context: MergeContext, coordinate: str, name: str, found: list[tuple[Place, Directive]]
) -> Directive:
    places = [place for place, _ in found]
    strategies = _STRATEGIES.get(name)
    if strategies is None:
        counts: dict[str, int] = {}
        for _, use in found:
            counts[_text(use)] = counts.get(_text(use), 0) + 1
        most_used = max(found, key=lambda item: counts[_text(item[1])])[1]
        context.report.hint(
            HintCode.INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS,
            f"{shown(name)} on {coordinate} has different arguments; the supergraph keeps "
            f"{print_value(most_used.arguments)}",
            places,
        )
        return Directive(name, most_used.arguments)
    arguments: dict[str, Value] = {}
    for argument, strategy in strategies.items():
        values = [use.arguments.get(argument) for _, use in found]
        merged = strategy(values)
        if merged is not None:
            arguments[argument] = merged
    context.report.hint(
        HintCode.MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS,
        f"{shown(name)} on {coordinate} has different arguments, which were merged into "
        f"{print_value(arguments)}",
        places,
    )
    return Directive(name, arguments)


def _maximum(values: list[Value]) -> Value:
    return max((value for value in values if value is not None), default=None)


def _union(values: list[Value]) -> Value:
    found = dict.fromkeys(
        item
        for value in values
        if value is not None
        for item in (value if isinstance(value, list) else [value])
    )
    return list(found) if any(value is not None for value in values) else None


def _all_true(values: list[Value]) -> Value:
    given = [value for value in values if value is not None]
    return all(given) if given else None


_STRATEGIES: Mapping[str, Mapping[str, Callable[[list[Value]], Value]]] = {
    REQUIRES_SCOPES: {"scopes": conjunction},
    POLICY: {"policies": conjunction},
    COST: {"weight": _maximum},
    LIST_SIZE: {
        "assumedSize": _maximum,
        "slicingArguments": _union,
        "sizedFields": _union,
        "requireOneSlicingArgument": _all_true,
    },
}
