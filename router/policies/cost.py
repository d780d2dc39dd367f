"""What an operation costs, estimated before it runs.

The prices of fields are those of `prices`. What stands under a list is multiplied by the list's
size: the largest slicing argument of `@listSize`, else its assumed size, else 1. An operation that
gives none or several where exactly one is required is refused. With `sizedFields` the size belongs
to these fields of the returned object (`nodes`, `edges`) and not to the field itself. On interfaces
and unions the dearest object type counts.

The operation is compiled once: parts that no variable touches become numbers.

Source: IBM's GraphQL Cost Directive specification; contract of this product, errors, "Cost".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
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

from router.errors import ClientError
from router.policies.prices import INTROSPECTION_FIELD, Prices

if TYPE_CHECKING:
    from graphql import FragmentDefinitionNode

    from router.supergraph import ListSize, Supergraph

Cost = Callable[[Mapping[str, Any]], float]


def compile_cost(
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    supergraph: Supergraph,
    *,
    is_limit: bool = True,
) -> Cost:
    """A function from coerced variables to the estimated cost of a valid operation.

    For a limit both raise `ClientError` (GRAPHQL_VALIDATION_FAILED) where a list has not the one
    slicing argument that it requires: its size may be any.
    """
    return _Compiler(Prices(fragments, supergraph), supergraph, is_limit=is_limit).root(operation)


class _Compiler:
    def __init__(self, prices: Prices, supergraph: Supergraph, *, is_limit: bool) -> None:
        self._prices = prices
        self._is_limit = is_limit
        self._schema: GraphQLSchema = supergraph.api_schema
        self._list_sizes = supergraph.list_sizes
        # Object types that share an interface meet the same selections again and again.
        self._known: dict[tuple[object, ...], Cost] = {}

    def root(self, operation: OperationDefinitionNode) -> Cost:
        root_type = self._schema.get_root_type(operation.operation)
        if root_type is None:
            raise AssertionError(operation.operation)
        return self._object(root_type.name, [operation.selection_set], {})

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
    ) -> Cost:
        """Cost of what is selected on one object type.

        Args:
            type_name: An object type.
            selection_sets: Of all field nodes that share the place.
            sizes: Sizes that the enclosing field's `sizedFields` give to fields of this type.
        """
        declared = self._schema.type_map[type_name]
        fields = declared.fields if isinstance(declared, GraphQLObjectType) else {}
        costs: list[Cost] = []
        for nodes in self._prices.fields(type_name, selection_sets).values():
            name = nodes[0].name.value
            if name in ("__schema", "__type"):
                costs.append(_constant(INTROSPECTION_FIELD))
            elif name != "__typename":
                cost = self._field(type_name, name, fields[name], nodes)
                size = sizes.get(name)
                costs.append(cost if size is None else _product(size, cost))
        return _sum(costs)

    def _field(self, parent: str, name: str, field: GraphQLField, nodes: list[FieldNode]) -> Cost:
        returned = get_named_type(field.type)
        given = {argument.name.value: argument.value for argument in nodes[0].arguments or ()}
        weight = self._prices.weight(parent, name, field, given)
        size, sizes = self._sizes(parent, name, field, given)
        sized_by = (self._list_sizes[parent, name], id(nodes[0])) if sizes else ()
        parts = [_constant(weight)]
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
        must_be_one = self._is_limit and list_size.needs_one
        unsized = _unsized(f"{parent}.{name}", list_size) if must_be_one else ""
        size = _list_size(list_size, field, given, unsized)
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


def _list_size(
    list_size: ListSize,
    field: GraphQLField,
    given: Mapping[str, ValueNode],
    unsized: str,
) -> Cost:
    """The largest slicing argument that is given or has a default, else the assumed size.

    Args:
        list_size: Of the field.
        field: Whose arguments have the defaults.
        given: Arguments in the operation.
        unsized: The refusal unless exactly one slicing argument is given, or none where there is a
            default; "": however many will do.
    """
    assumed = 1.0 if list_size.assumed_size is None else float(list_size.assumed_size)
    defaults: list[float] = []
    fixed: list[float] = []
    variables: list[tuple[str, tuple[str, ...]]] = []
    for path in list_size.slicing_arguments:
        argument, *inner = path.split(".")
        default = field.args[argument].default if argument in field.args else None
        if argument in given:
            _read_slicing(given[argument], tuple(inner), fixed, variables)
        elif default is not None and default.literal is not None:
            _read_slicing(default.literal, tuple(inner), defaults, [])

    def largest(sizes: list[float]) -> float:
        if unsized and (len(sizes) > 1 or not (sizes or defaults)):
            raise ClientError(unsized, code="GRAPHQL_VALIDATION_FAILED")
        return max(0.0, *sizes, *defaults) if sizes or defaults else assumed

    if not variables:
        return _constant(largest(fixed))
    return lambda values: largest([*fixed, *_sizes_in(values, variables)])


def _sizes_in(
    values: Mapping[str, Any], variables: Sequence[tuple[str, tuple[str, ...]]]
) -> Iterator[float]:
    for name, inner in variables:
        value = values.get(name)
        for key in inner:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, int):
            yield float(value)
        elif isinstance(value, list):
            yield float(len(value))


def _unsized(coordinate: str, list_size: ListSize) -> str:
    names = " or ".join(f"`{path}`" for path in list_size.slicing_arguments)
    if not names:
        return ""
    return f"`{coordinate}` needs {names}: exactly one number that says how many items to read."


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
