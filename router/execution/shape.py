"""The shape of the answer: what the client's operation selects, per object type.

Built from the client's operation and the API schema, never from the plan: whatever else the
subgraphs sent (keys, fields for `@requires`, router-made aliases) is not in the shape. A shape is
made for one set of values of the variables in `@skip` and `@include`, so it holds no conditions.
Selections on an abstract type are resolved per object type when one first turns up, so a wide
interface costs only the types that answers really hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    GraphQLCompositeType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
)

from router.errors import PlanBugError
from router.execution.leaf_types import Coerce, coercion

if TYPE_CHECKING:
    from router.execution.context import DeniedField
    from router.execution.json_value import JsonValue
    from router.execution.scope import Scope

INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})

Complete = Callable[[Any, Any], Any]
"""Object of the tree and `Completion` in; what encodes as the client's, or `INVALID`, out."""


def _as_it_is(value: JsonValue) -> JsonValue:
    return value


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One response key of an object.

    Attributes:
        key: Response key.
        name: Field name; `__typename`, `__schema` and `__type` are answered by the router.
        type: As the API schema declares it; None for the fields answered by the router.
        selection: For composite types.
        denied: Set if the caller may not see it.
        coerce: For leaves.
    """

    key: str
    name: str
    type: GraphQLOutputType | None
    selection: Selection | None = None
    denied: DeniedField | None = None
    coerce: Coerce = _as_it_is


@dataclass(slots=True, eq=False)
class ObjectShape:
    """What is selected on one object type (or on an interface, where the type does not matter).

    Attributes:
        complete: Made by `completion.py` once it has completed many such objects.
        completed: How many it has.
    """

    type_name: str
    fields: tuple[FieldShape, ...]
    complete: Complete | None = None
    completed: int = 0


class Selection:
    """What is selected at one place of the response.

    Attributes:
        parent_type: Declared type of the place.
        is_uniform: The same for every object type, so that the type need not be known.
    """

    def __init__(
        self,
        scope: Scope,
        parent_type: GraphQLCompositeType,
        selection_sets: tuple[SelectionSetNode, ...],
    ) -> None:
        self.parent_type = parent_type
        self._scope = scope
        self._selection_sets = selection_sets
        self._shapes: dict[str, ObjectShape] = {}
        self.is_uniform = isinstance(parent_type, GraphQLObjectType)
        self._has_equal_fields = self.is_uniform
        if isinstance(parent_type, GraphQLInterfaceType):
            self._has_equal_fields = scope.has_equal_fields(parent_type, selection_sets)
            self.is_uniform = self._has_equal_fields and scope.has_equal_types(
                parent_type, selection_sets
            )

    def declared(self) -> ObjectShape:
        """The shape of an object whose type does not matter; needs `is_uniform`."""
        return self._shape(self.parent_type)

    def of(self, typename: object) -> ObjectShape | None:
        """The shape of an object of this type; None if clients cannot meet the type here."""
        if isinstance(self.parent_type, GraphQLObjectType):
            return self._shape(self.parent_type)
        if typename.__class__ is not str:
            return self._without_typename()
        known = self._shapes.get(typename)
        if known is not None:
            return known
        declared = self._scope.schema.type_map.get(typename)
        if isinstance(declared, GraphQLObjectType) and self._scope.schema.is_sub_type(
            self.parent_type, declared
        ):
            return self._shape(declared)
        if isinstance(declared, GraphQLInterfaceType):  # from an @interfaceObject's subgraph
            return self._without_typename()
        return self.declared() if self.is_uniform else None

    def _without_typename(self) -> ObjectShape | None:
        """The shape where no object type is told.

        Plans do not ask for it where all object types get the same fields, even if one of them
        declares a field stricter: then the interface's types count.
        """
        if self._has_equal_fields:
            return self.declared()
        possible = self._scope.possible_types(self.parent_type)
        return self._shape(possible[0]) if len(possible) == 1 else None

    @cached_property
    def sole(self) -> ObjectShape | None:
        """The shape of every object here; None if it depends on an object's type."""
        return self.declared() if isinstance(self.parent_type, GraphQLObjectType) else None

    @cached_property
    def fields_of_any_type(self) -> dict[str, list[tuple[GraphQLCompositeType, FieldShape]]]:
        """All that is selected on any type, without looking at the types one by one.

        Returns:
            By response key each type in whose name the client asked for the field, and the field
            as that type has it. `__typename` is left out.
        """
        return {
            key: [(parent, self._field(parent, key, nodes)) for parent, nodes in groups]
            for key, groups in self._by_condition.items()
        }

    def types_with(self, key: str) -> frozenset[str]:
        """Names of the object types here for which a response key is selected."""
        groups = self._by_condition.get(key, ())
        names = {item.name for parent, _ in groups for item in self._scope.possible_types(parent)}
        return self.possible & names

    @cached_property
    def _by_condition(self) -> dict[str, list[tuple[GraphQLCompositeType, list[FieldNode]]]]:
        return self._scope.collect_by_condition(self.parent_type, self._selection_sets)

    @cached_property
    def possible(self) -> frozenset[str]:
        """Names of the object types that an object here may have."""
        return frozenset(item.name for item in self._scope.possible_types(self.parent_type))

    def at(self, key: str) -> list[Selection | None]:
        """What stands under a response key, for each type it is selected on; None for a leaf."""
        return [field.selection for _, field in self.fields_of_any_type.get(key, ())]

    def _shape(self, runtime_type: GraphQLCompositeType) -> ObjectShape:
        shape = self._shapes.get(runtime_type.name)
        if shape is None:
            nodes = self._scope.collect(runtime_type, self._selection_sets)
            fields = [self._field(runtime_type, key, found) for key, found in nodes.items()]
            shape = ObjectShape(runtime_type.name, tuple(fields))
            self._shapes[runtime_type.name] = shape
        return shape

    def _field(
        self, parent_type: GraphQLCompositeType, key: str, nodes: list[FieldNode]
    ) -> FieldShape:
        """The shape of one response key from all field nodes that share it."""
        name = nodes[0].name.value
        if name == "__typename" or name in INTROSPECTION_FIELDS:
            return FieldShape(key, name, None)
        if isinstance(parent_type, GraphQLUnionType) or name not in parent_type.fields:
            msg = f"no field {name} on {parent_type.name}"
            raise PlanBugError(msg)
        declared = parent_type.fields[name].type
        named = get_named_type(declared)
        selection = None
        if is_composite_type(named):
            sets = tuple(node.selection_set for node in nodes if node.selection_set)
            selection = Selection(self._scope, named, sets)
        denied = self._scope.denial(parent_type, name)
        return FieldShape(key, name, declared, selection, denied, coercion(named))
