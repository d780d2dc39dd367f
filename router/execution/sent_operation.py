"""What a fetch's operation asks for: enter into the layout who brings which field."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_composite_type,
    parse,
)

from router.errors import PlanBugError
from router.execution.tree import TYPENAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import GraphQLSchema

    from router.execution.layout import Place, Source
    from router.planning.query_plan import Fetch


class SentField(NamedTuple):
    """A field of the operation.

    Attributes:
        types: Object types for which it is sent.
    """

    key: str
    node: FieldNode
    types: frozenset[str]


class SentOperation:
    """The operation of one fetch.

    Attributes:
        root: Its selection set.
    """

    def __init__(self, fetch: Fetch, schema: GraphQLSchema, conditions: Mapping[str, bool]) -> None:
        document = parse(fetch.operation, no_location=True)
        [operation] = [
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        ]
        self.root = operation.selection_set
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._has_calls = bool(fetch.entity_calls)
        self._schema = schema
        self._conditions = conditions

    @cached_property
    def below(self) -> dict[str, SelectionSetNode | None]:
        """What is selected below each root field, by response key."""
        fields = self.fields(self.root, frozenset())
        return {sent.key: sent.node.selection_set for sent in fields}

    def fields(self, selection_set: SelectionSetNode, types: frozenset[str]) -> Iterator[SentField]:
        """Fields with fragments inlined; the same key may come several times.

        Args:
            selection_set: Where they stand.
            types: Object types that are possible here.
        """
        for node in selection_set.selections:
            holds = self._holds(node.directives)
            if holds is False:
                continue
            left = types if holds else frozenset[str]()
            if isinstance(node, FieldNode):
                yield SentField((node.alias or node.name).value, node, left)
                continue
            fragment = self._fragment(node)
            condition = fragment.type_condition
            if condition is not None:
                left &= self._possible(condition.name.value)
            yield from self.fields(fragment.selection_set, left)

    def _fragment(self, node: SelectionNode) -> FragmentDefinitionNode | InlineFragmentNode:
        if isinstance(node, FragmentSpreadNode):
            return self._fragments[node.name.value]
        if isinstance(node, InlineFragmentNode):
            return node
        raise PlanBugError(node.kind)

    def _possible(self, name: str) -> frozenset[str]:
        """Object types that a type condition lets through; none if clients do not know it."""
        declared = self._schema.type_map.get(name)
        if not is_composite_type(declared):
            return frozenset()
        if isinstance(declared, GraphQLObjectType):
            return frozenset({name})
        return frozenset(item.name for item in self._schema.get_possible_types(declared))

    def _holds(self, directives: tuple[DirectiveNode, ...] | None) -> bool | None:
        """Whether `@skip` and `@include` let a selection in; None if that is not known."""
        for node in directives or ():
            wanted = {"include": True, "skip": False}.get(node.name.value)
            if wanted is None:
                continue
            [argument] = node.arguments or ()
            value = argument.value
            if isinstance(value, VariableNode):
                given = self._conditions.get(value.name.value)
            else:
                given = value.value if isinstance(value, BooleanValueNode) else None
            if given is not wanted:
                return None if given is None else False
        return True

    @property
    def selected_keys(self) -> tuple[str, ...]:
        """Response keys that it fills where its results are merged, `__typename` left out."""
        sets = [self.root]
        if self._has_calls:
            fields = self.fields(self.root, frozenset())
            sets = [sent.node.selection_set for sent in fields if sent.node.selection_set]
        found = [sent.key for item in sets for sent in self.fields(item, frozenset())]
        return tuple(key for key in dict.fromkeys(found) if key != TYPENAME)

    def enter(
        self,
        place: Place,
        source: Source,
        selection_sets: list[SelectionSetNode],
        renamed: Mapping[str, str],
    ) -> None:
        """Enter what a source brings to a place and below it."""
        types: dict[str, frozenset[str]] = {}
        nodes: dict[str, list[SelectionSetNode]] = {}
        for selection_set in selection_sets:
            for sent in self.fields(selection_set, place.possible):
                key = renamed.get(sent.key, sent.key)
                types[key] = types.get(key, frozenset()) | sent.types
                below = nodes.setdefault(key, [])
                if sent.node.selection_set is not None:
                    below.append(sent.node.selection_set)
        for key, known in place.fields.items():
            if key not in types:
                continue
            known.brought[source] = place.is_exact and types[key] >= place.possible
            if known.below is not None:
                known.below.creators.add(source)
                self.enter(known.below, source, nodes[key], renamed)
