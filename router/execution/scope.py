"""What all selections of one operation share: the schema, fragments, conditions and denials.

From them follows which fields a selection set asks for: of one object type, or in the name of
which types.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
    is_composite_type,
)

from router.errors import PlanBugError
from router.execution.context import DeniedField

Denied = Mapping[tuple[str, str], DeniedField]
"""By object type and field."""


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
        self._equal_types: dict[tuple[str, str], bool] = {}
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
        if not names <= parent_type.fields.keys():
            return False
        if not self.denied and not self._has_condition(selection_sets, parent_type.name):
            return True  # without a look at hundreds of types
        places = _identities(collected)
        return all(
            _identities(self.collect(other, selection_sets)) == places
            and all(self.denial(other, name) == self.denial(first, name) for name in names)
            for other in others
        )

    def _has_condition(self, selection_sets: Iterable[SelectionSetNode], type_name: str) -> bool:
        """Whether a fragment is for some of the objects only."""
        fragments = [
            self.fragment(node)
            for selection_set in selection_sets
            for node in selection_set.selections
            if not isinstance(node, FieldNode)
        ]
        conditions = {item.type_condition.name.value for item in fragments if item.type_condition}
        return not conditions <= {type_name} or (
            bool(fragments)
            and self._has_condition([item.selection_set for item in fragments], type_name)
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
        names = {node.name.value for nodes in collected.values() for node in nodes}
        return all(self._is_equal_type(parent_type, name) for name in names)

    def _is_equal_type(self, parent_type: GraphQLInterfaceType, name: str) -> bool:
        """Whether all object types declare a field as the interface does."""
        place = (parent_type.name, name)
        known = self._equal_types.get(place)
        if known is None:
            declared = str(parent_type.fields[name].type)
            known = self._equal_types[place] = all(
                str(item.fields[name].type) == declared for item in self.possible_types(parent_type)
            )
        return known

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
