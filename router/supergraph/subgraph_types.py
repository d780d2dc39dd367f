"""Each subgraph's view of the composite types, from the `@join__…` directives on them.

Rules of the join specification that are easy to get wrong:

- A field without @join__field is answered wherever its type is defined; with some, only in the
  graphs they name; one that names no graph is answered by an @interfaceObject alone.
- v0.1 has an owner instead: fields without @join__field belong to it, key fields to all.
- An overridden field is external where it was, even where its graph is still listed.
- Before v0.3 unions do not say which graph knows which member: all that define the member do.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from router.federation.document import Directive, Field, Kind, TypeDefinition
from router.federation.field_set import FieldSet, FieldSetField, parse_field_set
from router.supergraph.errors import SupergraphError
from router.supergraph.model import ContextArgument, Key, SubgraphField, SubgraphType, TypeKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from router.federation.values import Value
    from router.supergraph.links import LinkedFeatures

_KINDS: dict[Kind, TypeKind] = {
    Kind.OBJECT: "object",
    Kind.INTERFACE: "interface",
    Kind.UNION: "union",
}


class JoinReader:
    """Reads one supergraph's join directives.

    Attributes:
        override_labels: Labels met while reading.
    """

    def __init__(
        self, links: LinkedFeatures, graphs: Mapping[str, str], types: Mapping[str, TypeDefinition]
    ) -> None:
        self.override_labels: set[str] = set()
        self._graphs = graphs
        self._graphs_by_name = {name: graph for graph, name in graphs.items()}
        self._types = types
        self._type = links.directive("join", "type")
        self._field = links.directive("join", "field")
        self._implements = links.directive("join", "implements")
        self._member = links.directive("join", "unionMember")
        self._owner = links.directive("join", "owner")

    def read(self) -> dict[str, Mapping[str, SubgraphType]]:
        """Composite types by subgraph name, then type name."""
        views: dict[str, dict[str, SubgraphType]] = {name: {} for name in self._graphs.values()}
        for definition in self._types.values():
            if definition.is_composite:
                for graph, view in self._views(definition).items():
                    views[self._graphs[graph]][view.name] = view
        return {name: MappingProxyType(_with_possible(types)) for name, types in views.items()}

    def _views(self, definition: TypeDefinition) -> dict[str, SubgraphType]:
        joins = self._joins(definition)
        is_joined = any(used.name == self._type for used in definition.directives)
        fields = {graph: dict[str, SubgraphField]() for graph in joins}
        for field in definition.fields.values():
            for graph, view in self._field_views(definition, field, joins).items():
                fields.setdefault(graph, {})[field.name] = view
        return {
            graph: SubgraphType(
                name=definition.name,
                kind=_KINDS[definition.kind],
                keys=_keys(joins[graph]),
                fields=MappingProxyType(fields[graph]),
                interfaces=self._interfaces(definition, graph),
                possible_types=self._members(definition, graph),
                is_interface_object=any(
                    used.arguments.get("isInterfaceObject") is True for used in joins[graph]
                ),
                is_joined=is_joined,
            )
            for graph in joins
        }

    def _joins(self, definition: TypeDefinition) -> dict[str, list[Directive]]:
        """Graphs that define the type, with their @join__type uses."""
        joins: dict[str, list[Directive]] = {}
        for used in definition.directives:
            if used.name == self._type:
                joins.setdefault(self._graph(used, definition.name), []).append(used)
        owner = self._owner_of(definition)
        if owner is not None:
            joins.setdefault(owner, [])
        return joins or {graph: [] for graph in self._graphs}

    def _owner_of(self, definition: TypeDefinition) -> str | None:
        used = next((item for item in definition.directives if item.name == self._owner), None)
        return None if used is None else self._graph(used, definition.name)

    def _graph(self, used: Directive, where: str) -> str:
        graph = used.arguments.get("graph")
        if graph not in self._graphs:
            msg = f"supergraph: {where}: @{used.name} names the graph {graph!r}"
            raise SupergraphError(msg)
        return str(graph)

    def _field_views(
        self, definition: TypeDefinition, field: Field, joins: Mapping[str, list[Directive]]
    ) -> dict[str, SubgraphField]:
        where = f"{definition.name}.{field.name}"
        used = [item for item in field.directives if item.name == self._field]
        named = [item for item in used if item.arguments.get("graph") is not None]
        if not used:
            plain = SubgraphField(field.name, field.type)
            return dict.fromkeys(self._unmarked(definition, field, joins), plain)
        overrides = self._overrides(named, where)
        views = {}
        for item in named:
            graph = self._graph(item, where)
            if graph not in joins:
                msg = f"supergraph: {where} is in {graph}, its type is not"
                raise SupergraphError(msg)
            views[graph] = self._field_view(field, item, overrides.get(graph, ""))
        return views

    def _unmarked(
        self, definition: TypeDefinition, field: Field, joins: Mapping[str, list[Directive]]
    ) -> list[str]:
        owner = self._owner_of(definition)
        if owner is None:
            return list(joins)
        return [
            graph
            for graph, uses in joins.items()
            if graph == owner or any(_has_field(key.fields, field.name) for key in _keys(uses))
        ]

    def _overrides(self, used: list[Directive], where: str) -> dict[str, str | None]:
        """Overridden graphs, each with the label of the override or None."""
        by_name = self._graphs_by_name
        overridden: dict[str, str | None] = {}
        for item in used:
            source = item.arguments.get("override")
            if isinstance(source, str) and source in by_name:
                label = item.arguments.get("overrideLabel")
                overridden[by_name[source]] = label if isinstance(label, str) else None
                if isinstance(label, str):
                    self.override_labels.add(label)
                if by_name[source] == item.arguments.get("graph"):
                    msg = f"supergraph: {where} overrides itself"
                    raise SupergraphError(msg)
        return overridden

    def _field_view(
        self, field: Field, used: Directive, overridden_by: str | None
    ) -> SubgraphField:
        """One graph's field; `overridden_by` is "" if nobody does, None if it has no label."""
        arguments = used.arguments
        label = arguments.get("overrideLabel") if arguments.get("override") else None
        return SubgraphField(
            name=field.name,
            type=arguments.get("type") or field.type,
            is_external=(
                arguments.get("external") is True
                or (arguments.get("usedOverridden") is True and overridden_by in ("", None))
                or overridden_by is None
            ),
            requires=_field_set(arguments.get("requires")),
            provides=_field_set(arguments.get("provides")),
            active_if=label if isinstance(label, str) else None,
            inactive_if=overridden_by or None,
            context_arguments=tuple(
                _context_argument(item, field) for item in arguments.get("contextArguments") or ()
            ),
        )

    def _interfaces(self, definition: TypeDefinition, graph: str) -> tuple[str, ...]:
        used = [item for item in definition.directives if item.name == self._implements]
        if not used:
            return tuple(definition.interfaces)
        return tuple(
            str(item.arguments.get("interface"))
            for item in used
            if item.arguments.get("graph") == graph
        )

    def _members(self, definition: TypeDefinition, graph: str) -> tuple[str, ...]:
        if definition.kind is not Kind.UNION:
            return ()
        used = [item for item in definition.directives if item.name == self._member]
        if not used:
            return tuple(definition.members)
        return tuple(
            str(item.arguments.get("member"))
            for item in used
            if item.arguments.get("graph") == graph
        )


