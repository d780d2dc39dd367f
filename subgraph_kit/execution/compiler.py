"""From selections to a tree of plans, for given values of the variables in conditions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.type import GraphQLEnumType, GraphQLLeafType, GraphQLOutputType
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from subgraph_kit.execution.plan import (
    AbstractOf,
    FieldPlan,
    Leaf,
    ListOf,
    ObjectOf,
    Slot,
    TypePlan,
)
from subgraph_kit.execution.run import Value

_CONDITIONS = frozenset(("skip", "include"))
MIN_INT, MAX_INT = -(2**31), 2**31 - 1
_EXACT_CLASSES: Mapping[str, type] = {"ID": str, "String": str, "Boolean": bool}


class Compiler:
    """Turns selections into plans, for given values of the variables in conditions."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def root(self, type_: GraphQLObjectType, selection_set: SelectionSetNode) -> ObjectOf:
        return self._object(type_, [selection_set], None)

    def _object(
        self,
        type_: GraphQLObjectType,
        selection_sets: Sequence[SelectionSetNode],
        class_: type | None,
    ) -> ObjectOf:
        collected: dict[str, list[FieldNode]] = {}
        for selection_set in selection_sets:
            self._collect(type_, selection_set, collected, set())
        fields = [self._field(type_, key, nodes) for key, nodes in collected.items()]
        return ObjectOf(fields, class_)

    def _field(self, parent_type: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> FieldPlan:
        name = nodes[0].name.value
        definition = self._schema.get_field(parent_type, name)
        assert definition is not None  # noqa: S101 - the document is valid
        if name == "__typename":
            type_name = parent_type.name
            slot = Slot(name, Leaf(lambda _: type_name), nodes, is_nullable=False)
            return FieldPlan(key, definition, nodes, parent_type, slot, "__class__")
        slot = self._slot(f"{parent_type.name}.{name}", definition.type, nodes)
        attribute = _attribute(definition)
        return FieldPlan(key, definition, nodes, parent_type, slot, attribute)

    def _slot(self, name: str, type_: GraphQLOutputType, nodes: list[FieldNode]) -> Slot:
        is_nullable = not is_non_null_type(type_)
        if is_non_null_type(type_):
            type_ = type_.of_type
        return Slot(name, self._type(name, type_, nodes), nodes, is_nullable=is_nullable)

    def _type(self, name: str, type_: GraphQLOutputType, nodes: list[FieldNode]) -> TypePlan:
        if is_leaf_type(type_):
            return Leaf(_converter(type_), _EXACT_CLASSES.get(type_.name))
        if is_list_type(type_):
            return ListOf(self._slot(name, type_.of_type, nodes))
        selection_sets = [node.selection_set for node in nodes if node.selection_set is not None]
        if isinstance(type_, GraphQLObjectType):
            return self._object(type_, selection_sets, _class_of(type_))
        assert isinstance(type_, (GraphQLInterfaceType, GraphQLUnionType))  # noqa: S101 - the rest
        possible = self._schema.get_possible_types(type_)
        classes = {_class_of(concrete): concrete for concrete in possible}
        objects = {
            concrete.name: self._object(concrete, selection_sets, class_)
            for class_, concrete in classes.items()
        }
        return AbstractOf(
            type_, objects, {class_: concrete.name for class_, concrete in classes.items()}
        )

    def _collect(
        self,
        type_: GraphQLObjectType,
        selection_set: SelectionSetNode,
        collected: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        """Group the fields that apply to `type_` by response key, as CollectFields does."""
        for selection in selection_set.selections:
            if not self._is_included(selection):
                continue
            if isinstance(selection, FieldNode):
                key = (selection.alias or selection.name).value
                collected.setdefault(key, []).append(selection)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                if condition is None or self._applies(condition.name.value, type_):
                    self._collect(type_, selection.selection_set, collected, visited)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in visited:
                    visited.add(name)
                    fragment = self._fragments[name]
                    if self._applies(fragment.type_condition.name.value, type_):
                        self._collect(type_, fragment.selection_set, collected, visited)

    def _is_included(self, selection: SelectionNode) -> bool:
        for name, condition in _conditions(selection):
            if isinstance(condition, VariableNode):
                holds = self._variables[condition.name.value]
            else:
                holds = isinstance(condition, BooleanValueNode) and condition.value
            if holds is (name == "skip"):
                return False
        return True

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        if condition == type_.name:
            return True
        conditional = self._schema.get_type(condition)
        return isinstance(
            conditional, (GraphQLInterfaceType, GraphQLUnionType)
        ) and self._schema.is_sub_type(conditional, type_)


def condition_variables(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[str]:
    """Names of the variables that decide what is selected."""
    pending = [operation.selection_set, *(node.selection_set for node in fragments.values())]
    while pending:
        for selection in pending.pop().selections:
            for _, condition in _conditions(selection):
                if isinstance(condition, VariableNode):
                    yield condition.name.value
            nested = getattr(selection, "selection_set", None)
            if nested is not None:
                pending.append(nested)


def _conditions(selection: SelectionNode) -> Iterator[tuple[str, ValueNode]]:
    """`skip` and `include` of a selection, each with its condition."""
    for directive in selection.directives or ():
        if directive.name.value in _CONDITIONS and directive.arguments:
            yield directive.name.value, directive.arguments[0].value


def _attribute(definition: GraphQLField) -> str | None:
    """Where a field without a resolver of its own is read from."""
    field = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if isinstance(field, StrawberryField) and field.is_basic_field and not field.extensions:
        return field.python_name
    return None


def _class_of(type_: GraphQLObjectType) -> type:
    origin: type = type_.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].origin
    return origin


def _converter(type_: GraphQLLeafType) -> Callable[[Any], Any]:
    """What makes JSON of a leaf's value; common values pass without asking graphql-core."""
    coerce: Callable[[Any], Any] = type_.coerce_output_value
    if isinstance(type_, GraphQLEnumType):
        names: dict[int, Any] = {}  # by identity: members hash in Python, and live for ever

        def enum_name(value: Value) -> Value:
            name = names.get(id(value))
            if name is None:
                name = coerce(value)
                if isinstance(value, Enum):  # one of few: remember what it is called
                    names[id(value)] = name
            return name

        return enum_name
    if type_.name == "Int":
        return lambda value: (
            value if type(value) is int and MIN_INT <= value <= MAX_INT else coerce(value)
        )
    return coerce
