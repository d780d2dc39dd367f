"""Compile the projection of an operation: response tree in, what the client selected out.

For each place of the answer one Python function is generated, straight-line code without a look at
schema or types: read each field, refuse null where the client's types do, build the object with the
client's keys in the client's order. From `{ tasks { nodes { id owner { name } } } }` comes, for
`nodes`, with `value_1` an object with the keys "id" and "owner":

    def project(values, memo):
        done = []
        for source in values:
            v0 = source["id"]
            if v0 is None: raise OutOfOrderError
            v1 = source["owner"]
            if v1 is not None:
                v1 = memo.get(id(v1)) or value_0(v1, memo)
            done.append(value_1(v0, v1))
        return done

`value_0` projects an owner and keeps the result in `memo`, because equal entities that the plan
fetches are one object in the tree. A place below several object types has a function for each of
them, and in `memo` a result for each.

Anything out of order (a null in the wrong place, an absent field, another shape) raises, and the
tree is projected again by `Completion`, which knows about paths, errors and null propagation; both
follow the same `Selection`. Functions for the object types of an abstract place are generated when
a type first turns up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from graphql import GraphQLList, GraphQLNonNull, GraphQLOutputType

from router.execution.generated import FunctionCode

if TYPE_CHECKING:
    from router.execution.json_value import JsonValue
    from router.execution.locate import Keys
    from router.execution.shape import FieldShape, ObjectShape, Selection

Memo = dict[int | tuple[int, int], Any]
Projector = Callable[[Any, Memo], Any]
_RAISE = "raise OutOfOrderError"


class OutOfOrderError(Exception):
    """The tree is not what the client's types promise."""


def compile_projection(selection: Selection, shared: frozenset[Keys]) -> Projector:
    """A function from a response tree to what encodes as the value of `data`.

    The function raises `OutOfOrderError`, `KeyError` or `TypeError` for a tree that needs
    `Completion`. It expects an empty memo, which must not outlive the tree.

    Args:
        selection: The operation's selection on its root type.
        shared: Places whose objects may stand at several places of the tree.
    """
    return _Compiler(shared).objects(selection, ())


