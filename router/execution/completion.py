"""Project the response tree place by place, with errors and null propagation.

This is CompleteValue of the GraphQL specification over data that subgraphs have sent. It runs when
the compiled projection has met anything out of order; `projection.py` must agree with it on
everything else.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from graphql import GraphQLList, GraphQLNonNull, GraphQLOutputType
from msgspec import UNSET, Struct

from router.execution.generated import FunctionCode
from router.execution.leaf_types import is_right
from router.execution.projection import output_class
from router.execution.tree import TYPENAME, Wrong, attribute, child, is_object, typename_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from router.execution.context import DeniedField
    from router.execution.errors import ErrorPaths
    from router.execution.json_value import JsonObject, JsonValue
    from router.execution.locate import ConcretePath
    from router.execution.shape import Complete, FieldShape, ObjectShape, Selection

INVALID: JsonValue = object()
"""A null whose reason is in the errors; travels up to the nearest nullable place."""

_MANY = 100
"""Objects by which compiling has paid; a large operation must not be compiled for one error."""


class Completion:
    """Completes one response tree.

    Attributes:
        violations: (path, problem) of places that no error so far explains.
        denials: (path, denied field) in the order of the response.
        absences: (path, object) of fields that may be null and that nobody has told.
    """

    def __init__(
        self, explained: ErrorPaths, is_gap_explained: Callable[[ConcretePath], bool]
    ) -> None:
        """Begin.

        Args:
            explained: Where errors are that are known already.
            is_gap_explained: Whether there is an error for what should have told the field at a
                path. It is asked once for each field of the operation.
        """
        self.violations: list[tuple[ConcretePath, str]] = []
        self.denials: list[tuple[ConcretePath, DeniedField]] = []
        self.absences: list[tuple[ConcretePath, JsonValue]] = []
        self._explained = explained
        self._is_gap_explained = is_gap_explained
        self._explained_gaps: dict[int, bool] = {}
        self._path: list[str | int] = []
        self._flaws = 0
        # An object stands at many places where the plan makes equal entities one. What nothing is
        # to be told of looks the same everywhere.
        self._flawless: dict[int, tuple[Selection, JsonValue]] = {}

    def root(self, selection: Selection, tree: Struct) -> JsonValue:
        """What encodes as the value of `data`."""
        done = self._object(selection, tree)
        return None if done is INVALID else done

    def is_lost(self, selection: Selection, tree: Struct, *, before: Sequence[str]) -> bool:
        """Whether `data` is null whatever comes for these root fields and those after them."""
        shape = selection.declared()
        for field in shape.fields:
            if field.key in before:
                break
            if isinstance(field.type, GraphQLNonNull):
                value = child(tree, field.key)
                if value is UNSET or self.field(field, tree, value) is INVALID:
                    return True
        return False

    def _object(self, selection: Selection, value: JsonValue) -> JsonValue:
        known = self._flawless.get(id(value))
        if known is not None and known[0] is selection:
            return known[1]
        if not is_object(value):
            self._report("is not an object")
            return INVALID
        shape = selection.sole or selection.of(typename_of(value))
        if shape is None:
            if typename_of(value) is not None:
                self._report("is of a type that is not possible here")
            elif not self._is_gap_explained(tuple(self._path)):
                self._report("does not tell its type")
            return INVALID
        flaws = self._flaws
        source = _opened(shape, value) if value.__class__ is dict else value
        done = shape.complete(source, self) if shape.complete else self._all(shape, source)
        if flaws == self._flaws:
            self._flawless[id(value)] = (selection, done)
        return done

    def _all(self, shape: ObjectShape, source: JsonValue) -> JsonValue:
        """Complete an object field by field; compiled once there are many of its shape."""
        shape.completed += 1
        if shape.completed == _MANY:
            shape.complete = _compile(shape)
        done: JsonObject = {}
        for field in shape.fields:
            if field.name == TYPENAME:
                value = shape.type_name
            else:
                value = getattr(source, attribute(field.key))
                if field.type is not None:
                    value = self.field(field, source, value)
                if value is INVALID:
                    return INVALID
            done[field.key] = value
        return done

    def field(self, field: FieldShape, holder: JsonValue, value: JsonValue) -> JsonValue:
        """What stands for a field whose value is not right at the first look."""
        self._path.append(field.key)
        done: JsonValue
        declared: Any = field.type
        if field.denied is not None:
            self._flaws += 1
            self.denials.append((tuple(self._path), field.denied))
            done = INVALID if isinstance(declared, GraphQLNonNull) else None
        elif value is UNSET:
            done = self._gap(declared, id(field), holder)
        else:
            done = self._value(declared, field, value)
        self._path.pop()
        return done

    def _value(self, declared: GraphQLOutputType, field: FieldShape, value: JsonValue) -> JsonValue:
        is_required = False
        if isinstance(declared, GraphQLNonNull):
            is_required, declared = True, declared.of_type
        done: JsonValue
        if value is None:
            done = None
        elif value.__class__ is Wrong:
            self._report(value.problem)
            done = INVALID
        elif isinstance(declared, GraphQLList):
            done = self._list(declared.of_type, field, value)
        elif field.selection is not None:
            done = self._object(field.selection, value)
        else:
            done = field.coerce(value)
            if done.__class__ is Wrong:
                self._report(done.problem)
                done = INVALID
        if not is_required:
            return None if done is INVALID else done
        if done is None:
            self._report("is null")
            return INVALID
        return done

    def _list(
        self, item_type: GraphQLOutputType, field: FieldShape, values: JsonValue
    ) -> JsonValue:
        if values.__class__ is not list:
            self._report("is not a list")
            return INVALID
        done: list[JsonValue] = []
        path = self._path
        path.append(0)
        for index, value in enumerate(values):
            path[-1] = index
            item = self._value(item_type, field, value)
            if item is INVALID:
                path.pop()
                return INVALID
            done.append(item)
        path.pop()
        return done

    def _report(self, problem: str) -> None:
        self._flaws += 1
        path = tuple(self._path)
        if not self._explained.covers(path):
            self.violations.append((path, problem))

    def _gap(self, declared: GraphQLOutputType, field: int, holder: JsonValue) -> JsonValue:
        """What stands for a field that nobody has told.

        Args:
            declared: Its type.
            field: Identity of its shape.
            holder: The object that should have it.
        """
        is_explained = self._explained_gaps.get(field)
        if is_explained is None:
            is_explained = self._is_gap_explained(tuple(self._path))
            self._explained_gaps[field] = is_explained
        if isinstance(declared, GraphQLNonNull):
            if not is_explained:
                self._report("is null")
            return INVALID
        if not is_explained:
            self._flaws += 1
            self.absences.append((tuple(self._path), holder))
        return None


def _opened(shape: ObjectShape, value: JsonObject) -> SimpleNamespace:
    """Plain JSON as an object of the tree."""
    untold = {attribute(field.key): UNSET for field in shape.fields}
    return SimpleNamespace(**untold | {attribute(key): item for key, item in value.items()})


def _compile(shape: ObjectShape) -> Complete:
    """The function that completes one object of a shape."""
    code = FunctionCode("complete(source, completion)")
    code.names["INVALID"] = INVALID
    values: list[str] = []
    for number, field in enumerate(shape.fields):
        if field.name == TYPENAME:
            values.append(repr(shape.type_name))
            continue
        local = f"v{number}"
        values.append(local)
        code.line(f"{local} = source.{attribute(field.key)}")
        if field.type is None:
            continue
        is_leaf = field.denied is None and field.selection is None
        right = is_right(code, local, field.type) if is_leaf else None
        if right is not None:
            code.block(f"if not {right}:")
        code.line(f"{local} = completion.field({code.value(field)}, source, {local})")
        code.line(f"if {local} is INVALID: return INVALID")
        code.depth = 1
    output = code.value(output_class(tuple(field.key for field in shape.fields)))
    code.line(f"return {output}({', '.join(values)})")
    complete: Complete = code.compile()
    return complete
