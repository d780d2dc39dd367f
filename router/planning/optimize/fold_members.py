"""Fold members: what is asked of every member of an interface alike is asked of the interface.

Planning works on object types, so `... on Node { id }` has become one fragment for each member that
can stand there. Where all of them still ask the same, and the subgraph's interface has the fields
in the same types, one fragment does. Members that are not asked must not come back in through it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.planning.print_operation import print_tree
from router.planning.selections import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from router.planning.selection_tree import Tree
    from router.supergraph import SubgraphType


def fold_members(
    trees: dict[str, Tree], present: Iterable[str], types: Mapping[str, SubgraphType]
) -> dict[str, Tree]:
    """The same selections in as few fragments as possible, at a position and below it.

    Args:
        trees: By type; changed in place.
        present: Object types that may stand at the position.
        types: Of the subgraph that is asked.
    """
    for tree in trees.values():
        _fold_below(tree, types)
    interface = _interface_of(trees, present, types) if len(trees) > 1 else None
    if interface is None:
        return trees
    tree = next(iter(trees.values()))
    tree.type_name = interface
    return {interface: tree}


def _fold_below(tree: Tree, types: Mapping[str, SubgraphType]) -> None:
    for field in tree.fields.values():
        if field.below is not None:
            _fold_below(field.below, types)
    asked = {name: item for name, item in tree.fragments.items() if item.fields or item.fragments}
    if asked and tree.type_name in types:
        tree.fragments = fold_members(asked, types[tree.type_name].possible_types, types)
        own = tree.fragments.pop(tree.type_name, None)
        if own is not None:
            tree.merge(own)


def _interface_of(
    trees: Mapping[str, Tree], present: Iterable[str], types: Mapping[str, SubgraphType]
) -> str | None:
    """An interface that may be asked in place of all the types; None if there is none."""
    if any(name not in types for name in trees):
        return None
    shared = set.intersection(*(set(types[name].interfaces) for name in trees))
    fitting = [
        types[name]
        for name in sorted(shared)
        if types[name].is_joined
        and trees.keys() >= set(present).intersection(types[name].possible_types)
        and all(_has_fields(types[name], tree) for tree in trees.values())
    ]
    if not fitting or len({print_tree(tree, ALWAYS, set()) for tree in trees.values()}) > 1:
        return None
    return fitting[0].name


def _has_fields(interface: SubgraphType, tree: Tree) -> bool:
    """Whether an interface's fields are those of its member; their arguments are not known."""
    return not tree.fragments and all(
        field.name == "__typename"
        or (
            field.name in interface.fields
            and interface.fields[field.name].type == field.type
            and not field.arguments
        )
        for field in tree.fields.values()
    )
