"""Reads the client's operation from the shape of what was fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from tests.router.planning.plan_shapes import (
    PlanError,
    Shape,
    arguments_of,
    lookup,
    response_key_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from router.supergraph import Supergraph


class OperationReader:
    """Raises PlanError for what the client selected and nobody fetched."""

    def __init__(
        self,
        supergraph: Supergraph,
        fragments: Mapping[str, FragmentDefinitionNode],
        is_included: Any,
    ) -> None:
        self._supergraph = supergraph
        self._api = supergraph.api_schema
        self._fragments = fragments
        self._is_included = is_included

    def check(
        self, shape: Shape, types: Iterable[str], sets: list[SelectionSetNode], where: str
    ) -> None:
        declared = [self._api.get_type(name) for name in types]
        objects = [item for item in declared if item is not None and not is_abstract_type(item)]
        # Once the object type is known, it takes the place of the interface's name.
        for concrete in objects or [item for item in declared if item is not None]:
            type_name = concrete.name
            by_key: dict[str, list[FieldNode]] = {}
            for selection_set in sets:
                self._collect(selection_set, concrete, by_key, where)
            for key, nodes in by_key.items():
                self._check_field(shape, type_name, concrete, key, nodes, where)

    def _check_field(
        self,
        shape: Shape,
        type_name: str,
        concrete: Any,
        key: str,
        nodes: list[FieldNode],
        where: str,
    ) -> None:
        name = nodes[0].name.value
        if name.startswith("__"):
            if name == "__typename" and where.count(".") and is_abstract_type(concrete):
                msg = f"{where}: only an interface is known, not the type"
                raise PlanError(msg)
            return
        entry = lookup(self._supergraph, shape, type_name, key)
        if entry is None:
            msg = f"{where}.{key} of {type_name} is not fetched"
            raise PlanError(msg)
        if entry.meaning != (name, arguments_of(nodes[0])):
            msg = f"{where}.{key} of {type_name} is {entry.meaning}"
            raise PlanError(msg)
        declared = get_named_type(concrete.fields[name].type)
        if not is_composite_type(declared):
            return
        if entry.below is None or not entry.below.types:
            msg = f"{where}.{key}: nothing is fetched below"
            raise PlanError(msg)
        types = [item for item in entry.below.types if self._is_common(declared.name, item)]
        sets = [node.selection_set for node in nodes if node.selection_set is not None]
        self.check(entry.below, types, sets, f"{where}.{key}")

    def _is_common(self, declared: str, type_name: str) -> bool:
        """Members that not all subgraphs know may be left out of a union."""
        if self._supergraph.kinds[declared] != "union":
            return True
        return all(
            type_name in subgraph.types[declared].possible_types
            for subgraph in self._supergraph.subgraphs.values()
            if declared in subgraph.types
        )

    def _collect(
        self,
        selection_set: SelectionSetNode,
        concrete: Any,
        by_key: dict[str, list[FieldNode]],
        where: str,
    ) -> None:
        for node in selection_set.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                by_key.setdefault(response_key_of(node), []).append(node)
                continue
            fragment: Any = node
            if not isinstance(node, InlineFragmentNode):
                fragment = self._fragments[fragment.name.value]
            condition = fragment.type_condition
            declared: Any = self._api.get_type(condition.name.value) if condition else concrete
            if self._covers(declared, concrete):
                self._collect(fragment.selection_set, concrete, by_key, where)
            elif is_abstract_type(concrete) and self._selects(fragment.selection_set):
                msg = f"{where}: {concrete.name} is not told apart"
                raise PlanError(msg)

    def _covers(self, declared: Any, concrete: Any) -> bool:
        """Whether all objects of one type are of another."""
        is_abstract = is_abstract_type(concrete)
        objects = self._api.get_possible_types(concrete) if is_abstract else [concrete]
        return all(
            item is declared
            or (is_abstract_type(declared) and self._api.is_sub_type(declared, item))
            for item in objects
        )

    def _selects(self, selection_set: SelectionSetNode) -> bool:
        """Whether any field is left by the conditions."""
        return any(
            isinstance(node, FieldNode) or self._selects(self._inside(node))
            for node in selection_set.selections
            if self._is_included(node)
        )

    def _inside(self, fragment: Any) -> SelectionSetNode:
        named = self._fragments.get(fragment.name.value) if hasattr(fragment, "name") else None
        inside: SelectionSetNode = (named or fragment).selection_set
        return inside