class _Compiler:
    """Compiles the places of one operation."""

    def __init__(self, shared: frozenset[Keys]) -> None:
        self._shared = shared
        self._compiled: dict[Keys, int] = {}

    def objects(self, selection: Selection, place: Keys, memo_key: str | None = None) -> Projector:
        """The function that projects one object at a place, whatever its type.

        Args:
            selection: What is selected there.
            place: Where it stands.
            memo_key: How the result is found in the memo, as a pattern; None: it is not kept.
        """
        if selection.is_uniform:
            return self._object(selection.declared(), place, memo_key)
        by_type: dict[str | None, Projector] = {}

        def project(source: JsonValue, memo: Memo) -> JsonValue:
            if source.__class__ is not dict:
                raise OutOfOrderError
            typename = source.get("__typename")
            projector = by_type.get(typename)
            if projector is None:
                shape = selection.of(typename)
                if shape is None:
                    raise OutOfOrderError
                projector = by_type[typename] = self._object(shape, place, memo_key)
            return projector(source, memo)

        return project

    def _object(self, shape: ObjectShape, place: Keys, memo_key: str | None) -> Projector:
        code = self._start("project(source, memo)")
        code.line(f"built = {self._build(code, shape, place)}")
        if memo_key is not None:
            code.line(f"memo[{memo_key.format('source')}] = built")
        code.line("return built")
        return _compiled(code)

    def _list(self, item_type: GraphQLOutputType, field: FieldShape, place: Keys) -> Projector:
        """The function that projects a list at a place."""
        code = self._start("project(values, memo)")
        code.line(f"if values.__class__ is not list: {_RAISE}")
        code.line("done = []")
        code.block("for source in values:")
        if isinstance(item_type, GraphQLNonNull):
            item_type = item_type.of_type
            code.line(f"if source is None: {_RAISE}")
            otherwise = _RAISE
        else:
            code.block("if source is None:")
            code.line("done.append(None)")
            code.line("continue")
            code.depth -= 1
            otherwise = "source = None"
        if self._is_inlined(item_type, field, place):
            selection = field.selection
            assert selection is not None  # noqa: S101 - inlined
            code.line(f"done.append({self._build(code, selection.declared(), place)})")
        else:
            conversion = self._conversion(code, "source", item_type, field, place, otherwise)
            if conversion:
                code.line(conversion)
            code.line("done.append(source)")
        code.depth = 1
        code.line("return done")
        return _compiled(code)

    def _is_inlined(self, item_type: GraphQLOutputType, field: FieldShape, place: Keys) -> bool:
        """Whether the loop over a list builds its objects itself."""
        return (
            field.selection is not None
            and field.selection.is_uniform
            and not isinstance(item_type, GraphQLList)
            and place not in self._shared
        )

    def _build(self, code: FunctionCode, shape: ObjectShape, place: Keys) -> str:
        """Emit statements that read an object's fields; gives the expression that builds it."""
        values: list[str] = []
        for number, field in enumerate(shape.fields):
            if field.denied is not None:
                code.line(_RAISE)
            if field.name == "__typename":
                values.append(repr(shape.type_name))
                continue
            local = f"v{number}"
            values.append(local)
            code.line(f"{local} = source[{field.key!r}]")  # a TypeError if it is no object
            if field.type is not None:
                self._check(code, local, field.type, field, (*place, field.key))
        if not any(value.startswith("v") for value in values):
            code.line(f"if source.__class__ is not dict: {_RAISE}")
        output = code.value(_output_class(tuple(field.key for field in shape.fields)))
        return f"{output}({', '.join(values)})"

    def _check(
        self,
        code: FunctionCode,
        local: str,
        declared: GraphQLOutputType,
        field: FieldShape,
        place: Keys,
    ) -> None:
        """Emit the statements that project the value in a local variable."""
        if isinstance(declared, GraphQLNonNull):
            code.line(f"if {local} is None: {_RAISE}")
            conversion = self._conversion(code, local, declared.of_type, field, place, _RAISE)
            if conversion:
                code.line(conversion)
            return
        conversion = self._conversion(code, local, declared, field, place, f"{local} = None")
        if conversion:
            code.block(f"if {local} is not None:")
            code.line(conversion)
            code.depth -= 1

    def _conversion(
        self,
        code: FunctionCode,
        local: str,
        declared: GraphQLOutputType,
        field: FieldShape,
        place: Keys,
        otherwise: str,
    ) -> str | None:
        """The statement that projects a value that is not null; None for a leaf taken as it is.

        Args:
            code: Where the statement will stand.
            local: Name of the variable that holds the value.
            declared: Its type, nullable.
            field: Whose value or item it is.
            place: Where it stands.
            otherwise: Statement for an enum value that clients may not see.
        """
        if isinstance(declared, GraphQLList):
            items = declared.of_type
            if field.selection is None and field.enum_values is None and _is_flat(items):
                unwanted = f" or None in {local}" if isinstance(items, GraphQLNonNull) else ""
                return f"if {local}.__class__ is not list{unwanted}: {_RAISE}"
            return f"{local} = {code.value(self._list(items, field, place))}({local}, memo)"
        if field.selection is not None:
            memo_key = self._memo_key(place)
            call = f"{code.value(self.objects(field.selection, place, memo_key))}({local}, memo)"
            if memo_key is not None:
                call = f"memo.get({memo_key.format(local)}) or {call}"
            return f"{local} = {call}"
        if field.enum_values is not None:
            return f"if {local} not in {code.value(field.enum_values)}: {otherwise}"
        return None

    def _memo_key(self, place: Keys) -> str | None:
        """Another one each time: what is selected may depend on the type of an object above."""
        if place not in self._shared:
            return None
        number = self._compiled[place] = self._compiled.get(place, 0) + 1
        return "id({})" if number == 1 else f"(id({{}}), {number})"

    def _start(self, signature: str) -> FunctionCode:
        code = FunctionCode(signature)
        code.names["OutOfOrderError"] = OutOfOrderError
        return code


@lru_cache(maxsize=4096)
def _output_class(keys: Keys) -> type[msgspec.Struct]:
    """A class for objects of the answer: made and printed in a third of a dict's time."""
    fields = [
        (f"field_{number}", object, msgspec.field(name=key)) for number, key in enumerate(keys)
    ]
    return msgspec.defstruct("Output", fields, gc=False)


def _compiled(code: FunctionCode) -> Projector:
    projector: Projector = code.compile()
    return projector


def _is_flat(item_type: GraphQLOutputType) -> bool:
    inner = item_type.of_type if isinstance(item_type, GraphQLNonNull) else item_type
    return not isinstance(inner, GraphQLList)
