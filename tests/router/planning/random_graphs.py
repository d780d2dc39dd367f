"""Random federated graphs: types, where they are, and the SDL of each subgraph."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.router.planning.random_arguments import ARGUMENTS, TYPES

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", '
    '"@shareable", "@external", "@requires", "@provides", "@override", "@interfaceObject", '
    '"@inaccessible", "@context", "@fromContext"])\n'
)


@dataclass(slots=True)
class RandomField:
    """A field of a type.

    Attributes:
        type: Type reference; `named` is the type in it.
        owners: Subgraphs that resolve it.
        requires: By subgraph: the field set, for fields computed from others.
        provides: By subgraph: fields of the entity that are answered on the spot.
        is_provided: Some other field provides it.
        overridden_in: Subgraph that still declares it, and is not to be asked.
        label: Of that override; without it the overridden subgraph is the one to ask.
        is_inaccessible: Clients do not see it.
        context: What its argument takes from above, as @fromContext has it.
    """

    name: str
    type: str
    named: str
    owners: list[str]
    has_argument: bool = False
    is_provided: bool = False
    overridden_in: str | None = None
    label: str | None = None
    is_inaccessible: bool = False
    context: str | None = None
    requires: dict[str, str] = field(default_factory=dict)
    provides: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RandomType:
    """An object type.

    Attributes:
        keys: By subgraph; an entity is in exactly these subgraphs.
        interfaces: Interfaces it implements, everywhere the interface is.
        external: By subgraph: fields it knows but does not resolve.
        unresolvable: Subgraphs that mention it and do not take it in `_entities`.
    """

    name: str
    fields: dict[str, RandomField]
    subgraphs: list[str]
    keys: dict[str, list[str]] = field(default_factory=dict)
    interfaces: list[str] = field(default_factory=list)
    external: dict[str, set[str]] = field(default_factory=dict)
    unresolvable: set[str] = field(default_factory=set)


@dataclass(slots=True)
class RandomGraph:
    """Types, where they are, and the objects.

    Attributes:
        unions: Union to its members, by subgraph.
        interfaces: Interface to the subgraphs that define it.
        interface_fields: Leaves of an interface besides `id`.
        peers: Interface to the type of its field `peer`, where it has one.
        interface_objects: Interface to (subgraph, field): the subgraph adds the field to it.
        context_leaves: Types that set the context to the field each hands down.
        context_owner: Subgraph that has the context.
    """

    subgraphs: list[str]
    types: dict[str, RandomType]
    unions: dict[str, dict[str, list[str]]]
    interfaces: dict[str, list[str]]
    interface_fields: dict[str, list[str]]
    interface_objects: dict[str, tuple[str, str]]
    roots: dict[str, RandomField]
    mutations: dict[str, RandomField] = field(default_factory=dict)
    peers: dict[str, str] = field(default_factory=dict)
    context_leaves: dict[str, str] = field(default_factory=dict)
    context_owner: str = ""

    def members(self, name: str, subgraphs: list[str] | None = None) -> list[str]:
        """Object types of a type, as far as all the subgraphs know them."""
        if name in self.unions:
            known = [
                set(members)
                for subgraph, members in self.unions[name].items()
                if subgraphs is None or subgraph in subgraphs
            ]
            common = set.union(*known) if subgraphs is None else set.intersection(*known)
            return sorted(common)
        if name in self.interfaces:
            return [item.name for item in self.types.values() if name in item.interfaces]
        return [name]

    def sdl(self, subgraph: str) -> str:
        """The subgraph's schema as its developers would write it."""
        parts = [LINK, TYPES, f"enum Mood {{ CALM LIKE_{subgraph} }}"]
        roots = [item for item in self.roots.values() if subgraph in item.owners]
        lines = [_field_line(item, subgraph) for item in roots] or ["  _nothing: Int @shareable"]
        parts.append("type Query {\n" + "\n".join(lines) + "\n}")
        mutations = [item for item in self.mutations.values() if subgraph in item.owners]
        if mutations:
            lines = [_field_line(item, subgraph) for item in mutations]
            parts.append("type Mutation {\n" + "\n".join(lines) + "\n}")
        parts.extend(
            self._type_sdl(item, subgraph)
            for item in self.types.values()
            if subgraph in item.subgraphs
        )
        for name, subgraphs in self.interfaces.items():
            if subgraph in subgraphs:
                key = ' @key(fields: "id")' if name in self.interface_objects else ""
                fields = "".join(f"\n  {each}: String" for each in self.interface_fields[name])
                if name in self.peers:
                    fields += f"\n  peer: {self.peers[name]}"
                parts.append(f"interface {name}{key} {{\n  id: ID!{fields}\n}}")
        for name, (owner, field_name) in self.interface_objects.items():
            if owner == subgraph:
                lines = ["  id: ID!", f"  {field_name}: String"]
                if "label" in self.interface_fields[name]:
                    lines += ["  label: String @external"]
                    lines += [f'  {field_name}2: String @requires(fields: "label")']
                body = "\n".join(lines)
                parts.append(f'type {name} @key(fields: "id") @interfaceObject {{\n{body}\n}}')
        for name, members in self.unions.items():
            if subgraph in members:
                parts.append(f"union {name} = {' | '.join(members[subgraph])}")
        return "\n".join(parts) + "\n"

    def _type_sdl(self, item: RandomType, subgraph: str) -> str:
        unresolvable = ", resolvable: false" if subgraph in item.unresolvable else ""
        keys = "".join(
            f' @key(fields: "{key}"{unresolvable})' for key in item.keys.get(subgraph, ())
        )
        known = [name for name in item.interfaces if subgraph in self.interfaces[name]]
        implements = f" implements {' & '.join(known)}" if known else ""
        if subgraph == self.context_owner and item.name in self.context_leaves:
            keys += ' @context(name: "c")'
        external = item.external.get(subgraph, ())
        lines = [
            _field_line(each, subgraph)
            for each in item.fields.values()
            if subgraph in each.owners
            or (subgraph == each.overridden_in and each.name not in external)
        ]
        lines += [
            f"  {name}{_argument(item.fields[name])}: {item.fields[name].type} @external"
            for name in sorted(external)
        ]
        return f"type {item.name}{implements}{keys} {{\n" + "\n".join(lines) + "\n}"


def _argument(item: RandomField) -> str:
    if item.context is not None:
        return f'(arg: String @fromContext(field: "{item.context}"))'
    return ARGUMENTS if item.has_argument else ""


def _field_line(item: RandomField, subgraph: str) -> str:
    line = f"  {item.name}{_argument(item)}: {item.type}"
    if len(item.owners) > 1 or item.is_provided:
        line += " @shareable"
    if item.overridden_in is not None and subgraph in item.owners:
        label = f', label: "{item.label}"' if item.label is not None else ""
        line += f' @override(from: "{item.overridden_in}"{label})'
    if item.is_inaccessible and subgraph in item.owners:
        line += " @inaccessible"
    if subgraph in item.requires:
        line += f' @requires(fields: "{item.requires[subgraph]}")'
    if subgraph in item.provides:
        line += f' @provides(fields: "{item.provides[subgraph]}")'
    return line
