"""The tree that an operation is compiled to, and walking it.

See `compiled_operation` for what it is good for.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    get_argument_values,
    located_error,
)
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable

Value: TypeAlias = Any
"""Whatever a resolver returns or an attribute holds."""
Container: TypeAlias = Any
"""A dict with response keys, or a list with indexes."""
Place: TypeAlias = "tuple[Container, str | int]"
PathLink: TypeAlias = "tuple[Any, str | int, str | None]"
"""Path of the parent, key, and type name: as `graphql.pyutils.Path`, but cheap to make."""


class Run:
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
        self, error: Exception, nodes: Sequence[FieldNode], path: "PathLink | None", target: Place
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
        self, slot: "Slot", awaitable: Value, container: Container, key: str | int,
        path: PathLink, target: Place,
    ) -> None:  # fmt: skip
        try:
            value = await awaitable
        except Exception as error:  # noqa: BLE001 - border: one field's failure is its own
            self.fail(error, slot.nodes, path, target)
        else:
            slot.put(self, value, container, key, path, target)


class TypePlan(Protocol):
    """Puts a value that is neither null nor unfinished into its place; may raise."""

    def put(
        self, run: Run, value: Value, container: Container, key: str | int,
        path: "PathLink | None", target: Place,
    ) -> None: ...  # fmt: skip


class Slot:
    """A place for values of one type: a field of an object, or the items of a list."""

    __slots__ = ("is_nullable", "name", "nodes", "type")

    def __init__(
        self, name: str, type_: TypePlan, nodes: Sequence[FieldNode], *, is_nullable: bool
    ) -> None:
        self.name = name
        self.type = type_
        self.nodes = nodes
        self.is_nullable = is_nullable

    def put(
        self, run: Run, value: Value, container: Container, key: str | int,
        path: PathLink, target: Place,
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
        elif _is_awaitable(type(value)):
            run.unsettled.append((self, value, container, key, path, target))
        else:
            try:
                self.type.put(run, value, container, key, path, target)
            except Exception as error:  # noqa: BLE001 - border: one field's failure is its own
                run.fail(error, self.nodes, path, target)


class Leaf:
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
        self, _run: Run, value: Value, container: Container, key: str | int,
        _path: "PathLink | None", _target: Place,
    ) -> None:  # fmt: skip
        container[key] = self.convert(value)


class ListOf:
    __slots__ = ("items",)

    def __init__(self, items: Slot) -> None:
        self.items = items

    def put(
        self, run: Run, value: Value, container: Container, key: str | int,
        path: "PathLink | None", target: Place,
    ) -> None:  # fmt: skip
        if isinstance(value, (str, bytes, Mapping)):
            raise TypeError(f"{self.items.name} must be a list.")  # noqa: EM102
        values = list(value)
        placed: list[Any] = [None] * len(values)
        container[key] = placed
        put = self.items.put
        for index, item in enumerate(values):
            put(run, item, placed, index, (path, index, None), target)


class ObjectOf:
    """Fields of one object type, in the order of the answer."""

    __slots__ = ("_keys", "_leaves", "_others", "_read_leaves")

    def __init__(self, fields: "Sequence[FieldPlan]") -> None:
        self._keys = tuple(field.key for field in fields)
        self._leaves = tuple(field for field in fields if field.is_plain_leaf)
        self._others = tuple(field for field in fields if not field.is_plain_leaf)
        self._read_leaves = _leaf_reader(fields)

    def put(
        self, run: Run, value: Value, container: Container, key: str | int,
        path: "PathLink | None", target: Place,
    ) -> None:  # fmt: skip
        try:
            container[key] = out = self._read_leaves(value)
        except Exception:  # noqa: BLE001 - each failure is reported when they are read one by one
            container[key] = out = dict.fromkeys(self._keys)
            for field in self._leaves:
                field.put(run, value, out, path, target)
        for field in self._others:
            field.put(run, value, out, path, target)

    async def run_serially(self, run: Run, holder: dict[str, Any]) -> None:
        """The root of a mutation: a field begins when the one before it is all done."""
        out: dict[str, Any] = dict.fromkeys(self._keys)
        holder["data"] = out
        for field in (*self._leaves, *self._others):  # a leaf here is `__typename`
            field.put(run, None, out, None, (holder, "data"))
            await run.settle()
            if holder["data"] is None:
                break  # nothing of what follows could be told


class AbstractOf:
    """An interface or union: the type of each value decides."""

    __slots__ = ("_objects", "_of_class", "_type")

    def __init__(
        self,
        type_: GraphQLInterfaceType | GraphQLUnionType,
        objects: dict[str, ObjectOf],
        of_class: dict[type, str],
    ) -> None:
        self._type = type_
        self._objects = objects
        self._of_class = of_class

    def put(
        self, run: Run, value: Value, container: Container, key: str | int,
        path: "PathLink | None", target: Place,
    ) -> None:  # fmt: skip
        name = self._of_class.get(type(value))
        if name is None:
            raise TypeError(f"{type(value).__name__} is no {self._type.name}.")  # noqa: EM102
        self._objects[name].put(run, value, container, key, path, target)


class FieldPlan:
    """A field of an object: read from `attribute`, or asked of its resolver."""

    __slots__ = ("attribute", "definition", "key", "nodes", "parent_type", "slot")

    def __init__(
        self,
        key: str,
        definition: GraphQLField,
        nodes: list[FieldNode],
        parent_type: GraphQLObjectType,
        slot: Slot,
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
        return self.attribute is not None and isinstance(self.slot.type, Leaf)

    def put(
        self,
        run: Run,
        source: Value,
        out: dict[str, Any],
        path: "PathLink | None",
        target: Place,
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

    def _resolve(self, run: Run, source: Value, path: PathLink) -> Value:
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


def _leaf_reader(fields: "Sequence[FieldPlan]") -> Callable[[Any], dict[str, Any]]:
    """A function that makes an object of the answer: all leaves at once, null in other places.

    It is generated, since a page holds hundreds of leaves. For `{ id dueAt owner { id } }`:

        def read(value):
            leaf0 = value.id
            if type(leaf0) is not class0:
                if leaf0 is None: raise WrongLeafError
                leaf0 = convert0(leaf0)
            leaf1 = value.due_at
            if leaf1 is not None:
                leaf1 = convert1(leaf1)
            return {'id': leaf0, 'dueAt': leaf1, 'owner': None}

    It raises when any leaf is wrong.
    """
    names: dict[str, Any] = {"WrongLeafError": _WrongLeafError}
    lines = ["def read(value):"]
    items = []
    for number, field in enumerate(fields):
        leaf = field.slot.type
        if field.attribute is None or not isinstance(leaf, Leaf):
            items.append(f"{field.key!r}: None")
            continue
        name, class_, convert = f"leaf{number}", f"class{number}", f"convert{number}"
        names |= {class_: leaf.exact_class, convert: leaf.convert}
        lines.append(f" {name} = value.{field.attribute}")
        lines.append(f" if type({name}) is not {class_}:" if leaf.exact_class else " if True:")
        if field.slot.is_nullable:
            lines.append(f"  if {name} is not None: {name} = {convert}({name})")
        else:
            lines.append(f"  if {name} is None: raise WrongLeafError")
            lines.append(f"  {name} = {convert}({name})")
        items.append(f"{field.key!r}: {name}")
    lines.append(f" return {{{', '.join(items)}}}")
    exec("\n".join(lines), names)  # noqa: S102 - made of names of the schema and of aliases
    read: Callable[[Any], dict[str, Any]] = names["read"]
    return read


class _WrongLeafError(Exception):
    """Some leaf is null that must not be."""


def _is_awaitable(class_: type) -> bool:
    known = _AWAITABLE.get(class_)
    if known is None:
        known = _AWAITABLE[class_] = hasattr(class_, "__await__")
    return known


_AWAITABLE: dict[type, bool] = {}
"""By class, of which there are few; a look into the class costs more when it finds nothing."""


def _keys(path: "PathLink | None") -> list[str | int]:
    keys: list[str | int] = []
    while path is not None:
        path, key, _ = path
        keys.append(key)
    return keys[::-1]


def _full_path(path: "PathLink") -> Path:
    above, key, type_name = path
    return Path(None if above is None else _full_path(above), key, type_name)
