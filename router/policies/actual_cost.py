"""What an operation has cost: the prices of the estimate, with lists as long as they came.

A field that was answered with null costs its own price, an empty list nothing. Counting walks the
whole answer, so it is done for clients that ask for it only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
)

from router.policies.prices import INTROSPECTION_FIELD, Prices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import FragmentDefinitionNode

    from router.supergraph import Supergraph

JsonObject = dict[str, Any]


def actual_cost(
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    supergraph: Supergraph,
    data: JsonObject | None,
) -> float:
    """The cost of an answer to a valid operation."""
    if data is None:
        return 0.0
    root_type = supergraph.root_types[operation.operation.value]
    counter = _Counter(Prices(fragments, supergraph), supergraph.api_schema)
    return counter.composite(root_type, (operation.selection_set,), data)


class _Counter:
    def __init__(self, prices: Prices, schema: GraphQLSchema) -> None:
        self._prices = prices
        self._schema = schema
        self._fields: dict[tuple[object, ...], dict[str, list[FieldNode]]] = {}
        # Without a `__typename` an object is counted as each type it may be.
        self._counted: dict[tuple[object, ...], float] = {}

    def composite(
        self, type_name: str, selection_sets: Sequence[SelectionSetNode], value: JsonObject
    ) -> float:
        """Cost of the fields of one object."""
        declared = self._schema.type_map[type_name]
        if is_abstract_type(declared):
            possible = [item.name for item in self._schema.get_possible_types(declared)]
            return max(self._as_type(name, selection_sets, value) for name in possible)
        return self._as_type(type_name, selection_sets, value)

    def _as_type(
        self, type_name: str, selection_sets: Sequence[SelectionSetNode], value: JsonObject
    ) -> float:
        """Cost of an object if it is of this type; 0 if it cannot be."""
        shape = (type_name, *map(id, selection_sets))
        by_key = self._fields.get(shape)
        if by_key is None:
            by_key = self._fields[shape] = self._prices.fields(type_name, selection_sets)
        place = (id(value), *shape)
        known = self._counted.get(place)
        if known is None:
            fits = value.keys() <= by_key.keys()
            known = self._sum(type_name, by_key, value) if fits else 0.0
            self._counted[place] = known
        return known

    def _sum(self, type_name: str, by_key: dict[str, list[FieldNode]], value: JsonObject) -> float:
        declared = self._schema.type_map[type_name]
        fields = declared.fields if isinstance(declared, GraphQLObjectType) else {}
        cost = 0.0
        for key, nodes in by_key.items():
            if key not in value:  # skipped
                continue
            name = nodes[0].name.value
            if name in ("__schema", "__type"):
                cost += INTROSPECTION_FIELD
            elif name == "__typename":
                if value[key] != type_name:
                    return 0.0
            else:
                given = [argument.name.value for argument in nodes[0].arguments or ()]
                weight = self._prices.weight(type_name, name, fields[name], given)
                selected = [node.selection_set for node in nodes if node.selection_set is not None]
                returned = get_named_type(fields[name].type).name
                cost += self._value(weight, returned, selected, value[key])
        return cost

    def _value(
        self, weight: float, type_name: str, selected: Sequence[SelectionSetNode], value: object
    ) -> float:
        if isinstance(value, list) and (selected or weight):
            return sum(self._value(weight, type_name, selected, item) for item in value)
        if isinstance(value, dict) and selected:
            return weight + self.composite(type_name, selected, value)
        return weight
