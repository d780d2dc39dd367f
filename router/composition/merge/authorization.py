"""Authorization requirements as "one of these sets, each set in full" (disjunctive normal form).

An element that several subgraphs protect is protected by all of them: requirements are multiplied
out and sets that contain another one are dropped. `[["a", "b"]]` demands a and b, `[["a"], ["b"]]`
either.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from router.federation.values import Value

Requirement = list[list[str]]

MAX_ALTERNATIVES = 1000
"""Beyond it the product is cut to the union of all names, which demands more but never less."""


def conjunction(values: list[Value]) -> Requirement:
    """All requirements at once."""
    requirements = [as_requirement(value) for value in values if value is not None]
    size = 1
    for requirement in requirements:
        size *= max(len(requirement), 1)
    if size > MAX_ALTERNATIVES:
        everything = {name for value in requirements for names in value for name in names}
        return [sorted(everything)]
    combined = {
        frozenset(name for names in choice for name in names) for choice in product(*requirements)
    }
    minimal = [names for names in combined if not any(other < names for other in combined)]
    return sorted(sorted(names) for names in minimal)


def as_requirement(value: Value) -> Requirement:
    """A `scopes` or `policies` argument with GraphQL's list coercion applied."""
    outer = value if isinstance(value, list) else [value]
    return [
        [str(name) for name in (inner if isinstance(inner, list) else [inner])] for inner in outer
    ]


def implies(stronger: Requirement, weaker: Requirement) -> bool:
    """Whether everyone who meets `stronger` meets `weaker`."""
    return all(any(set(weak) <= set(strong) for weak in weaker) for strong in stronger)
