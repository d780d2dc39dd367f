"""Compile an entity call into the function that gathers its representations.

From a call for `tasks.nodes.@.owner` by `id` comes:

    def collect(root):
        ...
        holder_0 = root.f_tasks
        if holder_0:
            holder_1 = holder_0.f_nodes
            if holder_1:
                for holder_2 in holder_1:
                    if holder_2:
                        entity = holder_2.f_owner
                        if entity:
                            field_0 = entity.f_id
                            if field_0 is not None:
                                ...

Entities with equal representations are sent once. Where such entities of one path are equal in all
they hold, their places in the response get one shared object: it is merged once, and later fetches
see it once. Entities of different paths stay apart, since the client may have selected something
else there under the same response keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from graphql import GraphQLList, GraphQLNonNull, GraphQLOutputType, get_named_type
from msgspec import UNSET

from router.execution.generated import FunctionCode
from router.execution.leaf_types import strict_type
from router.execution.locate import Keys, keys_of
from router.execution.representations import is_flat, makers_by_typename, types_of
from router.execution.tree import TYPENAME, attribute, child, is_object, is_told, typename_of
from router.planning.query_plan import (
    LIST,
    EntityCall,
    Representation,
    RequiredField,
    ResponsePath,
    TypeCondition,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.execution.json_value import JsonObject
    from router.execution.layout import Layout, Place, PlaceField, Source

MAX_NESTED_SEGMENTS = 8
"""Segments of a path walked in one nest of blocks: Python takes 20 loops and 100 indentations."""

_encode = msgspec.json.Encoder().encode
_OWN_IDENTITY = frozenset({str, int, type(None)})
"""Of other values 1.0 and true would be equal to 1 as they are, and lists are not hashable."""


class Collected(msgspec.Struct, eq=False):
    """What one entity call sends and where its results go.

    Attributes:
        representations: Distinct ones, in first-seen order.
        entities: Objects of the response tree that wait for results; a shared one stands once.
        indexes: For each of `entities` the index of its representation.
        ends: For each path of the call, how many of `entities` stand there or at paths before.
        is_whole: No entity was left out because its key is not known.
    """

    representations: list[JsonObject]
    entities: list[Any]
    indexes: Sequence[int]
    ends: list[int]
    is_whole: bool


Collector = Callable[[Any, bool], Collected]
"""Root of the response tree, and whether it is as the plan promises so far, in."""

_Walk = Callable[[Any], Collected]


def compile_collector(
    call: EntityCall, source: Source, layout: Layout, shared: frozenset[Keys]
) -> Collector:
    """A function from the response tree to what a call sends.

    The function replaces equal entities of the tree by one object; it changes no values.

    Two functions are generated. The quick one takes it that the tree is as the plan promises; where
    it is not (a fetch failed, a subgraph sent another shape) the careful one leaves such places
    out.

    Args:
        call: Paths and `requires` of the call.
        source: The same call in the layout.
        layout: Of the tree.
        shared: Places whose equal objects may become one; what is below them is visited once.
    """
    quick = _Generator(call, source, layout, shared, is_careful=False).compile()
    careful: list[_Walk] = []

    def collect(root: Any, is_regular: bool) -> Collected:  # noqa: ANN401, FBT001
        if is_regular:
            try:
                return quick(root)
            except (KeyError, TypeError, AttributeError):
                pass  # something that may be absent is
        if not careful:
            careful.append(_Generator(call, source, layout, shared, is_careful=True).compile())
        return careful[0](root)

    return collect


class _Generator:
    """Generates the function for one call."""

    def __init__(
        self,
        call: EntityCall,
        source: Source,
        layout: Layout,
        shared: frozenset[Keys],
        *,
        is_careful: bool,
    ) -> None:
        self._call = call
        self._source = source
        self._layout = layout
        self._shared = shared
        self._is_careful = is_careful
        self._numbers_itself = False
        self._code = FunctionCode("collect(root)")
        self._place: Place | None = None

    def compile(self) -> _Walk:
        """The function."""
        code = self._code
        for name in ("representations", "entities", "indexes", "ends"):
            code.line(f"{name} = []")
        code.line("is_whole = True")
        code.line("seen = {}")
        for path in self._call.paths:
            code.line("firsts = [None] * len(representations)")
            code.line("visited = set()")
            replace = self._walk(path)
            self._gather(replace if keys_of(path) in self._shared else None)
            code.depth = 1
            code.line("ends.append(len(entities))")
        if self._numbers_itself:
            code.line("indexes = range(len(entities))")
        made = f"{code.value(Collected)}(representations, entities, indexes, ends, is_whole)"
        code.line(f"return {made}")
        collector: _Walk = code.compile()
        return collector

    def _walk(self, path: ResponsePath) -> str:
        """Open the blocks in which `entity` stands for each object at the path.

        Returns:
            The statement that puts `first` in the entity's place.
        """
        code = self._code
        ends = [index for index, item in enumerate(path) if not isinstance(item, TypeCondition)]
        last = ends[-1] if ends else -1
        holder, replace = ("root" if ends else "entity"), "pass"
        if not ends:
            code.line("entity = root")
        self._place = self._layout.root
        declared: GraphQLOutputType | None = None
        stops = range(MAX_NESTED_SEGMENTS, last + 1, MAX_NESTED_SEGMENTS)
        for index in stops:
            code.line(f"waiting_{index} = []")
        for index, segment in enumerate(path):
            if index in stops:
                code.line(f"waiting_{index}.append({holder})")
                code.depth = 1
                code.block(f"for {holder} in waiting_{index}:")
            if isinstance(segment, TypeCondition):
                self._check_type(holder, segment)
                continue
            target = "entity" if index == last else f"holder_{index}"
            if segment == LIST:
                items, slot = holder, ""
                if index == last:
                    items, slot = f"enumerate({holder})", "slot, "
                    replace = f"{holder}[slot] = first"
                code.block(f"for {slot}{target} in {items}:")
                declared = _item_type(declared)
            else:
                code.line(f"{target} = {self._read(holder, segment)}")
                if self._place is None:
                    replace = f"{holder}[{segment!r}] = first"
                else:
                    replace = f"{holder}.{attribute(segment)} = first"
                    known = self._place.fields.get(segment)
                    declared = self._promised(known)
                    self._place = None if known is None else known.below
            is_list = path[index + 1 : index + 2] == (LIST,)
            if not isinstance(declared, GraphQLNonNull):
                self._expect(target, is_list=is_list)
            if not is_list and index != last and keys_of(path[: index + 1]) in self._shared:
                code.block(f"if id({target}) not in visited:")
                code.line(f"visited.add(id({target}))")
            holder = target
        return replace

    def _check_type(self, holder: str, condition: TypeCondition) -> None:
        """Open the block for objects whose type a condition lets through."""
        if self._place is not None and self._place.possible <= {*condition.types}:
            return
        names = self._code.value(frozenset({*condition.types, None, UNSET}))
        self._code.block(f"if {self._typename(holder)} in {names}:")

    def _gather(self, replace: str | None) -> None:
        """Emit the code that takes one entity in.

        Args:
            replace: Statement that puts an equal entity, `first`, in its place; None if equal
                entities stay apart.
        """
        code = self._code
        requires = self._call.requires
        if len(requires) == 1 and is_flat(requires[0]):
            representation = self._identify_flat(requires[0])
        else:
            representation = self._identify_any()
        if replace is not None and self._is_known_by_key():
            code.line("first = seen.get(identity)")
            code.block("if first is None:")
            code.line("seen[identity] = entity")
            code.line(f"representations.append({representation})")
            code.line("entities.append(entity)")
            code.depth -= 1
            code.block("elif first is not entity:")
            code.line(replace)
            self._numbers_itself = True
            return
        waits = "entities.append(entity); indexes.append(index)"
        code.line("index = seen.get(identity)")
        code.block("if index is None:")
        code.line("seen[identity] = index = len(representations)")
        code.line(f"representations.append({representation})")
        code.line(f"firsts.append(entity); {waits}")
        code.depth -= 1
        code.block("else:")
        code.line("first = firsts[index]")
        code.block("if first is None:")
        code.line(f"firsts[index] = entity; {waits}")
        code.depth -= 1
        code.block("elif first is not entity:")
        if replace is None:
            code.line(waits)
            return
        code.line(f"if first == entity: {replace}")
        code.line(f"else: {waits}")

    def _is_known_by_key(self) -> bool:
        """Whether entities of equal representations are equal in all that they hold."""
        if self._place is None or self._is_careful or len(self._call.paths) > 1:
            return False
        [representation, *others] = self._call.requires
        copied = {
            item.response_key
            for item in representation.selections
            if isinstance(item, RequiredField) and not item.selections
        }
        held = {
            item.key
            for item in self._place.fields.values()
            if item.constant is None and {*item.brought} - {self._source}
        }
        return not others and held <= copied

    def _identify_flat(self, representation: Representation) -> str:
        """Emit `identity` for leaves only; gives the expression for the representation."""
        code = self._code
        typename = self._expect_types(representation)
        fields = [item for item in representation.selections if isinstance(item, RequiredField)]
        names = [f"field_{number}" for number in range(len(fields))]
        conditions = []
        texts: set[str] = set()
        for number, (name, field) in enumerate(zip(names, fields, strict=True)):
            code.line(f"{name} = {self._read('entity', field.response_key)}")
            is_key = number < representation.key_count
            if self._is_text(field.response_key):
                texts.add(name)
            elif self._is_careful or self._place is None:
                told = f"{code.value(is_told)}({name})"
                conditions.append(told if is_key else f"({name} is None or {told})")
            elif is_key:
                conditions.append(f"{name} is not None")
        if conditions:
            code.block(f"if not ({' and '.join(conditions)}):")
            code.line("is_whole = False")
            code.depth -= 1
            code.block("else:")
        own, encode = code.value(_OWN_IDENTITY), code.value(_encode)
        parts = [
            name if name in texts else f"{name} if {name}.__class__ in {own} else {encode}({name})"
            for name in names
        ]
        if typename == "typename":
            parts.insert(0, typename)
        identity = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
        code.line(f"identity = {identity}")
        entries = [f"'__typename': {typename}"]
        entries += [f"{field.name!r}: {name}" for field, name in zip(fields, names, strict=True)]
        return "{" + ", ".join(entries) + "}"

    def _is_text(self, key: str) -> bool:
        """Whether it is surely text, as far as the tree is as the plan promises."""
        if self._place is None:
            return False
        promised = self._promised(self._place.fields[key])
        return (
            isinstance(promised, GraphQLNonNull)
            and not isinstance(promised.of_type, GraphQLList)
            and strict_type(get_named_type(promised)) is str
        )

    def _promised(self, known: PlaceField | None) -> GraphQLOutputType | None:
        """The type that a field of every object here surely has; None if it may be another.

        As far as the tree is as the plan promises.
        """
        place = self._place
        if self._is_careful or known is None or place is None:
            return None
        is_told = all(known.brought.get(source) for source in place.creators)
        return known.declared if is_told else None

    def _expect_types(self, representation: Representation) -> str:
        """Open the block for the representation's types; gives the expression for `__typename`."""
        code = self._code
        types = representation.types
        place = self._place
        if place is None or not place.possible <= {*types}:
            is_one = len(types) == 1  # plans leave `__typename` out where there is one type only
            known = code.value(frozenset({*types, *((None, UNSET) if is_one else ())}))
            code.line(f"typename = {self._typename('entity')}")
            code.block(f"if typename in {known}:")
        elif place.constant is None and len(types) > 1:
            known = code.value(frozenset(types))
            code.line(f"typename = {self._typename('entity')}")
            code.line(f"if typename not in {known}: is_whole = False")
            code.block(f"if typename in {known}:")
        if representation.typename is not None or len(types) == 1:
            return repr(representation.typename or types[0])
        if place is not None and place.constant is not None:
            return repr(place.constant)
        return "typename"

    def _identify_any(self) -> str:
        """Emit `identity` for several groups of types, or for nested fields."""
        code = self._code
        makers = code.value(makers_by_typename(self._call.requires))
        typename = f"{code.value(typename_of)}(entity)"
        code.line(f"make = {makers}.get({typename})")
        if self._place is not None and self._place.possible <= types_of(self._call):
            code.line("if make is None: is_whole = False")
        code.block("if make is not None:")
        code.line("representation = make(entity)")
        code.block("if representation is None:")
        code.line("is_whole = False")
        code.depth -= 1
        code.block("else:")
        code.line(f"identity = {code.value(_encode)}(representation)")
        return "representation"

    def _read(self, holder: str, key: str) -> str:
        if self._is_careful or self._place is None:
            return f"{self._code.value(child)}({holder}, {key!r})"
        return f"{holder}.{attribute(key)}"

    def _typename(self, holder: str) -> str:
        if self._is_careful or self._place is None:
            return f"{self._code.value(typename_of)}({holder})"
        return f"{holder}.{attribute(TYPENAME)}"

    def _expect(self, target: str, *, is_list: bool) -> None:
        """Open the block for what is there, and of the right shape."""
        if not self._is_careful and self._place is not None:
            self._code.block(f"if {target}:")
        elif is_list:
            self._code.block(f"if {target}.__class__ is list:")
        else:
            self._code.block(f"if {self._code.value(is_object)}({target}):")


def _item_type(declared: GraphQLOutputType | None) -> GraphQLOutputType | None:
    if isinstance(declared, GraphQLNonNull):
        declared = declared.of_type
    return declared.of_type if isinstance(declared, GraphQLList) else None
