"""What a field costs, and which fields stand at a place; shared by estimate and actual cost.

A field that returns an object, an interface or a union costs 1, a leaf 0, a root mutation field
10; `@cost` on a field or on the type it returns replaces its weight, on an argument it adds to it.
Introspection has a flat price.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from graphql import FragmentDefinitionNode, GraphQLField, SelectionSetNode

    from router.supergraph import Supergraph

INTROSPECTION_FIELD = 100.0
_MUTATION_FIELD = 10.0


class Prices:
    """Prices of the fields of one document."""

    def __init__(
        self, fragments: Mapping[str, FragmentDefinitionNode], supergraph: Supergraph
    ) -> None:
        self._fragments = fragments
        self._schema = supergraph.api_schema
        self._weights = supergraph.cost
        self._mutation = supergraph.root_types.get("mutation")

    def weight(
        self, parent: str, name: str, field: GraphQLField, arguments: Iterable[str]
    ) -> float:
        """Price of one field without what is selected on it."""
        returned = get_named_type(field.type)
        weight: float | None = self._weights.get((parent, name))
        if weight is None:
            weight = self._weights.get(returned.name)
        if weight is None and parent == self._mutation:
            weight = _MUTATION_FIELD
        if weight is None:
            weight = 1.0 if is_composite_type(returned) else 0.0
        for argument in arguments:
            weight += self._weights.get((parent, name, argument), 0)
        return float(weight)

    def fields(
        self, type_name: str, selection_sets: Sequence[SelectionSetNode]
    ) -> dict[str, list[FieldNode]]:
        """Field nodes by response key, fragments expanded, on an object type."""
        by_key: dict[str, list[FieldNode]] = {}
        for selection_set in selection_sets:
            self._collect(type_name, selection_set, by_key, set())
        return by_key

    def _collect(
        self,
        type_name: str,
        selection_set: SelectionSetNode,
        by_key: dict[str, list[FieldNode]],
        spread: set[str],
    ) -> None:
        for selection in selection_set.selections:
            match selection:
                case FieldNode():
                    key = (selection.alias or selection.name).value
                    by_key.setdefault(key, []).append(selection)
                case InlineFragmentNode():
                    condition = selection.type_condition
                    if condition is None or self._applies(condition.name.value, type_name):
                        self._collect(type_name, selection.selection_set, by_key, spread)
                case FragmentSpreadNode():
                    name = selection.name.value
                    fragment = self._fragments[name]
                    if name not in spread and self._applies(
                        fragment.type_condition.name.value, type_name
                    ):
                        spread.add(name)
                        self._collect(type_name, fragment.selection_set, by_key, spread)

    def _applies(self, condition: str, type_name: str) -> bool:
        if condition == type_name:
            return True
        declared = self._schema.type_map.get(condition)
        return is_abstract_type(declared) and self._schema.is_sub_type(
            declared,
            self._schema.type_map[type_name],
        )
