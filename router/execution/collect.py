"""Compile an entity call into the function that gathers its representations.

From a call for `tasks.nodes.@.owner` by `id` comes:

    def collect(root):
        ...
        holder_0 = root["tasks"]
        if holder_0 is not None:
            holder_1 = holder_0["nodes"]
            if holder_1 is not None:
                for holder_2 in holder_1:
                    if holder_2 is not None:
                        entity = holder_2["owner"]
                        if entity is not None:
                            if entity.get("__typename", "User") == "User":
                                field_0 = entity["id"]
                                if field_0 is not None:
                                    ...

Entities with equal representations are sent once. Where such entities of one path are equal in all
they hold, their places in the response get one shared object: it is merged once, later fetches see
it once, and it is projected once. Entities of different paths stay apart, since the client may have
selected something else there under the same response keys.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from router.execution.generated import FunctionCode
from router.execution.json_value import JsonObject
from router.execution.locate import Keys, keys_of, typename_of
from router.execution.representations import ABSENT, makers_by_typename
from router.planning.query_plan import (
    LIST,
    EntityCall,
    Representation,
    RequiredField,
    ResponsePath,
    TypeCondition,
)

_encode = msgspec.json.Encoder().encode


class Collected:
    """What one entity call sends and where its results go.

    Attributes:
        representations: Distinct ones, in first-seen order.
        entities: Objects of the response tree that wait for results; a shared one stands once.
        indexes: For each of `entities` the index of its representation.
    """

    __slots__ = ("entities", "indexes", "representations")

    def __init__(
        self,
        representations: list[JsonObject],
        entities: list[JsonObject],
        indexes: list[int],
    ) -> None:
        self.representations = representations
        self.entities = entities
        self.indexes = indexes


Collector = Callable[[JsonObject], Collected]


def compile_collector(call: EntityCall, shared: frozenset[Keys]) -> Collector:
    """A function from the response tree to what a call sends.

    The function replaces equal entities of the tree by one object; it changes no values.

    Two functions are generated. The quick one takes it that the tree is as the schema says; where
    it is not (a fetch failed, a subgraph sent another shape) it raises, and the careful one leaves
    such places out.

    Args:
        call: Paths and `requires` of the call.
        shared: Places whose equal objects may become one; what is below them is visited once.
    """
    quick = _Generator(call, shared, is_careful=False).compile()
    careful: list[Collector] = []

    def collect(root: JsonObject) -> Collected:
        try:
            return quick(root)
        except (KeyError, TypeError, AttributeError):
            if not careful:
                careful.append(_Generator(call, shared, is_careful=True).compile())
            return careful[0](root)

    return collect


class _Generator:
    """Generates the function for one call."""

    def __init__(self, call: EntityCall, shared: frozenset[Keys], *, is_careful: bool) -> None:
        self._call = call
        self._shared = shared
        self._is_careful = is_careful
        self._code = FunctionCode("collect(root)")

    def compile(self) -> Collector:
        """The function."""
        code = self._code
        for name in ("representations", "entities", "indexes"):
            code.line(f"{name} = []")
        code.line("seen = {}")
        for path in self._call.paths:
            code.line("firsts = [None] * len(representations)")
            code.line("visited = set()")
            self._walk(path)
            self._gather(is_shared=keys_of(path) in self._shared)
            code.depth = 1
        code.line(f"return {code.value(Collected)}(representations, entities, indexes)")
        collector: Collector = code.compile()
        return collector

    def _walk(self, path: ResponsePath) -> None:
        """Open the blocks in which `entity`, `container` and `slot` stand for each place."""
        code = self._code
        ends = [index for index, item in enumerate(path) if not isinstance(item, TypeCondition)]
        last = ends[-1] if ends else -1
        if not ends:
            code.line("entity, container, slot = root, {}, ''")
        holder = "root" if ends else "entity"
        for index, segment in enumerate(path):
            if isinstance(segment, TypeCondition):
                names = code.value(frozenset({*segment.types, None}))
                code.block(f"if {self._typename(holder)} in {names}:")
                continue
            target = "entity" if index == last else f"holder_{index}"
            if segment == LIST:
                items = f"enumerate({holder})" if index == last else holder
                if index == last:
                    code.line(f"container = {holder}")
                code.block(f"for {'slot, ' if index == last else ''}{target} in {items}:")
            else:
                if index == last:
                    code.line(f"container, slot = {holder}, {segment!r}")
                code.line(f"{target} = {self._read(holder, segment)}")
            expected = "list" if path[index + 1 : index + 2] == (LIST,) else "dict"
            self._expect(target, expected)
            if expected == "dict" and index != last and keys_of(path[: index + 1]) in self._shared:
                code.block(f"if id({target}) not in visited:")
                code.line(f"visited.add(id({target}))")
            holder = target

    def _gather(self, *, is_shared: bool) -> None:
        """Emit the code that takes one entity in; `is_shared` lets equal ones become one object."""
        code = self._code
        requires = self._call.requires
        if len(requires) == 1 and _is_flat(requires[0]):
            representation = self._identify_flat(requires[0])
        else:
            representation = self._identify_any()
        code.line("index = seen.get(identity)")
        code.block("if index is None:")
        code.line("seen[identity] = index = len(representations)")
        code.line(f"representations.append({representation})")
        code.line("firsts.append(None)")
        code.depth -= 1
        code.line("first = firsts[index]")
        code.block("if first is None:")
        code.line("firsts[index] = entity")
        code.line("entities.append(entity)")
        code.line("indexes.append(index)")
        code.depth -= 1
        code.block("elif first is not entity:")
        if is_shared:
            code.block("if first == entity:")
            code.line("container[slot] = first")
            code.depth -= 1
            code.block("else:")
        code.line("entities.append(entity)")
        code.line("indexes.append(index)")

    def _identify_flat(self, representation: Representation) -> str:
        """Emit `identity` for leaves only; gives the expression for the representation."""
        code = self._code
        types = representation.types
        typename = "typename" if representation.typename is None else repr(representation.typename)
        if len(types) == 1:  # plans leave `__typename` out where a place can have one type only
            code.block(f"if entity.get('__typename', {types[0]!r}) == {types[0]!r}:")
            typename = repr(representation.typename or types[0])
        else:
            code.line(f"typename = {self._typename('entity')}")
            code.block(f"if typename in {code.value(frozenset(types))}:")
        fields = [item for item in representation.selections if isinstance(item, RequiredField)]
        names = [f"field_{number}" for number in range(len(fields))]
        for number, (name, field) in enumerate(zip(names, fields, strict=True)):
            code.line(f"{name} = {self._read('entity', field.response_key)}")
            if number < representation.key_count:
                code.block(f"if {name} is not None and {name} is not {code.value(ABSENT)}:")
            elif self._is_careful:
                code.block(f"if {name} is not {code.value(ABSENT)}:")
        # Text is its own identity; of other values 1, 1.0 and true would be equal as they are.
        encode = code.value(_encode)
        parts = [f"{name} if {name}.__class__ is str else {encode}({name})" for name in names]
        if typename == "typename":
            parts.insert(0, typename)
        identity = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
        code.line(f"identity = {identity}")
        entries = [f"'__typename': {typename}"]
        entries += [f"{field.name!r}: {name}" for field, name in zip(fields, names, strict=True)]
        return "{" + ", ".join(entries) + "}"

    def _identify_any(self) -> str:
        """Emit `identity` for several groups of types, or for nested fields."""
        code = self._code
        makers = code.value(makers_by_typename(self._call.requires))
        code.line(f"make = {makers}.get({self._typename('entity')})")
        code.block("if make is not None:")
        code.line("representation = make(entity)")
        code.block("if representation is not None:")
        code.line(f"identity = {code.value(_encode)}(representation)")
        return "representation"

    def _read(self, holder: str, key: str) -> str:
        if self._is_careful:
            return f"{holder}.get({key!r}, {self._code.value(ABSENT)})"
        return f"{holder}[{key!r}]"

    def _typename(self, holder: str) -> str:
        if self._is_careful:
            return f"{self._code.value(typename_of)}({holder})"
        return f"{holder}['__typename']"

    def _expect(self, target: str, expected: str) -> None:
        """Open the block for what is there, and of the right shape."""
        if self._is_careful:
            self._code.block(f"if {target}.__class__ is {expected}:")
        else:
            self._code.block(f"if {target} is not None:")


def _is_flat(representation: Representation) -> bool:
    """Whether it copies leaves only."""
    return all(
        isinstance(item, RequiredField) and not item.selections
        for item in representation.selections
    )
