"""The tree that an operation is compiled to, and walking it.

See `compiled_operation` for what it is good for.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLUnionType,
    get_argument_values,
)
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable

from subgraph_kit.execution.run import Container, PathLink, Place, Run, Value

Reader: TypeAlias = Callable[[Any], Any]
"""Makes JSON of a value at once. Raises when something in it is not as planned: a null where none
may be, a failure, something unfinished, another class; `put` then finds out what it is."""


class TypePlan(Protocol):
    @property
    def read(self) -> Reader | None:
        """For a value that is not null; None when a field in it has a resolver."""
        ...

    def put(
        self, run: Run, value: Value, container: Container, key: str | int,
        path: PathLink | None, target: Place,
    ) -> None:  # fmt: skip
        """Put a value that is neither null nor unfinished into its place; may raise."""
        ...


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
            run.unsettled.append((self.put, self.nodes, value, container, key, path, target))
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

    __slots__ = ("exact_class", "read")

    def __init__(self, convert: Callable[[Any], Any], exact_class: type | None = None) -> None:
        self.read: Reader = convert
        self.exact_class = exact_class

    def put(
        self, _run: Run, value: Value, container: Container, key: str | int,
        _path: PathLink | None, _target: Place,
    ) -> None:  # fmt: skip
        container[key] = self.read(value)


class ListOf:
    __slots__ = ("items", "read")

    def __init__(self, items: Slot) -> None:
        self.items = items
        self.read: Reader | None = _list_reader(items)

    def put(
        self, run: Run, value: Value, container: Container, key: str | int,
        path: PathLink | None, target: Place,
    ) -> None:  # fmt: skip
        if self.read is not None:
            try:
                container[key] = self.read(value)
            except Exception:  # noqa: BLE001, S110 - each failure is reported item by item
                pass
            else:
                return
        if isinstance(value, (str, bytes, Mapping)):
            raise TypeError(f"{self.items.name} must be a list.")  # noqa: EM102
        values = list(value)
        placed: list[Any] = [None] * len(values)
        container[key] = placed
        put = self.items.put
        for index, item in enumerate(values):
            put(run, item, placed, index, (path, index, None), target)


class ObjectOf:
    """Fields of one object type, in the order of the answer.

    Args:
        fields: What is selected.
        class_: Of the values that are read at once; None for the root, which has none.
    """

    __slots__ = ("_keys", "_others", "_plain", "_read_plain", "read")

    def __init__(self, fields: "Sequence[FieldPlan]", class_: type | None) -> None:
        self._keys = tuple(field.key for field in fields)
        self._plain = tuple(field for field in fields if field.is_plain)
        self._others = tuple(field for field in fields if not field.is_plain)
        self._read_plain = _object_reader(fields, class_)
        self.read: Reader | None = None if self._others else self._read_plain

    def put(
        self, run: Run, value: Value, container: Container, key: str | int,
        path: PathLink | None, target: Place,
    ) -> None:  # fmt: skip
        try:
            container[key] = out = self._read_plain(value)
        except Exception:  # noqa: BLE001 - each failure is reported when they are read one by one
            container[key] = out = dict.fromkeys(self._keys)
            for field in self._plain:
                field.put(run, value, out, path, target)
        for field in self._others:
            field.put(run, value, out, path, target)

    async def run_serially(self, run: Run, holder: dict[str, Any]) -> None:
        """The root of a mutation: a field begins when the one before it is all done."""
        out: dict[str, Any] = dict.fromkeys(self._keys)
        holder["data"] = out
        for field in (*self._plain, *self._others):  # what is plain here is `__typename`
            field.put(run, None, out, None, (holder, "data"))
            await run.settle()
            if holder["data"] is None:
                break  # nothing of what follows could be told


class AbstractOf:
    """An interface or union: the type of each value decides."""

    __slots__ = ("_objects", "_of_class", "_type", "read")

    def __init__(
        self,
        type_: GraphQLInterfaceType | GraphQLUnionType,
        objects: dict[str, ObjectOf],
        of_class: dict[type, str],
    ) -> None:
        self._type = type_
        self._objects = objects
        self._of_class = of_class
        readers = {class_: objects[name].read for class_, name in of_class.items()}
        self.read: Reader | None = None
        if all(read is not None for read in readers.values()):
            self.read = lambda value: readers[type(value)](value)  # type: ignore[misc]

    def put(
        self, run: Run, value: Value, container: Container, key: str | int,
        path: PathLink | None, target: Place,
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
    def is_plain(self) -> bool:
        """Whether neither the field nor anything below it has a resolver."""
        return self.attribute is not None and self.slot.type.read is not None

    def put(
        self,
        run: Run,
        source: Value,
        out: dict[str, Any],
        path: PathLink | None,
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


def _object_reader(fields: "Sequence[FieldPlan]", class_: type | None) -> Reader:
    """A function that makes an object of the answer: all plain fields at once, null in the others.

    It is generated, since a page holds hundreds of fields. For `{ id dueAt owner { id } }`:

        def read(value):
            if type(value) is not class_: raise NotAsPlannedError
            field0 = value.id
            if type(field0) is not class0:
                if field0 is None: raise NotAsPlannedError
                field0 = read0(field0)
            field1 = value.due_at
            if field1 is not None:
                field1 = read1(field1)
            field2 = value.owner
            if field2 is not None:
                field2 = read2(field2)
            return {'id': field0, 'dueAt': field1, 'owner': field2}
    """
    names: dict[str, Any] = {"NotAsPlannedError": _NotAsPlannedError, "class_": class_}
    lines = ["def read(value):"]
    if class_ is not None:
        lines.append(" if type(value) is not class_: raise NotAsPlannedError")
    items = []
    for number, field in enumerate(fields):
        if not field.is_plain:
            items.append(f"{field.key!r}: None")
            continue
        name, exact_class, read = f"field{number}", f"class{number}", f"read{number}"
        type_ = field.slot.type
        names[read] = type_.read
        names[exact_class] = type_.exact_class if isinstance(type_, Leaf) else None
        lines.append(f" {name} = value.{field.attribute}")
        lines.append(
            f" if type({name}) is not {exact_class}:" if names[exact_class] else " if True:"
        )
        if field.slot.is_nullable:
            lines.append(f"  if {name} is not None: {name} = {read}({name})")
        else:
            lines.append(f"  if {name} is None: raise NotAsPlannedError")
            lines.append(f"  {name} = {read}({name})")
        items.append(f"{field.key!r}: {name}")
    lines.append(f" return {{{', '.join(items)}}}")
    exec("\n".join(lines), names)  # noqa: S102 - made of names of the schema and of aliases
    made: Reader = names["read"]
    return made


def _list_reader(items: Slot) -> Reader | None:
    read = _leaf_item_reader(items.type) if isinstance(items.type, Leaf) else items.type.read
    if read is None:
        return None

    def read_item(value: Value) -> Any:  # noqa: ANN401 - JSON
        return None if value is None else read(value)

    read_each = read_item if items.is_nullable else read

    def read_list(values: Value) -> list[Any]:
        if type(values) is not list:
            raise _NotAsPlannedError
        return [read_each(value) for value in values]

    return read_list


def _leaf_item_reader(leaf: Leaf) -> Reader:
    def read(value: Value) -> Any:  # noqa: ANN401 - JSON
        if value is None or isinstance(value, Exception) or _is_awaitable(type(value)):
            raise _NotAsPlannedError
        return leaf.read(value)

    return read


class _NotAsPlannedError(Exception):
    """A value cannot be read at once."""


def _is_awaitable(class_: type) -> bool:
    known = _AWAITABLE.get(class_)
    if known is None:
        known = _AWAITABLE[class_] = hasattr(class_, "__await__")
    return known


_AWAITABLE: dict[type, bool] = {}
"""By class, of which there are few; a look into the class costs more when it finds nothing."""


def _full_path(path: PathLink) -> Path:
    above, key, type_name = path
    return Path(None if above is None else _full_path(above), key, type_name)
