"""Random schemas, and random ways to split them into subgraphs that compose to them again."""

from dataclasses import dataclass, field
from random import Random

from router.composition import SubgraphDefinition

_LEAVES = ("ID", "Int", "Float", "String", "Boolean", "Colour")
_IMPORTS = '["@key", "@shareable"]'
_URL = "https://specs.apollo.dev/federation/v2.9"
_ENUM = "enum Colour { RED GREEN }"
_INPUT = "input Filter { first: Int = 10 colour: Colour! }"


@dataclass
class RandomSchema:
    """Entities have an id; value types are the same wherever they are; Query reaches all.

    Attributes:
        entities: Entity to field to the rest of its definition: "(n: Int): [E1!]".
        implementing: Entities that implement the interface Named.
    """

    entities: dict[str, dict[str, str]]
    values: dict[str, dict[str, str]]
    queries: dict[str, str]
    implementing: set[str] = field(default_factory=set)

    def sdl(self) -> str:
        parts = [_ENUM, _INPUT, _type("Query", self.queries)]
        if self.implementing:
            parts.append("interface Named { id: ID! label: String }")
        for name, fields in self.entities.items():
            parts.append(_type(name, {"id": ": ID!", **fields}, self._implements(name)))
        parts += [_type(name, fields) for name, fields in self.values.items()]
        return "\n".join(parts)

    def _implements(self, name: str) -> str:
        return " implements Named" if name in self.implementing else ""

    def split(self, random: Random, count: int) -> list[SubgraphDefinition]:
        """Give every field to one or two of `count` subgraphs, those to two as shareable."""
        owners = {
            (name, field_name): sorted(random.sample(range(count), random.choice((1, 1, 2))))
            for name, fields in {**self.entities, "Query": self.queries}.items()
            for field_name in fields
        }
        # Whoever returns the interface must be able to return the same objects.
        owners.update({(name, "label"): list(range(count)) for name in self.implementing})
        return [
            SubgraphDefinition(f"s{index}", f"http://s{index}", self._subgraph(owners, index))
            for index in range(count)
        ]

    def _subgraph(self, owners: dict[tuple[str, str], list[int]], index: int) -> str:
        parts = [f'extend schema @link(url: "{_URL}", import: {_IMPORTS})', _ENUM, _INPUT]
        # Value types are everywhere, whole; so that all of them may refer to any entity.
        for name, fields in self.values.items():
            parts.append(_type(name, fields, " @shareable"))
        if self.implementing:
            parts.append("interface Named { id: ID! label: String }")
        for name, fields in {"Query": self.queries, **self.entities}.items():
            own = {
                field_name: rest + (" @shareable" if len(owners[name, field_name]) > 1 else "")
                for field_name, rest in fields.items()
                if index in owners[name, field_name]
            }
            if name == "Query":
                parts += [_type(name, own)] if own else []
                continue
            head = ' @key(fields: "id")'
            if name in self.implementing and "label" in own:
                head = f" implements Named{head}"
            parts.append(_type(name, {"id": ": ID!", **own}, head))
        return "\n".join(parts)


def _type(name: str, fields: dict[str, str], head: str = "") -> str:
    body = "\n".join(f"  {field_name}{rest}" for field_name, rest in fields.items())
    return f"type {name}{head} {{\n{body}\n}}"


def random_schema(random: Random) -> RandomSchema:
    entities = [f"E{index}" for index in range(random.randint(1, 6))]
    values = [f"V{index}" for index in range(random.randint(0, 3))]
    implementing = {name for name in entities if random.random() < 0.4}
    outputs = [*_LEAVES, *entities, *values, *(["Named"] if implementing else [])]
    schema = RandomSchema(
        {name: _fields(random, outputs) for name in entities},
        {name: _fields(random, outputs) for name in values},
        {f"q{name}": f": {name}" for name in (*entities, *values, "Colour")},
        implementing,
    )
    for name in implementing:
        schema.entities[name]["label"] = ": String"
    schema.queries["filtered"] = "(filter: Filter, n: Int! = 3): [Int!]"
    return schema


def _fields(random: Random, outputs: list[str]) -> dict[str, str]:
    return {
        f"f{index}": _arguments(random) + ": " + _wrapped(random, random.choice(outputs))
        for index in range(random.randint(1, 5))
    }


def _arguments(random: Random) -> str:
    return random.choice(("", "", "(n: Int)", "(c: Colour = RED, f: Filter)", "(ids: [ID!]!)"))


def _wrapped(random: Random, name: str) -> str:
    return random.choice(("{}", "{}!", "[{}]", "[{}!]!")).format(name)
