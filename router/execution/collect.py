"""Compile an entity call into the function that gathers its representations.

From a call for `tasks.nodes.@.owner` by `id` comes:

    def collect(root):
        ...
        holder_1 = root.get("tasks")
        if holder_1.__class__ is dict:
            holder_2 = holder_1.get("nodes")
            if holder_2.__class__ is list:
                for holder_3 in holder_2:
                    if holder_3.__class__ is dict:
                        entity = holder_3.get("owner")
                        if entity.__class__ is dict:
                            typename = entity.get("__typename", "User")
                            if typename in types:
                                field_0 = entity.get("id")
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
from router.execution.locate import Keys, keys_of
from router.execution.representations import ABSENT, makers_by_typename
from router.planning.query_plan import (
    LIST,
    EntityCall,
    PathSegment,
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

    Args:
        call: Paths and `requires` of the call.
        shared: Places whose objects may stand at several places; what is below them is visited
            once.
    """
    code = FunctionCode("collect(root)")
    for name in ("representations", "entities", "indexes"):
        code.line(f"{name} = []")
    code.line("seen = {}")
    for path in call.paths:
        code.line("firsts = {}")
        code.line("visited = set()")
        _walk(code, path, shared)
        _gather(code, call.requires)
        code.depth = 1
    made = code.value(Collected)
    code.line(f"return {made}(representations, entities, indexes)")
    collector: Collector = code.compile()
    return collector


def _walk(code: FunctionCode, path: ResponsePath, shared: frozenset[Keys]) -> None:
    """Open the blocks in which `entity`, `container` and `slot` stand for each place of a path."""
    ends = [index for index, item in enumerate(path) if not isinstance(item, TypeCondition)]
    if not ends:
        code.line("entity, container, slot = root, {}, ''")
    holder = "root"
    for index, segment in enumerate(path):
        is_last = bool(ends) and index == ends[-1]
        target = "entity" if is_last or (ends and index > ends[-1]) else f"holder_{index}"
        if isinstance(segment, TypeCondition):
            names = code.value(frozenset({*segment.types, None}))
            code.block(f"if {holder}.get('__typename') in {names}:")
            continue
        if segment == LIST:
            if is_last:
                code.line(f"container = {holder}")
                code.block(f"for slot, {target} in enumerate({holder}):")
            else:
                code.block(f"for {target} in {holder}:")
        else:
            if is_last:
                code.line(f"container, slot = {holder}, {segment!r}")
            code.line(f"{target} = {holder}.get({segment!r})")
        code.block(f"if {target}.__class__ is {_class_expected(path[index + 1 :])}:")
        if not is_last and segment != LIST and keys_of(path[: index + 1]) in shared:
            code.block(f"if id({target}) not in visited:")
            code.line(f"visited.add(id({target}))")
        holder = target


def _class_expected(rest: tuple[PathSegment, ...]) -> str:
    return "list" if rest and rest[0] == LIST else "dict"


def _gather(code: FunctionCode, requires: tuple[Representation, ...]) -> None:
    """Emit the code that takes one entity in."""
    if len(requires) == 1 and _is_flat(requires[0]):
        representation = _identify_flat(code, requires[0])
    else:
        representation = _identify_any(code, requires)
    code.line("index = seen.get(identity)")
    code.block("if index is None:")
    code.line("seen[identity] = index = len(representations)")
    code.line(f"representations.append({representation})")
    code.depth -= 1
    code.line("first = firsts.get(index)")
    code.block("if first is None:")
    code.line("firsts[index] = entity")
    code.line("entities.append(entity)")
    code.line("indexes.append(index)")
    code.depth -= 1
    code.block("elif first is not entity:")
    code.block("if entity == first:")
    code.line("container[slot] = first")
    code.depth -= 1
    code.block("else:")
    code.line("entities.append(entity)")
    code.line("indexes.append(index)")


def _is_flat(representation: Representation) -> bool:
    """Whether it copies leaves only."""
    return all(
        isinstance(item, RequiredField) and not item.selections
        for item in representation.selections
    )


def _identify_flat(code: FunctionCode, representation: Representation) -> str:
    """Emit `identity` for leaves only; gives the expression for the representation."""
    types = representation.types
    own = types[0] if len(types) == 1 else representation.typename
    code.line(f"typename = entity.get('__typename', {own!r})")
    code.block(f"if typename in {code.value(frozenset(types) | {representation.typename})}:")
    fields = [item for item in representation.selections if isinstance(item, RequiredField)]
    names = []
    for number, field in enumerate(fields):
        name = f"field_{number}"
        names.append(name)
        if number < representation.key_count:
            code.line(f"{name} = entity.get({field.response_key!r})")
            code.block(f"if {name} is not None:")
        else:
            absent = code.value(ABSENT)
            code.line(f"{name} = entity.get({field.response_key!r}, {absent})")
            code.block(f"if {name} is not {absent}:")
    # Text is its own identity; of other values 1, 1.0 and true would be equal as they are.
    encode = code.value(_encode)
    parts = [f"{name} if {name}.__class__ is str else {encode}({name})" for name in names]
    if len(types) > 1 and representation.typename is None:
        parts.insert(0, "typename")
    code.line(f"identity = {parts[0]}" if len(parts) == 1 else f"identity = ({', '.join(parts)})")
    typename = repr(representation.typename) if representation.typename else "typename"
    entries = [f"'__typename': {typename}"]
    entries += [f"{field.name!r}: {name}" for field, name in zip(fields, names, strict=True)]
    return "{" + ", ".join(entries) + "}"


def _identify_any(code: FunctionCode, requires: tuple[Representation, ...]) -> str:
    """Emit `identity` for several groups of types, or for nested fields."""
    code.line(f"make = {code.value(makers_by_typename(requires))}.get(entity.get('__typename'))")
    code.block("if make is not None:")
    code.line("representation = make(entity)")
    code.block("if representation is not None:")
    code.line(f"identity = {code.value(_encode)}(representation)")
    return "representation"
