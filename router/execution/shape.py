"""The shape of the answer: what the client's operation selects, per object type.

Built from the client's operation and the API schema, never from the plan: whatever else the
subgraphs sent (keys, fields for `@requires`, router-made aliases) is not in the shape. A shape is
made for one set of values of the variables in `@skip` and `@include`, so it holds no conditions.
Selections on an abstract type are resolved per object type when one first turns up, so a wide
interface costs only the types that answers really hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from router.errors import PlanBugError
from router.execution.context import DeniedField

Denied = Mapping[tuple[str, str], DeniedField]
INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One response key of an object.

    Attributes:
        key: Response key.
        name: Field name; `__typename`, `__schema` and `__type` are answered by the router.
        type: As the API schema declares it; None for the fields answered by the router.
        enum_values: For an enum: the values clients may see.
        selection: For composite types.
        denied: Set if the caller may not see it.
    """

    key: str
    name: str
    type: GraphQLOutputType | None
    enum_values: frozenset[str] | None = None
    selection: Selection | None = None
    denied: DeniedField | None = None


@dataclass(frozen=True, slots=True)
class ObjectShape:
    """What is selected on one object type (or on an interface, where the type does not matter)."""

    type_name: str
    fields: tuple[FieldShape, ...]


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
        self.is_uniform = isinstance(parent_type, GraphQLObjectType) or (
            isinstance(parent_type, GraphQLInterfaceType)
            and not scope.denied
            and scope.is_uniform(parent_type, selection_sets)
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
        object_type = self._scope.schema.type_map.get(typename)
        if isinstance(object_type, GraphQLObjectType) and self._scope.schema.is_sub_type(
            self.parent_type, object_type
        ):
            return self._shape(object_type)
        return self.declared() if self.is_uniform else None

    def _without_typename(self) -> ObjectShape | None:
        if self.is_uniform:
            return self.declared()
        possible = self._scope.possible_types(self.parent_type)
        return self._shape(possible[0]) if len(possible) == 1 else None

    def at(self, key: str) -> Selection | bool:
        """What stands under a response key, on whatever type: a selection, a leaf, or nothing."""
        for object_type in self._scope.possible_types(self.parent_type):
            for field in self._shape(object_type).fields:
                if field.key == key:
                    return field.selection or True
        return False

    def _shape(self, runtime_type: GraphQLCompositeType) -> ObjectShape:
        shape = self._shapes.get(runtime_type.name)
        if shape is None:
            nodes = self._scope.collect(runtime_type, self._selection_sets)
            fields = (self._scope.field(runtime_type, key, found) for key, found in nodes.items())
            shape = self._shapes[runtime_type.name] = ObjectShape(runtime_type.name, tuple(fields))
        return shape


class Scope:
    """What all selections of one operation share: schema, fragments, conditions, denials."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        conditions: Mapping[str, bool],
        denied: Denied,
    ) -> None:
        self.schema = schema
        self.denied = denied
        self._conditions = conditions
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

    def possible_types(self, declared: GraphQLCompositeType) -> Sequence[GraphQLObjectType]:
        """The object types that an object at a place of this type may have."""
        if isinstance(declared, GraphQLObjectType):
            return [declared]
        return self.schema.get_possible_types(declared)

    def collect(
        self, runtime_type: GraphQLCompositeType, selection_sets: tuple[SelectionSetNode, ...]
    ) -> dict[str, list[FieldNode]]:
        """Field nodes by response key, in the client's order (CollectFields of the spec)."""
        collected: dict[str, list[FieldNode]] = {}
        for selection_set in selection_sets:
            for node in self._fields(runtime_type, selection_set, set()):
                key = (node.alias or node.name).value
                collected.setdefault(key, []).append(node)
        return collected

    def _fields(
        self, runtime_type: GraphQLCompositeType, selection_set: SelectionSetNode, spread: set[str]
    ) -> Iterator[FieldNode]:
        for node in selection_set.selections:
            if not self._is_included(node.directives):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, FragmentSpreadNode):
                if node.name.value not in spread:
                    spread.add(node.name.value)
                    fragment = self._fragments[node.name.value]
                    if self._applies(fragment.type_condition.name.value, runtime_type):
                        yield from self._fields(runtime_type, fragment.selection_set, spread)
            elif isinstance(node, InlineFragmentNode) and (
                node.type_condition is None
                or self._applies(node.type_condition.name.value, runtime_type)
            ):
                yield from self._fields(runtime_type, node.selection_set, spread)

    def is_uniform(
        self, parent_type: GraphQLInterfaceType, selection_sets: tuple[SelectionSetNode, ...]
    ) -> bool:
        """Whether all object types get the same fields, and `__typename` is not asked for.

        An object type may declare a field stricter than its interface does, so fields whose types
        differ make the selection depend on the type too.
        """
        declared = self.collect(parent_type, selection_sets)
        names = sorted({node.name.value for nodes in declared.values() for node in nodes})
        if "__typename" in names:
            return False
        types = [str(parent_type.fields[name].type) for name in names]
        places = _identities(declared)
        return all(
            [str(item.fields[name].type) for name in names] == types
            and _identities(self.collect(item, selection_sets)) == places
            for item in self.schema.get_possible_types(parent_type)
        )

    def field(
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
            selection = Selection(self, named, sets)
        values = frozenset(named.values) if isinstance(named, GraphQLEnumType) else None
        denied = self.denied.get((parent_type.name, name)) if self.denied else None
        return FieldShape(key, name, declared, values, selection, denied)

    def _applies(self, condition: str, runtime_type: GraphQLCompositeType) -> bool:
        if condition == runtime_type.name:
            return True
        declared = self.schema.type_map.get(condition)
        return (
            is_abstract_type(declared)
            and not isinstance(runtime_type, GraphQLUnionType)
            and self.schema.is_sub_type(declared, runtime_type)
        )

    def _is_included(self, directives: tuple[DirectiveNode, ...] | None) -> bool:
        for node in directives or ():
            wanted = {"include": True, "skip": False}.get(node.name.value)
            if wanted is None:
                continue
            [argument] = node.arguments or ()
            value: Any = argument.value
            holds = (
                self._conditions[value.name.value]
                if isinstance(value, VariableNode)
                else value.value
            )
            if holds is not wanted:
                return False
        return True


def _identities(collected: dict[str, list[FieldNode]]) -> dict[str, list[int]]:
    return {key: [id(node) for node in nodes] for key, nodes in collected.items()}


def find_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation of this name, or the only one; the document has been validated."""
    operations = [
        node
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
        and (name is None or (node.name is not None and node.name.value == name))
    ]
    if len(operations) != 1:
        msg = f"{len(operations)} operations named {name}"
        raise PlanBugError(msg)
    return operations[0]
