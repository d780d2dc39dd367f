"""Compile the projection of an operation: response tree in, what the client selected out.

Where the decoders have made just what the client selected, nothing is left to do: the objects of a
clean place (`layout.py`) are printed as they are, and most operations need no projection at all.
The rest are places where the selection depends on an object's type, or where it holds what only the
plan reads. For each of them, and the places above them, one Python function is generated,
straight-line code without a look at schema or types. From `{ tasks { id media { ... on Film {
minutes } } } }` comes, for `tasks`, with `value_1` an object with the keys "id" and "media":

    def project(values, memo):
        done = []
        for source in values:
            v0 = source.f_id
            v1 = source.f_media
            if v1 is not None:
                v1 = value_0(v1, memo)
            done.append(value_1(v0, v1))
        return done

`value_0` looks up the function for the object's type. Where the plan makes equal entities one
object, results are kept in `memo`; a place below several object types has a function for each of
them, and in `memo` a result for each.

Places that are not sure are checked for nulls and gaps. Whatever is out of order raises, and the
tree is projected again by `Completion`, which knows about paths, errors and null propagation; both
follow the same `Selection`. Functions for the object types of an abstract place are generated when
a type first turns up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from graphql import GraphQLList, GraphQLNonNull, GraphQLOutputType, get_nullable_type
from msgspec import UNSET

from router.execution.generated import FunctionCode
from router.execution.tree import TYPENAME, attribute

if TYPE_CHECKING:
    from router.execution.json_value import JsonValue
    from router.execution.layout import Layout, Place
    from router.execution.locate import Keys
    from router.execution.shape import FieldShape, ObjectShape, Selection

Memo = dict[int | tuple[int, int], Any]
Projector = Callable[[Any, Memo], Any]
_RAISE = "raise OutOfOrderError"


class OutOfOrderError(Exception):
    """The tree is not what the client's types promise."""


def compile_projection(
    selection: Selection, layout: Layout, shared: frozenset[Keys]
) -> Projector | None:
    """A function from a response tree to what encodes as the value of `data`.

    The function raises `OutOfOrderError` or `TypeError` for a tree that needs `Completion`; it
    expects a tree of which every fetch has said that it is as the plan promises. It expects an
    empty memo, which must not outlive the tree.

    Args:
        selection: The operation's selection on its root type.
        layout: Of the tree.
        shared: Places whose objects may stand at several places of the tree.

    Returns:
        None where the tree is what encodes as `data`.
    """
    if layout.root.is_clean:
        return None
    return _Compiler(shared).objects(selection, layout.root)


