"""How much of the schema an operation may ask for.

Introspection is free of other limits: its standard query is deep. Yet lists of types within lists
of fields within lists of types multiply: two hundred bytes can ask for millions of values. So the
size of the answer is estimated, with the schema's own numbers of types, fields and arguments, and
compared with that of the standard query, of which an operation may ask for about twice as much.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    get_introspection_query,
    is_abstract_type,
    parse,
)

from router.errors import ClientError

if TYPE_CHECKING:
    from graphql import SelectionSetNode

_SHARE = 2
_FREE = 20_000
"""Values that any operation may ask for, however small the schema."""

_WRAPPED = 0.5
"""Of the types that are asked for `ofType`, those that have one."""

_SINGLE_TYPES = frozenset({"__type", "queryType", "mutationType", "subscriptionType"})
"""These may be the largest of all types; elsewhere the average counts."""

Lengths = Mapping[str, float]


class IntrospectionLimit:
    """Estimates the introspection of operations on one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema

    def check(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        """Refuse a valid operation that asks for too much of the schema.

        Raises:
            ClientError: QUERY_TOO_COMPLEX.
        """
        asked = self._measure(operation, fragments)
        if asked > _FREE and asked > (limit := _FREE + _SHARE * self._standard):
            msg = "The operation asks for too much of the schema."
            raise ClientError(
                msg,
                code="QUERY_TOO_COMPLEX",
                extensions={"limit": round(limit), "actual": round(min(asked, 1e9))},
            )

    @cached_property
    def _standard(self) -> float:
        document: DocumentNode = parse(get_introspection_query(), no_location=True)
        fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        [operation] = (
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        )
        return self._measure(operation, fragments)

    def _measure(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> float:
        average, longest = self._lengths
        return _Measure(fragments, average, longest).root(operation.selection_set)

    @cached_property
    def _lengths(self) -> tuple[Lengths, Lengths]:
        """How many values each list field of introspection has: on average, and at most."""
        types = self._schema.type_map.values()
        outputs = [t for t in types if isinstance(t, GraphQLObjectType | GraphQLInterfaceType)]
        counted: dict[str, list[int]] = {
            "fields": [len(t.fields) for t in outputs],
            "args": [len(field.args) for t in outputs for field in t.fields.values()],
            "inputFields": [len(t.fields) for t in types if isinstance(t, GraphQLInputObjectType)],
            "enumValues": [len(t.values) for t in types if isinstance(t, GraphQLEnumType)],
            "possibleTypes": [
                len(self._schema.get_possible_types(t)) for t in types if is_abstract_type(t)
            ],
        }
        fixed = {
            "types": float(len(types)),
            "directives": float(len(self._schema.directives)),
            "ofType": _WRAPPED,
        }
        average = {name: sum(lengths) / max(1, len(lengths)) for name, lengths in counted.items()}
        longest = {name: float(max(lengths, default=0)) for name, lengths in counted.items()}
        # Only the fields of one large type are many: their arguments are as elsewhere.
        return fixed | average, fixed | average | {"fields": longest["fields"]}


class _Measure:
    """Sizes of the selection sets of one document; fragments are measured once for each use."""

    def __init__(
        self,
        fragments: Mapping[str, FragmentDefinitionNode],
        average: Lengths,
        longest: Lengths,
    ) -> None:
        self._fragments = fragments
        self._average = average
        self._longest = longest
        self._known: dict[tuple[str, str], float] = {}

    def root(self, selection_set: SelectionSetNode) -> float:
        """Values of the introspection fields of a root selection set."""
        return self._sum(selection_set, "root", self._root_field)

    def _root_field(self, node: FieldNode) -> float:
        if node.name.value not in ("__schema", "__type"):
            return 0.0
        return self._below(node)

    def _field(self, node: FieldNode) -> float:
        return 1 + self._average.get(node.name.value, 1) * self._below(node)

    def _field_of_largest(self, node: FieldNode) -> float:
        return 1 + self._longest.get(node.name.value, 1) * self._below(node)

    def _below(self, node: FieldNode) -> float:
        if node.selection_set is None:
            return 0.0
        if node.name.value in _SINGLE_TYPES:
            return self._sum(node.selection_set, "largest", self._field_of_largest)
        return self._sum(node.selection_set, "average", self._field)

    def _sum(
        self, selection_set: SelectionSetNode, kind: str, measure: Callable[[FieldNode], float]
    ) -> float:
        size = 0.0
        for selection in selection_set.selections:
            match selection:
                case FieldNode():
                    size += measure(selection)
                case InlineFragmentNode():
                    size += self._sum(selection.selection_set, kind, measure)
                case FragmentSpreadNode():
                    size += self._fragment(selection.name.value, kind, measure)
        return size

    def _fragment(self, name: str, kind: str, measure: Callable[[FieldNode], float]) -> float:
        size = self._known.get((name, kind))
        if size is None:
            size = self._sum(self._fragments[name].selection_set, kind, measure)
            self._known[name, kind] = size
        return size
