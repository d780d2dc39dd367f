"""Contexts: the value of an argument is handed down by the nearest object above that sets it.

Which object that is may depend on types known only at run time: where a position can hold objects
of types that set the context and of others, the search goes on above for the others.

Source: Apollo's documentation of `@context` and `@fromContext`, join specification v0.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.query_graph.requirements import solve
from router.query_graph.ways import ContextSource, SolvedContext

if TYPE_CHECKING:
    from collections.abc import Iterable

    from router.query_graph.ways import Position
    from router.supergraph import ContextArgument


def solve_contexts(
    place: Position, arguments: Iterable[ContextArgument]
) -> tuple[SolvedContext, ...] | None:
    """Where each argument's value comes from; None if some object has nothing above to ask.

    Args:
        place: Of the object whose field takes the arguments.
        arguments: Of that field.
    """
    solved = []
    for argument in arguments:
        sources = _sources(place, argument)
        if sources is None:
            return None
        solved.append(SolvedContext(argument, tuple(sources)))
    return tuple(solved)


def _sources(place: Position, argument: ContextArgument) -> list[ContextSource] | None:
    setting = place.graph.supergraph.contexts.get(argument.context, frozenset())
    sources: list[ContextSource] = []
    above = place.above()
    while above is not None:
        types = above.member_types() or place.graph.possible_types(above.type_name)
        is_set = [type_name in setting for type_name in types]
        if all(is_set):
            solved = solve(above, argument.selection)
            return None if not solved else [*sources, ContextSource(above, (), solved)]
        for type_name in (name for name, sets in zip(types, is_set, strict=True) if sets):
            holder = above.narrow(type_name)
            solved = solve(holder, argument.selection)
            if not solved:
                return None
            sources.append(ContextSource(holder, (type_name,), solved))
        above = above.above()
    return None
