"""Random federated graphs with data: subgraph SDL on one side, one in-process truth on the other.

Every object lives in one store with all its fields, so each subgraph answers from the same truth,
but only what its own schema lets it know: external fields are absent, unless provided or sent in a
representation. A field with @requires is a function of what it requires, so a plan that forgets to
send something, or sends the wrong thing, shows in the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

JsonObject = dict[str, Any]

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: '
    '["@key", "@shareable", "@external", "@requires", "@provides", "@interfaceObject"])\n'
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
    """

    name: str
    type: str
    named: str
    owners: list[str]
    has_argument: bool = False
    is_provided: bool = False
    requires: dict[str, str] = field(default_factory=dict)
    provides: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RandomType:
    """An object type.

    Attributes:
        keys: By subgraph; an entity is in exactly these subgraphs.
        interfaces: Interfaces it implements, everywhere the interface is.
        external: By subgraph: fields it knows but does not resolve.
    """

    name: str
    fields: dict[str, RandomField]
    subgraphs: list[str]
    keys: dict[str, list[str]] = field(default_factory=dict)
    interfaces: list[str] = field(default_factory=list)
    external: dict[str, set[str]] = field(default_factory=dict)


@dataclass(slots=True)
class RandomGraph:
    """Types, where they are, and the objects.

    Attributes:
        abstract: Interface or union to its members; which of the two by `interfaces`.
        interfaces: Interface to the subgraphs that define it.
        interface_objects: Interface to (subgraph, field): the subgraph adds the field to it.
        objects: Type to its objects, in order of ids.
    """

    subgraphs: list[str]
    types: dict[str, RandomType]
    unions: dict[str, list[str]]
    interfaces: dict[str, list[str]]
    interface_objects: dict[str, tuple[str, str]]
    roots: dict[str, RandomField]
    objects: dict[str, list[JsonObject]] = field(default_factory=dict)

    def members(self, name: str) -> list[str]:
        if name in self.unions:
            return self.unions[name]
        if name in self.interfaces:
            return [item.name for item in self.types.values() if name in item.interfaces]
        return [name]

    def sdl(self, subgraph: str) -> str:
        """The subgraph's schema as its developers would write it."""
        parts = [LINK]
        roots = [item for item in self.roots.values() if subgraph in item.owners]
        lines = [_field_line(item, subgraph) for item in roots] or ["  _nothing: Int @shareable"]
        parts.append("type Query {\n" + "\n".join(lines) + "\n}")
        for item in self.types.values():
            if subgraph in item.subgraphs:
                parts.append(self._type_sdl(item, subgraph))
        for name, subgraphs in self.interfaces.items():
            if subgraph in subgraphs:
                key = ' @key(fields: "id")' if name in self.interface_objects else ""
                parts.append(f"interface {name}{key} {{\n  id: ID!\n}}")
        for name, (owner, field_name) in self.interface_objects.items():
            if owner == subgraph:
                parts.append(
                    f'type {name} @key(fields: "id") @interfaceObject {{\n'
                    f"  id: ID!\n  {field_name}: String\n}}"
                )
        for name, members in self.unions.items():
            if self._union_is_in(members, subgraph):
                parts.append(f"union {name} = {' | '.join(members)}")
        return "\n".join(parts) + "\n"

    def _union_is_in(self, members: list[str], subgraph: str) -> bool:
        return all(subgraph in self.types[name].subgraphs for name in members)

    def _type_sdl(self, item: RandomType, subgraph: str) -> str:
        keys = "".join(f' @key(fields: "{key}")' for key in item.keys.get(subgraph, ()))
        known = [name for name in item.interfaces if subgraph in self.interfaces[name]]
        implements = f" implements {' & '.join(known)}" if known else ""
        lines = [
            _field_line(each, subgraph) for each in item.fields.values() if subgraph in each.owners
        ]
        lines += [
            f"  {name}{_argument(item.fields[name])}: {item.fields[name].type} @external"
            for name in sorted(item.external.get(subgraph, ()))
        ]
        return f"type {item.name}{implements}{keys} {{\n" + "\n".join(lines) + "\n}"


def _argument(item: RandomField) -> str:
    return "(n: Int)" if item.has_argument else ""


def _field_line(item: RandomField, subgraph: str) -> str:
    line = f"  {item.name}{_argument(item)}: {item.type}"
    if len(item.owners) > 1 or item.is_provided:
        line += " @shareable"
    if subgraph in item.requires:
        line += f' @requires(fields: "{item.requires[subgraph]}")'
    if subgraph in item.provides:
        line += f' @provides(fields: "{item.provides[subgraph]}")'
    return line


