"""Operations compiled once and executed often.

graphql-core decides for every field of every object anew which fields are selected, what their
types are and how values become JSON. For one operation the answers are always the same, and on a
page of tasks finding them costs ten times what the values do. So they are found once: an operation
becomes a tree of slots (`_Slot`: a field and where its value goes) and types that know how to put a
value into a slot (`_Leaf`, `_List`, `_Object`, `_Abstract`). Executing it is walking that tree.

Two things keep the walk short:
- Values are put into their final place at once. Null propagation then needs no unwinding: each slot
  knows its target, the nearest place that may be null, and a failure writes null there.
- Nothing is awaited on the way. What a resolver returns unfinished is remembered together with its
  place and settled afterwards, all of it at once; only mutations go field by field.

The result is that of graphql-core, by a test that compares the two on random operations, except
that of several failures below one place that becomes null, more than one may be reported (the
specification allows both). Introspection, subscriptions and unknown operation names are left to
graphql-core: `compile_operation` answers None.

Source: GraphQL specification, October 2021, section 6.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from operator import attrgetter
from typing import Any, Protocol, TypeAlias

from graphql import (
    BooleanValueNode,
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_argument_values,
    get_variable_values,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    located_error,
)
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from graphql.type import GraphQLEnumType, GraphQLLeafType, GraphQLOutputType
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

_MAX_VARIANTS = 16
_CONDITIONS = frozenset(("skip", "include"))
_MIN_INT, _MAX_INT = -(2**31), 2**31 - 1
_EXACT_CLASSES: Mapping[str, type] = {"ID": str, "String": str, "Boolean": bool}

_Value: TypeAlias = Any
"""Whatever a resolver returns or an attribute holds."""
_Container: TypeAlias = Any
"""A dict with response keys, or a list with indexes."""
_Place: TypeAlias = "tuple[_Container, str | int]"
_PathLink: TypeAlias = "tuple[Any, str | int, str | None]"
"""Path of the parent, key, and type name: as `graphql.pyutils.Path`, but cheap to make."""


def compile_operation(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None
) -> "CompiledOperation | None":
    """Compile an operation of a valid document; None when graphql-core has to execute it."""
    operations = [
        definition
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
        and (
            operation_name is None or (definition.name and definition.name.value == operation_name)
        )
    ]
    if len(operations) != 1 or operations[0].operation is OperationType.SUBSCRIPTION:
        return None
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    root_type = schema.get_root_type(operations[0].operation)
    root_fields = set(_root_fields(operations[0].selection_set, fragments))
    if root_type is None or not root_fields.isdisjoint(("__schema", "__type")):
        return None
    return CompiledOperation(schema, operations[0], fragments, root_type)


class CompiledOperation:
    """One operation, ready to run with any variables."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDefinitionNode],
        root_type: GraphQLObjectType,
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = fragments
        self._root_type = root_type
        self._conditions = tuple(sorted(set(_condition_variables(operation, fragments))))
        self._variants: dict[tuple[object, ...], _Object] = {}

    async def execute(
        self, context: object, variables: Mapping[str, Any] | None
    ) -> ExecutionResult:
        """Run it.

        Args:
            context: What resolvers see as `info.context`.
            variables: As the client sent them.
        """
        values = get_variable_values(
            self._schema, self._operation.variable_definitions or (), dict(variables or {}), 50
        )
        if isinstance(values, list):
            return ExecutionResult(None, values)
        run = _Run(self._schema, self._operation, self._fragments, context, values)
        holder: dict[str, Any] = {"data": None}
        root = self._variant(values.coerced)
        if self._operation.operation is OperationType.MUTATION:
            await root.run_serially(run, holder)
        else:
            root.put(run, None, holder, "data", None, (holder, "data"))
            await run.settle()
        return ExecutionResult(holder["data"], run.errors or None)

    def _variant(self, variables: Mapping[str, Any]) -> "_Object":
        """The tree for these values of the variables in `@skip` and `@include`."""
        key = tuple(variables.get(name) for name in self._conditions)
        root = self._variants.get(key)
        if root is None:
            compiler = _Compiler(self._schema, self._fragments, variables)
            root = compiler.object(self._root_type, [self._operation.selection_set])
            if len(self._variants) < _MAX_VARIANTS:
                self._variants[key] = root
        return root


