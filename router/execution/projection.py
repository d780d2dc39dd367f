"""Compile the projection of an operation: response tree in, what the client selected out.

For each place of the answer one Python function is generated, straight-line code without a look at
schema or types: read each field, refuse null where the client's types do, build the object with the
client's keys in the client's order. From `{ tasks { nodes { id owner { name } } } }` comes, for
`nodes`:

    def project(values, memo):
        done = []
        for source in values:
            v0 = source["id"]
            if v0 is None: raise OutOfOrderError
            v1 = source["owner"]
            if v1 is not None:
                v1 = memo.get(id(v1)) or n3(v1, memo)
            done.append({"id": v0, "owner": v1})
        return done

`n3` projects an owner and keeps the result in `memo`, because entities that the plan fetches are
shared by all their places in the tree.

Anything out of order (a null in the wrong place, an absent field, another shape) raises, and the
tree is projected again by `Completion`, which knows about paths, errors and null propagation; both
follow the same `Selection`. Functions for the object types of an abstract place are generated when
a type first turns up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphql import GraphQLList, GraphQLNonNull, GraphQLOutputType

if TYPE_CHECKING:
    from router.execution.json_value import JsonValue
    from router.execution.shape import FieldShape, ObjectShape, Selection

Memo = dict[int, Any]
Projector = Callable[[Any, Memo], Any]
Keys = tuple[str, ...]
"""Response keys from the root, without list indexes."""


class OutOfOrderError(Exception):
    """The tree is not what the client's types promise."""


def compile_projection(selection: Selection, shared: frozenset[Keys]) -> Projector:
    """A function from a response tree to the value of `data`; it modifies nothing.

    The function raises `OutOfOrderError`, `KeyError` or `TypeError` for a tree that needs
    `Completion`. It expects an empty memo, which must not outlive the tree.

    Args:
        selection: The operation's selection on its root type.
        shared: Places whose objects may be one object in the tree.
    """
    return _object_projector(selection, (), shared)


def _object_projector(selection: Selection, place: Keys, shared: frozenset[Keys]) -> Projector:
    if selection.is_uniform:
        return _Code(place, shared).object_function(selection.declared())
    by_type: dict[str, Projector] = {}

    def project(source: JsonValue, memo: Memo) -> JsonValue:
        typename = source["__typename"]
        projector = by_type.get(typename)
        if projector is None:
            shape = selection.of(typename)
            if shape is None:
                raise OutOfOrderError
            projector = by_type[typename] = _Code(place, shared).object_function(shape)
        return projector(source, memo)

    return project


