"""Flatten: inline fragments, merge what is selected twice, move conditions onto fields.

Selection sets of one response position are collected together, each fragment at most once under
the same conditions. So a chain of fragments that each spread the next one twice costs no more than
the chain is long; what is really selected is counted and bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

from router.errors import ClientError
from router.federation.type_refs import named_type
from router.planning.errors import PlanningLimitError
from router.planning.normalize.arguments import print_arguments
from router.planning.selections import ALWAYS, Conditions, SelectedField, Selections

if TYPE_CHECKING:
    from collections.abc import Mapping

    from router.supergraph import Supergraph

MAX_FIELDS = 10_000
MAX_SELECTIONS = 50_000
MAX_DEPTH = 100
MAX_NESTED_FRAGMENTS = 100

_INTROSPECTION = ("__schema", "__type")

_Sets = list[tuple[SelectionSetNode, Conditions]]


class Flattener:
    """Flattens one operation."""

    def __init__(
        self, supergraph: Supergraph, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self.supergraph = supergraph
        self.fragments = fragments
        self._count = 0
        self._visits = 0

    def count_visit(self) -> None:
        """Bound the work: under conditions of its own a fragment is visited at every spread."""
        self._visits += 1
        if self._visits > MAX_SELECTIONS:
            msg = "selections"
            raise PlanningLimitError(msg, MAX_SELECTIONS)

    def flatten(self, root: str, selection_set: SelectionSetNode) -> Selections:
        return self._collect(root, self._types(root), [(selection_set, ALWAYS)], 1, ALWAYS)

    def _types(self, type_name: str) -> frozenset[str]:
        return frozenset(self.supergraph.possible_types[type_name])

    def _collect(
        self,
        type_name: str,
        possible: frozenset[str],
        sets: _Sets,
        depth: int,
        around: Conditions,
    ) -> Selections:
        """The selections of one response position.

        Args:
            type_name: Static type.
            possible: Object types that all type conditions around leave.
            sets: What is selected there.
            depth: Of the position.
            around: Conditions that hold there.
        """
        if depth > MAX_DEPTH:
            msg = "levels of fields"
            raise PlanningLimitError(msg, MAX_DEPTH)
        collector = _Collector(self, type_name, possible, around)
        for selection_set, conditions in sets:
            collector.visit(selection_set, conditions)
        fields = []
        for (response_key, conditions), nodes in collector.fields.items():
            below = self._below(type_name, nodes, depth + 1, around | conditions)
            field = self._field(response_key, conditions, nodes, below)
            if not _is_repeated(field, collector.fields):
                fields.append(field)
        fragments = (
            (name, self._collect(name, possible & self._types(name), inner, depth + 1, around))
            for name, inner in collector.fragments.items()
        )
        selecting = tuple(item for item in fragments if item[1].fields or item[1].fragments)
        return Selections(tuple(fields), selecting)

    def _field(
        self,
        response_key: str,
        conditions: Conditions,
        nodes: list[FieldNode],
        selections: Selections | None,
    ) -> SelectedField:
        self._count += 1
        if self._count > MAX_FIELDS:
            msg = "fields"
            raise PlanningLimitError(msg, MAX_FIELDS)
        first = nodes[0]
        name = first.name.value
        if response_key == "__typename" and name != "__typename":
            msg = "The alias '__typename' is reserved."
            raise ClientError(msg, code="GRAPHQL_VALIDATION_FAILED")
        arguments, variables = print_arguments(first.arguments or ())
        return SelectedField(response_key, name, arguments, variables, conditions, selections)

    def _below(
        self, type_name: str, nodes: list[FieldNode], depth: int, around: Conditions
    ) -> Selections | None:
        """What is selected of a field's value; None for a leaf."""
        first = nodes[0]
        if first.selection_set is None:
            return None
        ref = self.supergraph.field_types[type_name][first.name.value]
        sets: _Sets = [
            (node.selection_set, ALWAYS) for node in nodes if node.selection_set is not None
        ]
        name = named_type(ref)
        return self._collect(name, self._types(name), sets, depth, around)


class _Collector:
    """Collects the selection sets of one response position."""

    def __init__(
        self,
        flattener: Flattener,
        type_name: str,
        possible: frozenset[str],
        around: Conditions,
    ) -> None:
        self.fields: dict[tuple[str, Conditions], list[FieldNode]] = {}
        self.fragments: dict[str, _Sets] = {}
        self._flattener = flattener
        self._supergraph = flattener.supergraph
        self._type_name = type_name
        self._around = around
        self._possible = possible
        self._seen: set[tuple[str, Conditions]] = set()
        self._nesting = 0

    def visit(self, selection_set: SelectionSetNode, conditions: Conditions) -> None:
        for node in selection_set.selections:
            self._flattener.count_visit()
            own = _conditions(node, conditions, self._around)
            if own is None:
                continue
            if isinstance(node, FieldNode):
                name = node.name.value
                if name not in _INTROSPECTION:
                    response_key = node.alias.value if node.alias is not None else name
                    self.fields.setdefault((response_key, own), []).append(node)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                name = condition.name.value if condition is not None else self._type_name
                self._fragment(name, node.selection_set, own)
            else:
                self._spread(node.name.value, own)  # type: ignore[attr-defined]

    def _spread(self, name: str, conditions: Conditions) -> None:
        if (name, conditions) not in self._seen:
            self._seen.add((name, conditions))
            definition = self._flattener.fragments[name]
            type_name = definition.type_condition.name.value
            self._fragment(type_name, definition.selection_set, conditions)

    def _fragment(
        self, type_name: str, selection_set: SelectionSetNode, conditions: Conditions
    ) -> None:
        possible = self._supergraph.possible_types[type_name]
        if type_name == self._type_name or (
            self._possible.issubset(possible)
            and self._supergraph.kinds[self._type_name] != "union"
            and self._has_fields_of(type_name)
        ):
            self._nesting += 1
            if self._nesting > MAX_NESTED_FRAGMENTS:
                msg = "levels of fragments"
                raise PlanningLimitError(msg, MAX_NESTED_FRAGMENTS)
            self.visit(selection_set, conditions)
            self._nesting -= 1
        elif not self._possible.isdisjoint(possible):
            self.fragments.setdefault(type_name, []).append((selection_set, conditions))

    def _has_fields_of(self, type_name: str) -> bool:
        types = self._supergraph.field_types
        return types[type_name].keys() <= types[self._type_name].keys()


def _conditions(
    node: SelectionNode, conditions: Conditions, around: Conditions
) -> Conditions | None:
    """All conditions of a selection; None if they cannot hold together.

    Args:
        node: The selection.
        conditions: Of the fragments it stands in.
        around: Of the fields it stands in: what holds there anyway is no condition.
    """
    for directive in node.directives or ():
        name = directive.name.value
        if name not in ("include", "skip") or not directive.arguments:
            continue
        value = directive.arguments[0].value
        wanted = name == "include"
        if isinstance(value, BooleanValueNode):
            if value.value is not wanted:
                return None
        elif isinstance(value, VariableNode):
            variable = value.name.value
            if (variable, not wanted) in conditions or (variable, not wanted) in around:
                return None
            if (variable, wanted) not in around:
                conditions |= {(variable, wanted)}
    return conditions


def _is_repeated(
    field: SelectedField, fields: Mapping[tuple[str, Conditions], list[FieldNode]]
) -> bool:
    """Whether a leaf is selected under weaker conditions as well."""
    if not field.conditions or field.selections is not None:
        return False
    return any(
        key == field.response_key and conditions < field.conditions for key, conditions in fields
    )