class _Run:
    """What one execution gathers."""

    __slots__ = ("context", "errors", "fragments", "operation", "schema", "unsettled", "variables")

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDefinitionNode],
        context: object,
        variables: VariableValues,
    ) -> None:
        self.schema = schema
        self.operation = operation
        self.fragments = fragments
        self.context = context
        self.variables = variables
        self.errors: list[GraphQLError] = []
        self.unsettled: list[Any] = []

    def fail(
        self, error: Exception, nodes: Sequence[FieldNode], path: "_PathLink | None", target: _Place
    ) -> None:
        """Report an error and write null to the nearest place that may hold it."""
        self.errors.append(located_error(error, nodes, _keys(path)))
        container, key = target
        container[key] = None

    async def settle(self) -> None:
        """Wait for what resolvers left unfinished, and for what comes of that."""
        waiting, self.unsettled = self.unsettled, []
        if len(waiting) == 1:
            await self._settle_one(*waiting[0])
        elif waiting:
            await asyncio.gather(*(self._settle_one(*item) for item in waiting))
        if self.unsettled:
            await self.settle()

    async def _settle_one(
        self, slot: "_Slot", awaitable: _Value, container: _Container, key: str | int,
        path: _PathLink, target: _Place,
    ) -> None:  # fmt: skip
        try:
            value = await awaitable
        except Exception as error:  # noqa: BLE001 - border: one field's failure is its own
            self.fail(error, slot.nodes, path, target)
        else:
            slot.put(self, value, container, key, path, target)


class _Type(Protocol):
    """Puts a value that is neither null nor unfinished into its place; may raise."""

    def put(
        self, run: _Run, value: _Value, container: _Container, key: str | int,
        path: "_PathLink | None", target: _Place,
    ) -> None: ...  # fmt: skip


class _Slot:
    """A place for values of one type: a field of an object, or the items of a list."""

    __slots__ = ("is_nullable", "name", "nodes", "type")

    def __init__(
        self, name: str, type_: _Type, nodes: Sequence[FieldNode], *, is_nullable: bool
    ) -> None:
        self.name = name
        self.type = type_
        self.nodes = nodes
        self.is_nullable = is_nullable

    def put(
        self, run: _Run, value: _Value, container: _Container, key: str | int,
        path: _PathLink, target: _Place,
    ) -> None:  # fmt: skip
        """Put any value; `target` is where null goes when this place may not hold it."""
        if self.is_nullable:
            target = (container, key)
        if value is None:
            if not self.is_nullable:
                run.fail(
                    TypeError(f"Cannot return null for non-nullable field {self.name}."),
                    self.nodes,
                    path,
                    target,
                )
        elif isinstance(value, Exception):
            run.fail(value, self.nodes, path, target)
        elif hasattr(type(value), "__await__"):
            run.unsettled.append((self, value, container, key, path, target))
        else:
            try:
                self.type.put(run, value, container, key, path, target)
            except Exception as error:  # noqa: BLE001 - border: one field's failure is its own
                run.fail(error, self.nodes, path, target)


class _Leaf:
    """A scalar or enum.

    Args:
        convert: Makes JSON of a value.
        exact_class: Values of just this class are JSON already; None when there is none such.
    """

    __slots__ = ("convert", "exact_class")

    def __init__(self, convert: Callable[[Any], Any], exact_class: type | None = None) -> None:
        self.convert = convert
        self.exact_class = exact_class

    def put(
        self, _run: _Run, value: _Value, container: _Container, key: str | int,
        _path: "_PathLink | None", _target: _Place,
    ) -> None:  # fmt: skip
        container[key] = self.convert(value)


class _List:
    __slots__ = ("items",)

    def __init__(self, items: _Slot) -> None:
        self.items = items

    def put(
        self, run: _Run, value: _Value, container: _Container, key: str | int,
        path: "_PathLink | None", target: _Place,
    ) -> None:  # fmt: skip
        if isinstance(value, (str, bytes, Mapping)):
            raise TypeError(f"{self.items.name} must be a list.")  # noqa: EM102
        values = list(value)
        placed: list[Any] = [None] * len(values)
        container[key] = placed
        put = self.items.put
        for index, item in enumerate(values):
            put(run, item, placed, index, (path, index, None), target)