def random_graph(seed: int) -> RandomGraph:
    """A graph that usually composes; those that do not are the caller's to skip."""
    return _Maker(Random(seed)).make()


class _Maker:
    def __init__(self, random: Random) -> None:
        self._random = random

    def make(self) -> RandomGraph:
        random = self._random
        subgraphs = ["a", "b", "c", "d"][: random.randint(2, 4)]
        graph = RandomGraph(subgraphs, {}, {}, {}, {}, {})
        entities = [f"E{number}" for number in range(random.randint(2, 4))]
        for name in entities:
            graph.types[name] = self._entity(name, subgraphs)
        value = self._value_type("V0", subgraphs)
        graph.types[value.name] = value
        self._add_abstract(graph, entities)
        for name in entities:
            self._add_fields(graph, graph.types[name], entities)
        self._add_requires(graph, entities)
        self._add_provides(graph, entities)
        self._add_roots(graph, entities)
        self._fill(graph, entities)
        return graph

    def _some(self, items: list[str], least: int = 1) -> list[str]:
        count = self._random.randint(least, len(items))
        chosen = set(self._random.sample(items, count))
        return [item for item in items if item in chosen]

    def _entity(self, name: str, subgraphs: list[str]) -> RandomType:
        present = self._some(subgraphs, min(2, len(subgraphs)))
        fields = {"id": RandomField("id", "ID!", "ID", list(present))}
        keys: dict[str, list[str]] = {subgraph: ["id"] for subgraph in present}
        if self._random.random() < 0.4:
            holders = self._some(present, 2)
            fields["sku"] = RandomField("sku", "String!", "String", holders)
            for subgraph in holders:
                keys[subgraph] = self._random.choice((["sku"], ["id", "sku"], ["id sku"], ["id"]))
            bridge = self._random.choice(holders)
            keys[bridge] = ["id", "sku"]
        item = RandomType(name, fields, present, keys)
        for subgraph, texts in keys.items():
            if all("id" not in text.split() for text in texts) and self._random.random() < 0.5:
                fields["id"].owners.remove(subgraph)
        return item

    def _value_type(self, name: str, subgraphs: list[str]) -> RandomType:
        present = self._some(subgraphs)
        fields = {
            key: RandomField(
                key, self._random.choice(("String", "String!")), "String", list(present)
            )
            for key in ("x", "y")
        }
        return RandomType(name, fields, present)

    def _add_abstract(self, graph: RandomGraph, entities: list[str]) -> None:
        random = self._random
        if random.random() < 0.7:
            members = self._some(entities, min(2, len(entities)))
            where = [
                subgraph
                for subgraph in graph.subgraphs
                if all(
                    subgraph in graph.types[name].fields["id"].owners
                    and "id" in graph.types[name].keys.get(subgraph, ())
                    for name in members
                )
            ]
            if where:
                graph.interfaces["I0"] = where
                for name in members:
                    graph.types[name].interfaces.append("I0")
                others = [item for item in graph.subgraphs if item not in where]
                free = [
                    item
                    for item in others
                    if not any(item in graph.types[name].subgraphs for name in members)
                ]
                if free and random.random() < 0.8:
                    graph.interface_objects["I0"] = (free[0], "extra")
        if random.random() < 0.6:
            graph.unions["U0"] = self._some(entities, min(2, len(entities)))

    def _reference(self, graph: RandomGraph, entities: list[str], owners: list[str]) -> str | None:
        """Some composite type that all owners define."""
        names = [*entities, *entities, "V0", *graph.unions, *graph.interfaces]
        fitting = [
            name
            for name in names
            if all(
                all(owner in graph.types[member].subgraphs for member in graph.members(name))
                and (name not in graph.interfaces or owner in graph.interfaces[name])
                for owner in owners
            )
        ]
        return self._random.choice(fitting) if fitting else None

    def _add_fields(self, graph: RandomGraph, item: RandomType, entities: list[str]) -> None:
        random = self._random
        for number in range(random.randint(2, 5)):
            owners = [random.choice(item.subgraphs)]
            if random.random() < 0.25:
                owners = self._some(item.subgraphs)
            name = f"f{number}"
            if random.random() < 0.5:
                named: str | None = random.choice(("String", "Int"))
            else:
                named = self._reference(graph, entities, owners)
            named = named or "String"
            item.fields[name] = RandomField(
                name, self._wrapped(named), named, owners, has_argument=random.random() < 0.15
            )

    def _wrapped(self, named: str) -> str:
        return self._random.choice(("{}", "{}", "{}!", "[{}]", "[{}!]!")).format(named)

    def _add_requires(self, graph: RandomGraph, entities: list[str]) -> None:
        random = self._random
        for name in entities:
            item = graph.types[name]
            for number in range(random.randint(0, 2)):
                owner = random.choice(item.subgraphs)
                wanted = [
                    each
                    for each in item.fields.values()
                    if owner not in each.owners
                    and each.name not in ("id", "sku")
                    and (each.named in ("String", "Int") or self._nested(graph, each, owner))
                ]
                if not wanted:
                    continue
                chosen = random.sample(wanted, min(len(wanted), random.randint(1, 2)))
                text = " ".join(self._required_text(graph, each) for each in chosen)
                item.external.setdefault(owner, set()).update(each.name for each in chosen)
                field_name = f"r{number}"
                item.fields[field_name] = RandomField(
                    field_name, "String", "String", [owner], requires={owner: text}
                )

    def _nested(self, graph: RandomGraph, each: RandomField, owner: str) -> bool:
        """Whether the owner also knows the value type, so that it can require what is inside."""
        target = graph.types.get(each.named)
        return target is not None and not target.keys and owner in target.subgraphs

    def _required_text(self, graph: RandomGraph, each: RandomField) -> str:
        argument = f"(n: {self._random.randint(1, 2)})" if each.has_argument else ""
        nested = " { x y }" if each.named in graph.types else ""
        return f"{each.name}{argument}{nested}"

    def _add_provides(self, graph: RandomGraph, entities: list[str]) -> None:
        for name in entities:
            for each in graph.types[name].fields.values():
                if (
                    each.named not in entities
                    or len(each.owners) > 1
                    or self._random.random() > 0.3
                ):
                    continue
                self._provide(graph, each)

    def _provide(self, graph: RandomGraph, each: RandomField) -> None:
        owner, target = each.owners[0], graph.types[each.named]
        names = [
            item.name
            for item in target.fields.values()
            if owner not in item.owners
            and item.named in ("String", "Int")
            and item.name not in ("id", "sku")
            and not item.requires
            and not item.has_argument
        ]
        if names and owner in target.subgraphs:
            name = self._random.choice(names)
            each.provides[owner] = name
            target.external.setdefault(owner, set()).add(name)
            target.fields[name].is_provided = True

    def _add_roots(self, graph: RandomGraph, entities: list[str]) -> None:
        random = self._random
        for number in range(random.randint(2, 4)):
            owners = [random.choice(graph.subgraphs)]
            if random.random() < 0.25:
                owners = self._some(graph.subgraphs)
            named = self._reference(graph, entities, owners)
            if named is None:
                continue
            name = f"q{number}"
            graph.roots[name] = RandomField(name, self._wrapped(named), named, owners)
            if random.random() < 0.3 and named in entities and len(owners) == 1:
                self._provide(graph, graph.roots[name])
        for interface, (owner, _) in graph.interface_objects.items():
            if random.random() < 0.6:
                graph.roots["qi"] = RandomField("qi", f"[{interface}!]", interface, [owner])

    def _fill(self, graph: RandomGraph, entities: list[str]) -> None:
        for name in [*entities, "V0"]:
            graph.objects[name] = [
                {"__typename": name, "id": f"{name}-{number}", "sku": f"sku-{name}-{number}"}
                for number in range(4)
            ]
        for name in [*entities, "V0"]:
            item = graph.types[name]
            for record in graph.objects[name]:
                for each in item.fields.values():
                    if each.name not in ("id", "sku") and not each.requires:
                        record[each.name] = self._value(graph, each, f"{record['id']}.{each.name}")
                for interface in item.interfaces:
                    if interface in graph.interface_objects:
                        _, extra = graph.interface_objects[interface]
                        record[extra] = f"{extra} of {record['id']}"
        graph.objects["Query"] = [
            {name: self._value(graph, each, name) for name, each in graph.roots.items()}
        ]

    def _value(self, graph: RandomGraph, each: RandomField, label: str) -> Any:
        """A value of the field's type; an object is ("ref", type, index)."""
        random = self._random
        nullable = not each.type.endswith("!")
        if nullable and random.random() < 0.15:
            return None
        if not each.type.startswith("["):
            return self._item(graph, each.named, label)
        items = [
            self._item(graph, each.named, f"{label}[{number}]")
            for number in range(random.randint(0, 3))
        ]
        if "!]" not in each.type and items and random.random() < 0.2:
            items[0] = None
        return items

    def _item(self, graph: RandomGraph, named: str, label: str) -> Any:
        if named == "String":
            return label
        if named == "Int":
            return self._random.randint(0, 99)
        return ("ref", self._random.choice(graph.members(named)), self._random.randint(0, 3))
