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
from functools import cached_property
from typing import TYPE_CHECKING, Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from router.errors import PlanBugError
from router.execution.context import DeniedField
from router.execution.leaf_types import Coerce, coercion

if TYPE_CHECKING:
    from router.execution.completion import Complete
    from router.execution.json_value import JsonValue

Denied = Mapping[tuple[str, str], DeniedField]
INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})


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
        complete: Made by `completion.py` when an answer first needs it.
    """

    type_name: str
    fields: tuple[FieldShape, ...]
    complete: Complete | None = None


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
            key: [(parent, self._scope.field(parent, key, nodes)) for parent, nodes in groups]
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
            fields = [self._scope.field(runtime_type, key, found) for key, found in nodes.items()]
            shape = ObjectShape(runtime_type.name, tuple(fields))
            self._shapes[runtime_type.name] = shape
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
        """Field nodes by response key, in the client's order (CollectFields of the spec).

        An interface stands for its object types, which must have equal fields.
        """
        runtime_type = self._any_object(runtime_type)
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

    def collect_by_condition(
        self, parent_type: GraphQLCompositeType, selection_sets: tuple[SelectionSetNode, ...]
    ) -> dict[str, list[tuple[GraphQLCompositeType, list[FieldNode]]]]:
        """Field nodes by response key and by the type whose field they name."""
        found: dict[str, dict[str, tuple[GraphQLCompositeType, list[FieldNode]]]] = {}
        spread: set[str] = set()

        def visit(declared: GraphQLCompositeType, selection_set: SelectionSetNode) -> None:
            for node in selection_set.selections:
                if not self._is_included(node.directives):
                    continue
                if isinstance(node, FieldNode):
                    if node.name.value != "__typename":
                        groups = found.setdefault((node.alias or node.name).value, {})
                        groups.setdefault(declared.name, (declared, []))[1].append(node)
                    continue
                if isinstance(node, FragmentSpreadNode):
                    if node.name.value in spread:
                        continue
                    spread.add(node.name.value)
                fragment = self.fragment(node)
                condition = fragment.type_condition
                below = self.schema.type_map[condition.name.value] if condition else declared
                if is_composite_type(below):
                    visit(below, fragment.selection_set)

        for selection_set in selection_sets:
            spread.clear()
            visit(parent_type, selection_set)
        return {key: list(groups.values()) for key, groups in found.items()}

    def fragment(self, node: SelectionNode) -> FragmentDefinitionNode | InlineFragmentNode:
        """The fragment of a selection that is no field."""
        if isinstance(node, FragmentSpreadNode):
            return self._fragments[node.name.value]
        if isinstance(node, InlineFragmentNode):
            return node
        raise PlanBugError(node.kind)

    def has_equal_fields(
        self, parent_type: GraphQLInterfaceType, selection_sets: tuple[SelectionSetNode, ...]
    ) -> bool:
        """Whether all object types get the same fields, all of them the interface's own.

        `__typename` is none of them, and denied is a field for all types or for none.
        """
        possible: Sequence[GraphQLCompositeType] = self.possible_types(parent_type)
        first, *others = possible or [parent_type]
        collected = self.collect(first, selection_sets)
        names = {node.name.value for nodes in collected.values() for node in nodes}
        places = _identities(collected)
        return names <= parent_type.fields.keys() and all(
            _identities(self.collect(other, selection_sets)) == places
            and all(self.denial(other, name) == self.denial(first, name) for name in names)
            for other in others
        )

    def denial(self, parent_type: GraphQLCompositeType, name: str) -> DeniedField | None:
        """What is answered in place of a field; of an interface that of its object types."""
        if not self.denied:
            return None
        return self.denied.get((self._any_object(parent_type).name, name))

    def _any_object(self, declared: GraphQLCompositeType) -> GraphQLCompositeType:
        """An interface's first object type, where the type does not matter."""
        if isinstance(declared, GraphQLInterfaceType):
            return next(iter(self.possible_types(declared)), declared)
        return declared

    def has_equal_types(
        self, parent_type: GraphQLInterfaceType, selection_sets: tuple[SelectionSetNode, ...]
    ) -> bool:
        """Whether no object type declares a selected field stricter than the interface does."""
        collected = self.collect(parent_type, selection_sets)
        names = sorted({node.name.value for nodes in collected.values() for node in nodes})
        types = [str(parent_type.fields[name].type) for name in names]
        return all(
            [str(item.fields[name].type) for name in names] == types
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
        denied = self.denial(parent_type, name)
        if selection is not None:
            return FieldShape(key, name, declared, selection, denied)
        return FieldShape(key, name, declared, None, denied, coercion(named))

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
