"""Make random federated graphs from seeds."""

from __future__ import annotations

from random import Random

from tests.router.planning.random_graphs import RandomField, RandomGraph, RandomType

LABELS = ("early", "late")
LEAVES = ("String", "Int", "Float", "Boolean", "Mood")


def random_graph(seed: int) -> RandomGraph:
    """A graph that usually composes; those that do not are the caller's to skip."""
    return _Maker(Random(seed)).make()


class _Maker:
    def __init__(self, random: Random) -> None:
        self._random = random

    def make(self) -> RandomGraph:
        random = self._random
        subgraphs = ["a", "b", "c", "d"][: random.randint(2, 4)]
        graph = RandomGraph(subgraphs, {}, {}, {}, {}, {}, {})
        entities = [f"E{number}" for number in range(random.randint(2, 4))]
        for name in entities:
            graph.types[name] = self._entity(name, subgraphs)
        for value in (self._value_type("V0", subgraphs), self._split_type("V1", subgraphs)):
            graph.types[value.name] = value
        self._add_nested_keys(graph, entities)
        self._add_abstract(graph, entities)
        for name in entities:
            self._add_fields(graph, graph.types[name], entities)
            self._add_split(graph, graph.types[name])
            if random.random() < 0.3:
                owner = random.choice(graph.types[name].subgraphs)
                graph.types[name].fields["query"] = RandomField("query", "Query!", "Query", [owner])
        self._add_requires(graph, entities)
        self._add_provides(graph, entities)
        self._add_contexts(graph, entities)
        self._add_roots(graph, entities)
        self._add_mutations(graph, entities)
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
        if len(present) > 2 and self._random.random() < 0.2:
            item.unresolvable.add(self._random.choice(present))
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

    def _split_type(self, name: str, subgraphs: list[str]) -> RandomType:
        """A value type of which each subgraph knows another field."""
        present = self._some(subgraphs, 2)
        fields = {
            f"p{subgraph}": RandomField(f"p{subgraph}", "String", "String", [subgraph])
            for subgraph in present
        }
        return RandomType(name, fields, present)

    def _add_nested_keys(self, graph: RandomGraph, entities: list[str]) -> None:
        """A value type that is part of a key in some subgraphs of some entity."""
        if self._random.random() > 0.4:
            return
        item = graph.types[self._random.choice(entities)]
        holders = self._some(item.subgraphs, 2)
        graph.types["Ref"] = RandomType(
            "Ref",
            {key: RandomField(key, "String!", "String", list(holders)) for key in ("code", "area")},
            list(holders),
        )
        item.fields["ref"] = RandomField("ref", "Ref!", "Ref", list(holders))
        bridge = self._random.choice(holders)
        for subgraph in holders:
            text = self._random.choice(("ref { code }", "ref { code area }", "id ref { code }"))
            keys = item.keys[subgraph]
            item.keys[subgraph] = [*keys, text] if subgraph == bridge else [text]

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
                graph.interface_fields["I0"] = []
                for name in members:
                    graph.types[name].interfaces.append("I0")
                if random.random() < 0.5:
                    graph.interface_fields["I0"].append("label")
                    for name in members:
                        graph.types[name].fields["label"] = RandomField(
                            "label", "String", "String", list(where)
                        )
                peers = [
                    name
                    for name in (*entities, "V0")
                    if set(where) <= set(graph.types[name].subgraphs)
                ]
                if peers and random.random() < 0.4:
                    peer = graph.peers["I0"] = random.choice(peers)
                    for name in members:
                        graph.types[name].fields["peer"] = RandomField(
                            "peer", peer, peer, list(where)
                        )
                others = [item for item in graph.subgraphs if item not in where]
                free = [
                    item
                    for item in others
                    if not any(item in graph.types[name].subgraphs for name in members)
                ]
                if not free and random.random() < 0.3:
                    free.append("z")
                    graph.subgraphs = [*graph.subgraphs, "z"]
                if free and random.random() < 0.8:
                    graph.interface_objects["I0"] = (free[0], "extra")
        if random.random() < 0.6:
            everyone = self._some(entities, min(2, len(entities)))
            known = {
                subgraph: [name for name in everyone if subgraph in graph.types[name].subgraphs]
                for subgraph in graph.subgraphs
            }
            graph.unions["U0"] = {
                subgraph: self._some(members) if random.random() < 0.3 else members
                for subgraph, members in known.items()
                if members
            }
            if not graph.unions["U0"]:
                del graph.unions["U0"]

    def _reference(self, graph: RandomGraph, entities: list[str], owners: list[str]) -> str | None:
        """Some composite type that all owners define."""
        names = [*entities, *entities, "V0", "V1", *graph.unions, *graph.interfaces]
        fitting = [name for name in names if self._all_know(graph, name, owners)]
        return self._random.choice(fitting) if fitting else None

    def _all_know(self, graph: RandomGraph, name: str, owners: list[str]) -> bool:
        if name in graph.unions:
            known = graph.unions[name]
            return all(owner in known for owner in owners) and bool(graph.members(name, owners))
        if name in graph.interfaces:
            return all(owner in graph.interfaces[name] for owner in owners)
        if name == "V1":
            # Its parts are reached through the parent only, so everyone must have the parent.
            return owners == graph.types[name].subgraphs
        return all(owner in graph.types[name].subgraphs for owner in owners)

    def _add_fields(self, graph: RandomGraph, item: RandomType, entities: list[str]) -> None:
        random = self._random
        for number in range(random.randint(2, 5)):
            owners = [random.choice(item.subgraphs)]
            if random.random() < 0.25:
                owners = self._some(item.subgraphs)
            name = f"f{number}"
            if random.random() < 0.5:
                named: str | None = random.choice(LEAVES)
            else:
                named = self._reference(graph, entities, owners)
            named = named or "String"
            item.fields[name] = RandomField(
                name,
                self._wrapped(named),
                named,
                owners,
                has_argument=named not in {"Mood", "Boolean"} and random.random() < 0.15,
            )
            others = [subgraph for subgraph in item.subgraphs if subgraph not in owners]
            movable = len(owners) == 1 and named in LEAVES and bool(others)
            if movable and random.random() < 0.25:
                item.fields[name].overridden_in = random.choice(others)
                if random.random() < 0.5:
                    item.fields[name].label = random.choice(LABELS)

    def _add_split(self, graph: RandomGraph, item: RandomType) -> None:
        """A value whose parts are in several subgraphs, of an entity that is in all of them."""
        owners = graph.types["V1"].subgraphs
        if set(owners) <= set(item.subgraphs) and self._random.random() < 0.6:
            item.fields["split"] = RandomField("split", "V1", "V1", list(owners))

    def _wrapped(self, named: str) -> str:
        forms = ("{}", "{}", "{}!", "[{}]", "[{}!]!", "[{}]", "[{}!]!", "[[{}]]")
        return self._random.choice(forms).format(named)

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
                    and (each.named in LEAVES or self._inside(graph, each, owner))
                ]
                if not wanted:
                    continue
                chosen = random.sample(wanted, min(len(wanted), random.randint(1, 2)))
                text = " ".join(self._required_text(graph, each, owner) for each in chosen)
                item.external.setdefault(owner, set()).update(each.name for each in chosen)
                for each in chosen:
                    if each.name.startswith("f") and each.label is None and random.random() < 0.2:
                        each.is_inaccessible = True
                field_name = f"r{number}"
                item.fields[field_name] = RandomField(
                    field_name, "String", "String", [owner], requires={owner: text}
                )

    def _inside(self, graph: RandomGraph, each: RandomField, owner: str) -> str:
        """What the owner can require of a composite field's value; "" if nothing."""
        named = each.named
        if named in graph.interfaces:
            leaves = " ".join(["id", *graph.interface_fields[named]])
            return leaves if owner in graph.interfaces[named] else ""
        if named in graph.unions:
            members = graph.unions[named].get(owner, [])
            if set(members) != set(graph.members(named)):
                return ""
            inner = {name: self._leaves(graph, name, owner) for name in members}
            if not all(inner.values()):
                return ""
            return " ".join(f"... on {name} {{ {leaves} }}" for name, leaves in inner.items())
        if named not in graph.types or owner not in graph.types[named].subgraphs:
            return ""
        return "x y" if named == "V0" else self._leaves(graph, named, owner)

    def _leaves(self, graph: RandomGraph, type_name: str, owner: str) -> str:
        """Leaves of an entity for a @requires of the owner, some of them from elsewhere."""
        item = graph.types[type_name]
        if not item.keys:
            return ""
        names = ["id"] if owner in item.fields["id"].owners else []
        for each in item.fields.values():
            plain = each.named == "String" and not each.requires and not each.has_argument
            if not plain or each.name in ("id", "sku") or len(names) > 1:
                continue
            if owner not in each.owners:
                item.external.setdefault(owner, set()).add(each.name)
            names.append(each.name)
        return " ".join(names)

    def _required_text(self, graph: RandomGraph, each: RandomField, owner: str) -> str:
        argument = f"(n: {self._random.randint(1, 2)})" if each.has_argument else ""
        inside = self._inside(graph, each, owner)
        nested = f" {{ {inside} }}" if inside else ""
        return f"{each.name}{argument}{nested}"

    def _add_provides(self, graph: RandomGraph, entities: list[str]) -> None:
        for name in entities:
            for each in graph.types[name].fields.values():
                if len(each.owners) > 1 or self._random.random() > 0.3:
                    continue
                if each.named in entities:
                    self._provide(graph, each)
                elif each.named in graph.unions or each.named in graph.interfaces:
                    self._provide_members(graph, each)

    def _provide(self, graph: RandomGraph, each: RandomField) -> None:
        owner = each.owners[0]
        name = self._provided(graph, graph.types[each.named], owner)
        if name is not None:
            each.provides[owner] = name

    def _provide_members(self, graph: RandomGraph, each: RandomField) -> None:
        """Provide something of some members of an abstract type."""
        owner = each.owners[0]
        members = graph.unions.get(each.named, {}).get(owner) or graph.members(each.named)
        parts = []
        for member in self._some(members):
            name = self._provided(graph, graph.types[member], owner)
            if name is not None:
                parts.append(f"... on {member} {{ {name} }}")
        if parts:
            each.provides[owner] = " ".join(parts)

    def _provided(self, graph: RandomGraph, target: RandomType, owner: str) -> str | None:
        """A leaf of an entity that the owner knows only where it provides it."""
        names = [
            item.name
            for item in target.fields.values()
            if owner not in item.owners
            and item.named in LEAVES
            and item.named != "Mood"  # its values differ
            and item.name not in ("id", "sku")
            and not item.requires
            and not item.has_argument
            and item.context is None
        ]
        if not names or owner not in target.subgraphs:
            return None
        name = self._random.choice(names)
        target.external.setdefault(owner, set()).add(name)
        target.fields[name].is_provided = True
        return name

    def _add_contexts(self, graph: RandomGraph, entities: list[str]) -> None:
        """An entity that only objects lead to which set the context its argument takes.

        What they hand down may be from elsewhere.
        """
        random = self._random
        owner = random.choice(graph.subgraphs)
        present = [name for name in entities if owner in graph.types[name].subgraphs]
        if not present or random.random() < 0.4:
            return
        for name in self._some(present):
            item = graph.types[name]
            leaves = [
                each
                for each in item.fields.values()
                if each.named == "String" and "[" not in each.type and not each.has_argument
                if not each.label
            ]
            if leaves:
                leaf = random.choice(leaves)
                graph.context_leaves[name] = leaf.name
                if owner not in leaf.owners:
                    item.external.setdefault(owner, set()).add(leaf.name)
                item.fields["down"] = RandomField("down", self._wrapped("C0"), "C0", [owner])
        if graph.context_leaves:
            graph.context_owner = owner
            graph.types["C0"] = self._reader(graph, owner, random.choice(present))

    def _reader(self, graph: RandomGraph, owner: str, below: str) -> RandomType:
        """The entity with the argument; another subgraph knows it as well."""
        text = " ".join(
            f"... on {name} {{ {leaf} }}" for name, leaf in graph.context_leaves.items()
        )
        if len(graph.context_leaves) == 1:
            (only,) = graph.context_leaves.values()
            text = f"{{ {only} }}"
        other = self._random.choice(graph.subgraphs)
        where = list(dict.fromkeys((owner, other)))
        fields = {
            "id": RandomField("id", "ID!", "ID", where),
            "ctx": RandomField("ctx", "String", "String", [owner], context=f"$c {text}"),
            "note": RandomField("note", "String", "String", [other]),
            "below": RandomField("below", self._wrapped(below), below, [owner]),
        }
        return RandomType("C0", fields, where, {subgraph: ["id"] for subgraph in where})

    def _add_mutations(self, graph: RandomGraph, entities: list[str]) -> None:
        random = self._random
        for number in range(random.randint(0, 3)):
            owner = random.choice(graph.subgraphs)
            named = random.choice(
                ["Int", *(name for name in entities if owner in graph.types[name].subgraphs)]
            )
            name = f"m{number}"
            graph.mutations[name] = RandomField(
                name, random.choice((named, f"[{named}!]!")), named, [owner], has_argument=True
            )

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
            for name in graph.types:
                if name in entities and owner in graph.types[name].subgraphs:
                    graph.types[name].fields["any"] = RandomField(
                        "any", interface, interface, [owner]
                    )
            graph.roots["qj"] = RandomField("qj", interface, interface, [owner])
            if random.random() < 0.6:
                graph.roots["qi"] = RandomField("qi", f"[{interface}!]", interface, [owner])
