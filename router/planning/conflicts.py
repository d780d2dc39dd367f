"""Conflicts: fields of one response key whose types a subgraph would refuse to merge.

`... on User { id }` and `... on Admin { id }` may not share a key when one is `ID!` and the other
`ID`, although no object is both. All but the first get an alias, taken back before results merge.

Source: GraphQL specification, "Field Selection Merging", SameResponseShape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.federation.type_refs import named_type
from router.planning.query_plan import LIST, Rename, ResponsePath

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from router.planning.selection_tree import Tree, TreeField


def resolve_conflicts(trees: Iterable[Tree], leaf_types: Mapping[str, str]) -> list[Rename]:
    """Give aliases where they are needed.

    Args:
        trees: Selections of one position in the subgraph's answer; aliases are set in them.
        leaf_types: Kinds of types; what is neither scalar nor enum may differ.

    Returns:
        How to take the aliases back, innermost first.
    """
    renames: list[Rename] = []
    _resolve(list(trees), (), leaf_types, renames)
    return renames


def _resolve(
    trees: Sequence[Tree], path: ResponsePath, kinds: Mapping[str, str], renames: list[Rename]
) -> None:
    by_key: dict[str, list[TreeField]] = {}
    for tree in trees:
        for field in _all_fields(tree):
            by_key.setdefault(field.response_key, []).append(field)
    taken = set(by_key)
    for response_key, fields in by_key.items():
        groups: dict[str, list[TreeField]] = {}
        for field in fields:
            groups.setdefault(_shape(field.type, kinds), []).append(field)
        for index, group in enumerate(groups.values()):
            key = response_key
            if index:
                key = _free(response_key, taken)
                for field in group:
                    field.alias = key
            below = [field.below for field in group if field.below is not None]
            if below:
                lists = (LIST,) * group[0].type.count("[")
                _resolve(below, (*path, key, *lists), kinds, renames)
            if index:
                renames.append(Rename(path, key, response_key))


def _all_fields(tree: Tree) -> Iterator[TreeField]:
    yield from tree.fields.values()
    for fragment in tree.fragments.values():
        yield from _all_fields(fragment)


def _shape(ref: str, kinds: Mapping[str, str]) -> str:
    """What two types must have in common to share a response key."""
    name = named_type(ref)
    if kinds.get(name) in ("object", "interface", "union"):
        return ref.replace(name, "{}")
    return ref


def _free(key: str, taken: set[str]) -> str:
    number = 0
    while (alias := f"_{key}_{number}") in taken:
        number += 1
    taken.add(alias)
    return alias
