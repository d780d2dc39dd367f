"""Conflicts: fields of one response key whose types a subgraph would refuse to merge.

`... on User { id }` and `... on Admin { id }` may not share a key when one is `ID!` and the other
`ID`, although no object is both. All but the first get an alias, taken back before results merge.
An alias is nobody else's key anywhere in the operation, so that it alone tells what it stands for:
not the client's, and none of `ResponseKeys`, where no number follows the first underscore.

Source: GraphQL specification, "Field Selection Merging", SameResponseShape.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from router.federation.type_refs import named_type
from router.planning.query_plan import LIST, Rename, ResponsePath

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from router.planning.selection_tree import Tree, TreeField
    from router.planning.selections import NormalizedOperation


def resolve_conflicts(
    trees: Iterable[Tree], operation: NormalizedOperation, kinds: Mapping[str, str]
) -> list[Rename]:
    """Give aliases where they are needed.

    Args:
        trees: Selections of one position in the subgraph's answer; aliases are set in them.
        operation: The client's.
        kinds: Of types; what is neither scalar nor enum may differ.

    Returns:
        How to take the aliases back, innermost first.
    """
    conflicts = _Conflicts(operation, kinds)
    conflicts.resolve(list(trees), ())
    return conflicts.renames


class _Conflicts:
    def __init__(self, operation: NormalizedOperation, kinds: Mapping[str, str]) -> None:
        self.renames: list[Rename] = []
        self._operation = operation
        self._kinds = kinds

    def resolve(self, trees: Sequence[Tree], path: ResponsePath) -> None:
        by_key: dict[str, list[TreeField]] = {}
        for tree in trees:
            for field in _all_fields(tree):
                by_key.setdefault(field.response_key, []).append(field)
        for response_key, fields in by_key.items():
            groups: dict[str, list[TreeField]] = {}
            for field in fields:
                groups.setdefault(_shape(field.type, self._kinds), []).append(field)
            aliases = self._aliases(response_key)
            for index, group in enumerate(groups.values()):
                key = response_key
                if index:
                    key = next(aliases)
                    for field in group:
                        field.alias = key
                below = [field.below for field in group if field.below is not None]
                if below:
                    lists = (LIST,) * group[0].type.count("[")
                    self.resolve(below, (*path, key, *lists))
                if index:
                    self.renames.append(Rename(path, key, response_key))

    def _aliases(self, key: str) -> Iterator[str]:
        taken = self._operation.response_keys()
        for number in count():
            alias = f"_{number}_{key}"
            if alias not in taken:
                yield alias


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
