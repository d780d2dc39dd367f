"""Walk an operation: for everything the client selected, all ways to read it.

What one subgraph answers alone is kept whole: a field whose selections all stay inside one
subgraph is a single leaf, however much is below it. Everything else is walked field by field.

An interface field that not every way at hand can read as such is walked member by member; the
client's fragments on interfaces and unions likewise become one narrowed place for each object type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.planning.errors import PlanningLimitError, UnplannableError
from router.planning.selections import (
    ALWAYS,
    Conditions,
    SelectedField,
    Selections,
    unambiguous_keys,
)
from router.query_graph.walk import Place

if TYPE_CHECKING:
    from router.query_graph.nodes import Node
    from router.query_graph.ways import Position, Reading

MAX_LEAVES = 10_000


class Leaf:
    """Something the client selected that is read in one go.

    Attributes:
        selected: A leaf field, or a composite one that a single subgraph answers with all below.
        conditions: All that must hold for it to be selected.
        readings: Alternatives, cheapest first; never empty.
    """

    __slots__ = ("conditions", "place", "readings", "selected")

    def __init__(
        self,
        place: Place,
        selected: SelectedField,
        readings: list[Reading],
        conditions: Conditions,
    ) -> None:
        self.place = place
        self.selected = selected
        self.readings = readings
        self.conditions = conditions


def walk_operation(root: Place, selections: Selections) -> list[Leaf]:
    """All leaves of a selection set, in the client's order.

    Raises:
        UnplannableError: A field cannot be had from any subgraph.
        PlanningLimitError: There are too many of them.
    """
    walker = _Walker()
    walker.walk(root, selections)
    return walker.leaves


class _Walker:
    def __init__(self) -> None:
        self.leaves: list[Leaf] = []
        self._local: dict[tuple[Node, int], bool] = {}

    def walk(self, place: Place, selections: Selections) -> None:
        for field in selections.fields:
            self._visit_field(place, field)
        if selections.fragments:
            if all(way.node.is_interface_object for way in place.ways):
                selections = self._read_for_all(place, selections)
            if any(way.node.is_interface_object for way in place.ways):
                place.close()
            for type_name, below in selections.fragments:
                self._visit_fragment(place, type_name, below)

    def _read_for_all(self, place: Place, selections: Selections) -> Selections:
        """Read what an @interfaceObject answers for objects of all types; what is left to read.

        A subgraph with the @interfaceObject does not know of which type its objects are. Waiting
        for one that does, only to come back for a field of some of them, takes longer. Where such
        a field fails for others, it must not take their objects with it: only nullable ones do.
        """
        fragments = []
        keys = unambiguous_keys(selections)
        for type_name, below in selections.fragments:
            left = []
            for field in below.fields:
                readings = self._local_at_hand(place, field)
                may_fail = all(not edge.type.endswith("!") for _, edge in readings)
                if readings and may_fail and field.response_key in keys:
                    self._add(place, field, readings)
                else:
                    left.append(field)
            fragments.append((type_name, Selections(tuple(left), below.fragments)))
        return Selections(selections.fields, tuple(fragments))

    def _visit_field(self, place: Place, field: SelectedField) -> None:
        if field.name == "__typename":
            if place.parent is not None:
                self._add_typename(place, field.conditions)
            return
        if place.is_abstract and self._goes_by_member(place, field):
            self._visit_members(place, field)
            return
        local = self._local_readings(place, field)
        if local:
            self._add(place, field, local)
            return
        if field.selections is None:
            self._add(place, field, place.readings(field.name))
        else:
            self._descend(place, field, field.selections)

    def _visit_members(self, place: Place, field: SelectedField) -> None:
        members = place.member_types()
        if not members:
            raise _unplannable(place, field)
        for type_name in members:
            self._visit_field(place.narrow(type_name), field)
        if not place.is_narrowed and place.parent is not None:
            self._prove(place)

    def _local_readings(self, place: Place, field: SelectedField) -> list[Reading]:
        """Ways by which one subgraph reads the field and all that is below it.

        Other subgraphs are entered for it only where that may be cheaper than the ways at hand.
        """
        readings = self._local_at_hand(place, field)
        if readings and place.is_far(readings):
            place.close()
            readings = self._local_at_hand(place, field)
        return readings

    def _local_at_hand(self, place: Place, field: SelectedField) -> list[Reading]:
        readings = []
        for way in place.ways:
            edge = way.node.fields.get(field.name)
            if edge is None or edge.needs_entry or edge.is_last_resort:
                continue
            if field.selections is None or (
                edge.target is not None
                and not place.graph.has_varying_members(way.node.type_name, field.name)
                and self._is_local(edge.target, field.selections)
            ):
                readings.append((way, edge))
        readings.sort(key=_by_cost)
        return readings

    def _goes_by_member(self, place: Place, field: SelectedField) -> bool:
        """Whether an interface's field is to be read from each object type."""
        if not place.is_far(place.at_hand(field.name)):
            return False
        members = [place.narrow(name) for name in place.member_types()]
        if members and not any(item.is_far(item.at_hand(field.name)) for item in members):
            return True
        return not place.readings(field.name)

    def _descend(self, place: Place, field: SelectedField, selections: Selections) -> None:
        readings = place.readings(field.name, wide=True)
        if not readings:
            raise _unplannable(place, field)
        type_name = place.field_type(field.name, readings)
        below = Place(place.graph, type_name, place, field.name, field.arguments)
        below.response_key = field.response_key
        below.variables = field.variables
        below.conditions = place.conditions | field.conditions
        below.enter(readings)
        before = len(self.leaves)
        self.walk(below, selections)
        if not any(leaf.conditions <= below.conditions for leaf in self.leaves[before:]):
            # What is selected may all be skipped; whether there is an object is asked anyway.
            self._prove(below)

    def _prove(self, place: Place) -> None:
        """Ask for `__typename`, so that the object itself is asked for."""
        self._add_typename(place, ALWAYS)

    def _add_typename(self, place: Place, conditions: Conditions) -> None:
        """Under its own name whatever the client calls it: the response tree is read by it."""
        field = SelectedField("__typename", "__typename", "", (), conditions, None)
        self._add(place, field, place.readings("__typename"))

    def _visit_fragment(self, place: Place, type_name: str, selections: Selections) -> None:
        possible = place.graph.possible_types(type_name)
        if not place.is_abstract:
            if place.type_name in possible:
                self.walk(place, selections)
            return
        members = [name for name in place.member_types() if name in possible]
        for name in members:
            self.walk(place.narrow(name), selections)
        if place.parent is not None and not place.is_narrowed:
            self._prove(place)

    def _add(self, place: Place, field: SelectedField, readings: list[Reading]) -> None:
        if not readings:
            raise _unplannable(place, field)
        if len(self.leaves) >= MAX_LEAVES:
            msg = "fields, fragments on abstract types spread out"
            raise PlanningLimitError(msg, MAX_LEAVES)
        self.leaves.append(Leaf(place, field, readings, place.conditions | field.conditions))

    def _is_local(self, node: Node, selections: Selections) -> bool:
        key = (node, id(selections))
        known = self._local.get(key)
        if known is None:
            known = self._local[key] = self._reads_all(node, selections)
        return known

    def _reads_all(self, node: Node, selections: Selections) -> bool:
        return all(self._reads_field(node, field) for field in selections.fields) and all(
            self._reads_fragment(node, type_name, below)
            for type_name, below in selections.fragments
        )

    def _reads_field(self, node: Node, field: SelectedField) -> bool:
        if field.name == "__typename":
            return not node.is_interface_object
        edge = node.fields.get(field.name)
        if edge is None:
            return (
                node.is_abstract
                and bool(node.members)
                and all(self._reads_field(member, field) for member in node.members.values())
            )
        if edge.needs_entry or edge.is_last_resort:
            return False
        if field.selections is None:
            return True
        return (
            edge.target is not None
            and not node.graph.has_varying_members(node.type_name, field.name)
            and self._is_local(edge.target, field.selections)
        )

    def _reads_fragment(self, node: Node, type_name: str, selections: Selections) -> bool:
        possible = node.graph.possible_types(type_name)
        if node.is_abstract:
            return all(
                self._is_local(member, selections)
                for name, member in node.members.items()
                if name in possible
            )
        if node.is_interface_object:
            return False
        return node.type_name not in possible or self._is_local(node, selections)


def _unplannable(place: Place, field: SelectedField) -> UnplannableError:
    path = [field.response_key]
    at: Position | None = place
    while at is not None:
        if at.response_key is not None:
            path.append(at.response_key)
        at = at.parent
    return UnplannableError(f"{place.type_name}.{field.name}", tuple(reversed(path)))


def _by_cost(reading: Reading) -> tuple[int, int]:
    return (reading[0].cost, reading[0].level)