class _Object:
    """Fields of one object type, in the order of the answer."""

    __slots__ = ("_converters", "_get_leaves", "_keys", "_leaf_keys", "_leaves", "_others")

    def __init__(self, fields: "Sequence[_FieldPlan]") -> None:
        self._keys = tuple(field.key for field in fields)
        self._leaves = tuple(field for field in fields if field.is_plain_leaf)
        self._others = tuple(field for field in fields if not field.is_plain_leaf)
        self._leaf_keys = tuple(field.key for field in self._leaves)
        self._get_leaves = _getter([field.attribute or "" for field in self._leaves])
        self._converters = tuple(
            (
                field.key,
                field.slot.type.exact_class,
                field.slot.type.convert,
                field.slot.is_nullable,
            )
            for field in self._leaves
            if isinstance(field.slot.type, _Leaf)
        )

    def put(
        self, run: _Run, value: _Value, container: _Container, key: str | int,
        path: "_PathLink | None", target: _Place,
    ) -> None:  # fmt: skip
        out: dict[str, Any] = dict.fromkeys(self._keys)
        container[key] = out
        if self._leaves and not self._put_leaves(value, out):
            for field in self._leaves:
                out[field.key] = None
                field.put(run, value, out, path, target)
        for field in self._others:
            field.put(run, value, out, path, target)

    async def run_serially(self, run: _Run, holder: dict[str, Any]) -> None:
        """The root of a mutation: a field begins when the one before it is all done."""
        out: dict[str, Any] = dict.fromkeys(self._keys)
        holder["data"] = out
        for field in (*self._leaves, *self._others):  # a leaf here is `__typename`
            field.put(run, None, out, None, (holder, "data"))
            await run.settle()

    def _put_leaves(self, value: _Value, out: dict[str, Any]) -> bool:
        """All leaves at once; False when one is wrong, and it must be found out which."""
        try:
            out.update(zip(self._leaf_keys, self._get_leaves(value), strict=True))
            for key, exact_class, convert, is_nullable in self._converters:
                leaf = out[key]
                if type(leaf) is exact_class:
                    continue  # is JSON as it is
                if leaf is not None:
                    out[key] = convert(leaf)
                elif not is_nullable:
                    return False
        except Exception:  # noqa: BLE001 - each failure is reported when they are looked at one by one
            return False
        return True


class _Abstract:
    """An interface or union: the type of each value decides."""

    __slots__ = ("_objects", "_of_class", "_type")

    def __init__(
        self,
        type_: GraphQLInterfaceType | GraphQLUnionType,
        objects: dict[str, _Object],
        of_class: dict[type, str],
    ) -> None:
        self._type = type_
        self._objects = objects
        self._of_class = of_class

    def put(
        self, run: _Run, value: _Value, container: _Container, key: str | int,
        path: "_PathLink | None", target: _Place,
    ) -> None:  # fmt: skip
        name = self._of_class.get(type(value))
        if name is None:
            raise TypeError(f"{type(value).__name__} is no {self._type.name}.")  # noqa: EM102
        self._objects[name].put(run, value, container, key, path, target)


class _FieldPlan:
    """A field of an object: read from `attribute`, or asked of its resolver."""

    __slots__ = ("attribute", "definition", "key", "nodes", "parent_type", "slot")

    def __init__(
        self,
        key: str,
        definition: GraphQLField,
        nodes: list[FieldNode],
        parent_type: GraphQLObjectType,
        slot: _Slot,
        attribute: str | None,
    ) -> None:
        self.key = key
        self.definition = definition
        self.nodes = nodes
        self.parent_type = parent_type
        self.slot = slot
        self.attribute = attribute

    @property
    def is_plain_leaf(self) -> bool:
        return self.attribute is not None and isinstance(self.slot.type, _Leaf)

    def put(
        self,
        run: _Run,
        source: _Value,
        out: dict[str, Any],
        path: "_PathLink | None",
        target: _Place,
    ) -> None:
        here = (path, self.key, self.parent_type.name)
        if self.slot.is_nullable:
            target = (out, self.key)
        try:
            if self.attribute is not None:
                value = getattr(source, self.attribute)
            else:
                value = self._resolve(run, source, here)
        except Exception as error:  # noqa: BLE001 - border: one field's failure is its own
            run.fail(error, self.nodes, here, target)
        else:
            self.slot.put(run, value, out, self.key, here, target)

    def _resolve(self, run: _Run, source: _Value, path: _PathLink) -> _Value:
        definition = self.definition
        arguments = (
            get_argument_values(definition, self.nodes[0], run.variables) if definition.args else {}
        )
        info: GraphQLResolveInfo[Any] = GraphQLResolveInfo(
            self.nodes[0].name.value, self.nodes, definition.type, self.parent_type,
            _full_path(path), run.schema, run.fragments, None, run.operation,
            run.variables.coerced, run.context, optimized_is_awaitable, None, None,  # type: ignore[arg-type]
        )  # fmt: skip
        resolve = definition.resolve
        assert resolve is not None  # noqa: S101 - otherwise it is an attribute
        return resolve(source, info, **arguments)


