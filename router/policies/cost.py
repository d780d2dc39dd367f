"""What an operation costs, estimated before it runs.

A field that returns an object, an interface or a union costs 1, a leaf 0, a root mutation field
10; `@cost` on a field, on the type it returns or on an argument replaces or adds its weight. What
stands under a list is multiplied by the list's size: the largest slicing argument of `@listSize`,
else its assumed size, else 1. With `sizedFields` the size belongs to these fields of the returned
object (`nodes`, `edges`) and not to the field itself. On interfaces and unions the dearest object
type counts. Introspection has a flat price.

The operation is compiled once: parts that no variable touches become numbers.

Source: IBM's GraphQL Cost Directive specification; contract of this product, errors, "Cost".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

if TYPE_CHECKING:
    from router.supergraph import ListSize, Supergraph

Cost = Callable[[Mapping[str, Any]], float]

_MUTATION_FIELD = 10.0
_INTROSPECTION_FIELD = 100.0


def compile_cost(
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    supergraph: Supergraph,
) -> Cost:
    """A function from coerced variables to the estimated cost of a valid operation."""
    return _Compiler(fragments, supergraph).root(operation)


class _Compiler:
    def __init__(
        self, fragments: Mapping[str, FragmentDefinitionNode], supergraph: Supergraph
    ) -> None:
        self._fragments = fragments
        self._schema: GraphQLSchema = supergraph.api_schema
        self._weights = supergraph.cost
        self._list_sizes = supergraph.list_sizes
        self._is_mutation = False
        # Object types that share an interface meet the same selections again and again.
        self._known: dict[tuple[object, ...], Cost] = {}

    def root(self, operation: OperationDefinitionNode) -> Cost:
        root_type = self._schema.get_root_type(operation.operation)
        if root_type is None:
            raise AssertionError(operation.operation)
        self._is_mutation = operation.operation.value == "mutation"
        return self._object(root_type.name, [operation.selection_set], {}, is_root=True)

    def _composite(
        self,
        type_name: str,
        selection_sets: Sequence[SelectionSetNode],
        sizes: Mapping[str, Cost],
        sized_by: tuple[object, ...],
    ) -> Cost:
        """Cost of what is selected on a composite type; `sized_by` tells equal `sizes` apart."""
        key = (type_name, *map(id, selection_sets), *sized_by)
        known = self._known.get(key)
        if known is not None:
            return known
        declared = self._schema.type_map[type_name]
        if is_abstract_type(declared):
            possible = sorted(item.name for item in self._schema.get_possible_types(declared))
            cost = _largest([self._object(name, selection_sets, sizes) for name in possible])
        else:
            cost = self._object(type_name, selection_sets, sizes)
        self._known[key] = cost
        return cost

    def _object(
        self,
        type_name: str,
        selection_sets: Sequence[SelectionSetNode],
        sizes: Mapping[str, Cost],
        *,
        is_root: bool = False,
    ) -> Cost:
        """Cost of what is selected on one object type.

        Args:
            type_name: An object type.
            selection_sets: Of all field nodes that share the place.
            sizes: Sizes that the enclosing field's `sizedFields` give to fields of this type.
            is_root: Whether the type is the operation's root type.
        """
        by_key: dict[str, list[FieldNode]] = {}
        for selection_set in selection_sets:
            self._collect(type_name, selection_set, by_key, set())
        declared = self._schema.type_map[type_name]
        fields = declared.fields if isinstance(declared, GraphQLObjectType) else {}
        costs: list[Cost] = []
        for nodes in by_key.values():
            name = nodes[0].name.value
            if name in ("__schema", "__type"):
                costs.append(_constant(_INTROSPECTION_FIELD))
            elif name != "__typename":
                field = fields[name]
                cost = self._field(type_name, name, field, nodes, is_root=is_root)
                size = sizes.get(name)
                costs.append(cost if size is None else _product(size, cost))
        return _sum(costs)

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

    def _field(
        self,
        parent: str,
        name: str,
        field: GraphQLField,
        nodes: list[FieldNode],
        *,
        is_root: bool,
    ) -> Cost:
        returned = get_named_type(field.type)
        weight: float | None = self._weights.get((parent, name))
        if weight is None:
            weight = self._weights.get(returned.name)
        if weight is None and is_root and self._is_mutation:
            weight = _MUTATION_FIELD
        if weight is None:
            weight = 1.0 if is_composite_type(returned) else 0.0
        given = {argument.name.value: argument.value for argument in nodes[0].arguments or ()}
        for argument in given:
            weight += self._weights.get((parent, name, argument), 0)
        size, sizes = self._sizes(parent, name, field, given)
        sized_by = (self._list_sizes[parent, name], id(nodes[0])) if sizes else ()
        parts = [_constant(float(weight))]
        if is_composite_type(returned):
            selections = [node.selection_set for node in nodes if node.selection_set is not None]
            parts.append(self._composite(returned.name, selections, sizes, sized_by))
        return _product(size, _sum(parts))

    def _sizes(
        self, parent: str, name: str, field: GraphQLField, given: Mapping[str, ValueNode]
    ) -> tuple[Cost, Mapping[str, Cost]]:
        """The factor of the field itself, and those of fields of the object it returns."""
        list_size = self._list_sizes.get((parent, name))
        if list_size is None:
            return _constant(1.0), {}
        size = _list_size(list_size, field, given)
        if list_size.sized_fields:
            return _constant(1.0), dict.fromkeys(list_size.sized_fields, size)
        return size, {}


class _Constant:
    """A cost that depends on no variable."""

    __slots__ = ("value",)

    def __init__(self, value: float) -> None:
        self.value = value

    def __call__(self, variables: Mapping[str, Any]) -> float:  # noqa: ARG002 (signature of Cost)
        return self.value


def _constant(value: float) -> Cost:
    return _Constant(value)


def _list_size(list_size: ListSize, field: GraphQLField, given: Mapping[str, ValueNode]) -> Cost:
    """The largest slicing argument that is given or has a default, else the assumed size."""
    assumed = 1.0 if list_size.assumed_size is None else float(list_size.assumed_size)
    fixed: list[float] = []
    variables: list[tuple[str, tuple[str, ...]]] = []
    for path in list_size.slicing_arguments:
        argument, *inner = path.split(".")
        value = given.get(argument)
        if value is None:
            default = field.args[argument].default if argument in field.args else None
            value = default.literal if default is not None else None
        if value is None:
            continue
        _read_slicing(value, tuple(inner), fixed, variables)
    largest = max(fixed, default=None)
    if not variables:
        return _constant(max(0.0, assumed if largest is None else largest))

    def size(values: Mapping[str, Any]) -> float:
        sizes = [] if largest is None else [largest]
        for name, inner in variables:
            value = values.get(name)
            for key in inner:
                value = value.get(key) if isinstance(value, dict) else None
            if isinstance(value, int):
                sizes.append(float(value))
            elif isinstance(value, list):
                sizes.append(float(len(value)))
        return max(0.0, *sizes) if sizes else assumed

    return size


def _read_slicing(
    value: ValueNode,
    inner: tuple[str, ...],
    fixed: list[float],
    variables: list[tuple[str, tuple[str, ...]]],
) -> None:
    while inner and isinstance(value, ObjectValueNode):
        found = [item.value for item in value.fields if item.name.value == inner[0]]
        if not found:
            return
        value, inner = found[0], inner[1:]
    if isinstance(value, VariableNode):
        variables.append((value.name.value, inner))
    elif isinstance(value, IntValueNode):
        fixed.append(float(value.value))
    elif isinstance(value, ListValueNode):
        fixed.append(float(len(value.values)))


def _sum(costs: Sequence[Cost]) -> Cost:
    fixed = sum(cost.value for cost in costs if isinstance(cost, _Constant))
    moving = [cost for cost in costs if not isinstance(cost, _Constant)]
    if not moving:
        return _Constant(fixed)
    return lambda variables: fixed + sum(cost(variables) for cost in moving)


def _product(left: Cost, right: Cost) -> Cost:
    if isinstance(left, _Constant):
        if left.value == 1.0:
            return right
        if isinstance(right, _Constant):
            return _Constant(left.value * right.value)
    return lambda variables: left(variables) * right(variables)


def _largest(costs: Sequence[Cost]) -> Cost:
    moving = [cost for cost in costs if not isinstance(cost, _Constant)]
    fixed = max((cost.value for cost in costs if isinstance(cost, _Constant)), default=0.0)
    if not moving:
        return _Constant(fixed)
    return lambda variables: max(fixed, *(cost(variables) for cost in moving))