class _Code:
    """One generated function: its lines, and the values its names stand for."""

    def __init__(self, place: Keys, shared: frozenset[Keys]) -> None:
        self._place = place
        self._shared = shared
        self._lines: list[str] = []
        self._names: dict[str, Any] = {"OutOfOrderError": OutOfOrderError}

    def object_function(self, shape: ObjectShape) -> Projector:
        """Generate the function that projects one object of this shape."""
        self._emit(0, "def project(source, memo):")
        self._emit(1, "if source.__class__ is not dict: raise OutOfOrderError")
        built = self._object(1, shape)
        if self._place in self._shared:
            self._emit(1, f"memo[id(source)] = built = {built}")
            built = "built"
        self._emit(1, f"return {built}")
        return self._compile()

    def list_function(self, item_type: GraphQLOutputType, field: FieldShape) -> Projector:
        """Generate the function that projects a list."""
        self._emit(0, "def project(values, memo):")
        self._emit(1, "if values.__class__ is not list: raise OutOfOrderError")
        self._emit(1, "done = []")
        self._emit(1, "for source in values:")
        if isinstance(item_type, GraphQLNonNull):
            item_type = item_type.of_type
            self._emit(2, "if source is None: raise OutOfOrderError")
            otherwise = "raise OutOfOrderError"
        else:
            self._emit(2, "if source is None:")
            self._emit(3, "done.append(None)")
            self._emit(3, "continue")
            otherwise = "source = None"
        selection = field.selection
        if (
            selection is not None
            and selection.is_uniform
            and not isinstance(item_type, GraphQLList)
            and self._place not in self._shared
        ):
            self._emit(2, "if source.__class__ is not dict: raise OutOfOrderError")
            self._emit(2, f"done.append({self._object(2, selection.declared())})")
        else:
            conversion = self._conversion("source", item_type, field, self._place, otherwise)
            if conversion:
                self._emit(2, conversion)
            self._emit(2, "done.append(source)")
        self._emit(1, "return done")
        return self._compile()

    def _object(self, depth: int, shape: ObjectShape) -> str:
        """Emit the statements that read an object's fields; gives the expression that builds it."""
        entries: list[str] = []
        for number, field in enumerate(shape.fields):
            if field.denied is not None:
                self._emit(depth, "raise OutOfOrderError")
            if field.name == "__typename":
                entries.append(f"{field.key!r}: {shape.type_name!r}")
                continue
            local = f"v{number}"
            entries.append(f"{field.key!r}: {local}")
            self._emit(depth, f"{local} = source[{field.key!r}]")
            if field.type is not None:
                self._check(depth, local, field.type, field)
        return "{" + ", ".join(entries) + "}"

    def _check(
        self, depth: int, local: str, declared: GraphQLOutputType, field: FieldShape
    ) -> None:
        place = (*self._place, field.key)
        if isinstance(declared, GraphQLNonNull):
            self._emit(depth, f"if {local} is None: raise OutOfOrderError")
            conversion = self._conversion(
                local, declared.of_type, field, place, "raise OutOfOrderError"
            )
            if conversion:
                self._emit(depth, conversion)
        else:
            conversion = self._conversion(local, declared, field, place, f"{local} = None")
            if conversion:
                self._emit(depth, f"if {local} is not None:")
                self._emit(depth + 1, conversion)

    def _conversion(
        self,
        local: str,
        declared: GraphQLOutputType,
        field: FieldShape,
        place: Keys,
        otherwise: str,
    ) -> str | None:
        """The statement that projects a value that is not null; None for a leaf taken as it is.

        Args:
            local: Name of the variable that holds the value.
            declared: Its type, nullable.
            field: Whose value or item it is.
            place: Where it stands.
            otherwise: Statement for an enum value that clients may not see.
        """
        if isinstance(declared, GraphQLList):
            items = declared.of_type
            if field.selection is None and field.enum_values is None and _is_flat(items):
                unwanted = " or None in " + local if isinstance(items, GraphQLNonNull) else ""
                return f"if {local}.__class__ is not list{unwanted}: raise OutOfOrderError"
            function = _Code(place, self._shared).list_function(items, field)
            return f"{local} = {self._name(function)}({local}, memo)"
        if field.selection is not None:
            name = self._name(_object_projector(field.selection, place, self._shared))
            if place in self._shared:
                return f"{local} = memo.get(id({local})) or {name}({local}, memo)"
            return f"{local} = {name}({local}, memo)"
        if field.enum_values is not None:
            return f"if {local} not in {self._name(field.enum_values)}: {otherwise}"
        return None

    def _name(self, value: JsonValue) -> str:
        name = f"n{len(self._names)}"
        self._names[name] = value
        return name

    def _emit(self, depth: int, line: str) -> None:
        self._lines.append("    " * depth + line)

    def _compile(self) -> Projector:
        # Of the client's text the code holds response keys only, as literals made by repr().
        exec("\n".join(self._lines), self._names)  # noqa: S102
        projector: Projector = self._names["project"]
        return projector


def _is_flat(item_type: GraphQLOutputType) -> bool:
    inner = item_type.of_type if isinstance(item_type, GraphQLNonNull) else item_type
    return not isinstance(inner, GraphQLList)