class _Compiler:
    """Compiles the places of one operation."""

    def __init__(self, shared: frozenset[Keys]) -> None:
        self._shared = shared
        self._compiled: dict[Keys, int] = {}

    def objects(self, selection: Selection, place: Place, memo_key: str | None = None) -> Projector:
        """The function that projects one object at a place, whatever its type.

        Args:
            selection: What is selected there.
            place: Where it stands.
            memo_key: How the result is found in the memo, as a pattern; None: it is not kept.
        """
        if selection.is_uniform:
            return self._object(selection.declared(), place, memo_key)
        by_type: dict[str, Projector] = {}

        def project(source: JsonValue, memo: Memo) -> JsonValue:
            typename = source.f___typename
            projector = by_type.get(typename)
            if projector is None:
                shape = selection.of(typename)
                if shape is None:
                    raise OutOfOrderError
                projector = by_type[typename] = self._object(shape, place, memo_key)
            return projector(source, memo)

        return project

    def _object(self, shape: ObjectShape, place: Place, memo_key: str | None) -> Projector:
        code = self._start("project(source, memo)")
        code.line(f"built = {self._build(code, shape, place)}")
        if memo_key is not None:
            code.line(f"memo[{memo_key.format('source')}] = built")
        code.line("return built")
        return _compiled(code)

    def _build(self, code: FunctionCode, shape: ObjectShape, place: Place) -> str:
        """Emit statements that read an object's fields; gives the expression that builds it."""
        values: list[str] = []
        for number, field in enumerate(shape.fields):
            if field.denied is not None:
                code.line(_RAISE)
            if field.name == TYPENAME:
                values.append(repr(shape.type_name))
                continue
            local = f"v{number}"
            values.append(local)
            code.line(f"{local} = source.{attribute(field.key)}")
            if field.type is not None:
                if not place.is_sure:
                    code.line(f"if {local} is UNSET: {_RAISE}")
                self._value(code, local, field.type, field, place)
        output = code.value(output_class(tuple(field.key for field in shape.fields)))
        return f"{output}({', '.join(values)})"

    def _value(
        self,
        code: FunctionCode,
        local: str,
        declared: GraphQLOutputType,
        field: FieldShape,
        place: Place,
    ) -> None:
        """Emit the statements that project the value in a local variable.

        Args:
            code: Where the statements will stand.
            local: Name of the variable.
            declared: The value's type.
            field: Whose value or item it is.
            place: Of the object that has the field.
        """
        if isinstance(declared, GraphQLNonNull):
            declared = declared.of_type
            if not place.is_exact:
                code.line(f"if {local} is None: {_RAISE}")
        conversion = self._conversion(code, local, declared, field, place)
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
        place: Place,
    ) -> str | None:
        """The statement that projects a value that is not null; None for one taken as it is."""
        known = place.fields[field.key]
        if known.below is None:
            if known.declared is None:
                checked = code.value(_check(declared, field))
                return f"if not {checked}({local}): {_RAISE}"
            if place.is_exact or not _has_non_null_items(declared):
                return None
        elif known.below.is_clean:
            return None
        if isinstance(declared, GraphQLList):
            items = code.value(self._list(declared.of_type, field, place))
            return f"{local} = {items}({local}, memo)"
        if field.selection is None or known.below is None:
            return None
        memo_key = self._memo_key(known.below.keys)
        call = f"{code.value(self.objects(field.selection, known.below, memo_key))}({local}, memo)"
        if memo_key is not None:
            call = f"memo.get({memo_key.format(local)}) or {call}"
        return f"{local} = {call}"

    def _list(self, item_type: GraphQLOutputType, field: FieldShape, place: Place) -> Projector:
        """The function that projects a list."""
        below = place.fields[field.key].below
        code = self._start("project(values, memo)")
        code.line("done = []")
        code.block("for source in values:")
        is_inlined = (
            below is not None
            and field.selection is not None
            and field.selection.is_uniform
            and not isinstance(get_nullable_type(item_type), GraphQLList)
            and below.keys not in self._shared
        )
        if is_inlined and field.selection is not None and below is not None:
            code.block("if source is None:")
            if isinstance(item_type, GraphQLNonNull) and not place.is_exact:
                code.line(_RAISE)
            code.line("done.append(None)")
            code.line("continue")
            code.depth -= 1
            code.line(f"done.append({self._build(code, field.selection.declared(), below)})")
        else:
            self._value(code, "source", item_type, field, place)
            code.line("done.append(source)")
        code.depth = 1
        code.line("return done")
        return _compiled(code)

    def _memo_key(self, place: Keys) -> str | None:
        """Another one each time: what is selected may depend on the type of an object above."""
        if place not in self._shared:
            return None
        number = self._compiled[place] = self._compiled.get(place, 0) + 1
        return "id({})" if number == 1 else f"(id({{}}), {number})"

    def _start(self, signature: str) -> FunctionCode:
        code = FunctionCode(signature)
        code.names["OutOfOrderError"] = OutOfOrderError
        code.names["UNSET"] = UNSET
        return code


@lru_cache(maxsize=4096)
def output_class(keys: Keys) -> type[msgspec.Struct]:
    """A class for objects of the answer: made and printed in a third of a dict's time."""
    fields = [(attribute(key), object, msgspec.field(name=key)) for key in keys]
    return msgspec.defstruct("Output", fields, gc=False)


def _compiled(code: FunctionCode) -> Projector:
    projector: Projector = code.compile()
    return projector


def _check(declared: GraphQLOutputType, field: FieldShape) -> Callable[[Any], bool]:
    """Whether a value that is not null is as declared; for what was not checked when read."""
    if field.selection is not None:
        return lambda _: False  # composite, and of another type for other objects of the place
    if isinstance(declared, GraphQLList):
        items = declared.of_type
        check = _check(get_nullable_type(items), field)
        may_be_null = not isinstance(items, GraphQLNonNull)
        return lambda values: (
            values.__class__ is list
            and all(may_be_null if value is None else check(value) for value in values)
        )
    return lambda value: field.coerce(value) is value


def _has_non_null_items(declared: GraphQLOutputType) -> bool:
    """Whether it is a list, or one of lists, in which a null may be wrong."""
    if not isinstance(declared, GraphQLList):
        return False
    items = declared.of_type
    return isinstance(items, GraphQLNonNull) or _has_non_null_items(items)