class _Compiler:
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

    def object(
        self, type_: GraphQLObjectType, selection_sets: Sequence[SelectionSetNode]
    ) -> _Object:
        collected: dict[str, list[FieldNode]] = {}
        for selection_set in selection_sets:
            self._collect(type_, selection_set, collected, set())
        return _Object([self._field(type_, key, nodes) for key, nodes in collected.items()])

    def _field(
        self, parent_type: GraphQLObjectType, key: str, nodes: list[FieldNode]
    ) -> _FieldPlan:
        name = nodes[0].name.value
        definition = self._schema.get_field(parent_type, name)
        assert definition is not None  # noqa: S101 - the document is valid
        if name == "__typename":
            type_name = parent_type.name
            slot = _Slot(name, _Leaf(lambda _: type_name), nodes, is_nullable=False)
            return _FieldPlan(key, definition, nodes, parent_type, slot, "__class__")
        slot = self._slot(f"{parent_type.name}.{name}", definition.type, nodes)
        attribute = _attribute(definition)
        return _FieldPlan(key, definition, nodes, parent_type, slot, attribute)

    def _slot(self, name: str, type_: GraphQLOutputType, nodes: list[FieldNode]) -> _Slot:
        is_nullable = not is_non_null_type(type_)
        if is_non_null_type(type_):
            type_ = type_.of_type
        return _Slot(name, self._type(name, type_, nodes), nodes, is_nullable=is_nullable)

    def _type(self, name: str, type_: GraphQLOutputType, nodes: list[FieldNode]) -> _Type:
        if is_leaf_type(type_):
            return _Leaf(_converter(type_), _EXACT_CLASSES.get(type_.name))
        if is_list_type(type_):
            return _List(self._slot(name, type_.of_type, nodes))
        selection_sets = [node.selection_set for node in nodes if node.selection_set is not None]
        if isinstance(type_, GraphQLObjectType):
            return self.object(type_, selection_sets)
        assert isinstance(type_, (GraphQLInterfaceType, GraphQLUnionType))  # noqa: S101 - the rest
        possible = self._schema.get_possible_types(type_)
        objects = {concrete.name: self.object(concrete, selection_sets) for concrete in possible}
        return _Abstract(
            type_, objects, {_class_of(concrete): concrete.name for concrete in possible}
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


def _condition_variables(
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


def _root_fields(
    selection_set: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[str]:
    for selection in selection_set.selections:
        if isinstance(selection, FieldNode):
            yield selection.name.value
        elif isinstance(selection, InlineFragmentNode):
            yield from _root_fields(selection.selection_set, fragments)
        elif isinstance(selection, FragmentSpreadNode):
            yield from _root_fields(fragments[selection.name.value].selection_set, fragments)


def _attribute(definition: GraphQLField) -> str | None:
    """Where a field without a resolver of its own is read from."""
    field = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if isinstance(field, StrawberryField) and field.is_basic_field and not field.extensions:
        return field.python_name
    return None


def _class_of(type_: GraphQLObjectType) -> type:
    origin: type = type_.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].origin
    return origin


def _getter(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) == 1:
        get_one = attrgetter(names[0])
        return lambda value: (get_one(value),)
    return attrgetter(*names) if names else lambda _: ()


def _converter(type_: GraphQLLeafType) -> Callable[[Any], Any]:
    """What makes JSON of a leaf's value; common values pass without asking graphql-core."""
    coerce: Callable[[Any], Any] = type_.coerce_output_value
    if isinstance(type_, GraphQLEnumType):
        names: dict[int, Any] = {}  # by identity: members hash in Python, and live for ever

        def enum_name(value: _Value) -> _Value:
            name = names.get(id(value))
            if name is None:
                name = coerce(value)
                if isinstance(value, Enum):  # one of few: remember what it is called
                    names[id(value)] = name
            return name

        return enum_name
    if type_.name == "Int":
        return lambda value: (
            value if type(value) is int and _MIN_INT <= value <= _MAX_INT else coerce(value)
        )
    return coerce


def _keys(path: "_PathLink | None") -> list[str | int]:
    keys: list[str | int] = []
    while path is not None:
        path, key, _ = path
        keys.append(key)
    return keys[::-1]


def _full_path(path: "_PathLink") -> Path:
    above, key, type_name = path
    return Path(None if above is None else _full_path(above), key, type_name)