def _with_possible(types: dict[str, SubgraphType]) -> dict[str, SubgraphType]:
    """The same types with `possible_types` filled in, which needs all types of the subgraph."""
    possible: dict[str, set[str]] = {name: set() for name in types}
    for view in types.values():
        if view.kind == "object":
            possible[view.name].add(view.name)
            for interface in view.interfaces:
                possible.setdefault(interface, set()).add(view.name)
        elif view.kind == "union":
            possible[view.name].update(name for name in view.possible_types if name in types)
    return {
        name: SubgraphType(
            name=view.name,
            kind=view.kind,
            keys=view.keys,
            fields=view.fields,
            interfaces=tuple(item for item in view.interfaces if item in types),
            possible_types=((name,) if view.is_interface_object else tuple(sorted(possible[name]))),
            is_interface_object=view.is_interface_object,
            is_joined=view.is_joined,
        )
        for name, view in types.items()
    }


def _keys(uses: list[Directive]) -> tuple[Key, ...]:
    return tuple(
        Key(parse_field_set(text), text, used.arguments.get("resolvable") is not False)
        for used in uses
        if isinstance(text := used.arguments.get("key"), str)
    )


def _field_set(text: Value) -> FieldSet:
    return parse_field_set(text) if isinstance(text, str) and text.strip() else ()


def _context_argument(value: Value, field: Field) -> ContextArgument:
    if not isinstance(value, dict):
        msg = f"supergraph: contextArguments of {field.name} must be a list of objects"
        raise SupergraphError(msg)
    selection = str(value.get("selection") or "").strip()
    if selection.startswith("{"):
        selection = selection[1:].removesuffix("}")
    return ContextArgument(
        name=str(value.get("name")),
        type=str(value.get("type")),
        context=str(value.get("context")),
        selection=parse_field_set(selection),
    )


def _has_field(fields: FieldSet, name: str) -> bool:
    return any(isinstance(item, FieldSetField) and item.name == name for item in fields)
