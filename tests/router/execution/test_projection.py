"""Projection against graphql-core: the same operation over the same tree gives the same answer."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLUnionType,
    NameNode,
    SelectionSetNode,
    Visitor,
    execute_sync,
    get_named_type,
    is_composite_type,
    parse,
    print_ast,
    validate,
    visit,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from router.execution import prepare
from tests.router.execution.support import Stub, context, plan_of, root, supergraph_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import GraphQLOutputType

SUPERGRAPH = supergraph_of("""
    scalar JSON
    enum State { OPEN DONE }
    interface Node { id: ID!  parent: Node  label: String }
    interface Owned implements Node { id: ID!  parent: Node  label: String  owner: User! }
    union Hit = Task | User
    type Query {
        node: Node  must: Node!  hits: [Hit!]  hit: Hit  user: User  users: [User]!
        grid: [[Int!]]  deep: [[Node!]!]
    }
    type Task implements Node & Owned {
        id: ID!  parent: Node  label: String!  owner: User!
        state: State  states: [State!]!  tags: [String]!  any: JSON!  matrix: [[User]!]
    }
    type User implements Node {
        id: ID!  parent: Node  label: String  name: String!  friends: [User!]!  hit: Hit!
    }
""")
SCHEMA = SUPERGRAPH.api_schema


class Operations:
    """Makes random operations; most are valid."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._fragments: list[str] = []

    def document(self) -> str:
        selections = self._selections(SCHEMA.get_type("Query"), 4)
        variables = "$a: Boolean!, $b: Boolean!"
        return "\n".join([f"query({variables}) {selections}", *self._fragments])

    def _selections(self, declared: GraphQLNamedType | None, depth: int) -> str:
        parts = ["__typename" if self._chance.random() < 0.2 else "kind: __typename"]
        if self._chance.random() < 0.6:
            parts = []
        for _ in range(self._chance.randint(1, 4)):
            parts.append(self._selection(declared, depth))
        return "{ " + " ".join(parts) + " }"

    def _selection(self, declared: GraphQLNamedType | None, depth: int) -> str:
        chance = self._chance
        if isinstance(declared, GraphQLUnionType) or chance.random() < 0.25:
            return self._fragment(declared, depth)
        assert isinstance(declared, GraphQLObjectType | GraphQLInterfaceType)
        fields = [
            (name, get_named_type(field.type))
            for name, field in declared.fields.items()
            if depth > 1 or not is_composite_type(get_named_type(field.type))
        ]
        if not fields:
            return "__typename"
        name, named = chance.choice(fields)
        alias = f"{chance.choice(['x', 'y'])}_{name}: " if chance.random() < 0.3 else ""
        below = self._selections(named, depth - 1) if is_composite_type(named) else ""
        return f"{alias}{name}{self._directive()} {below}"

    def _fragment(self, declared: GraphQLNamedType | None, depth: int) -> str:
        condition = self._chance.choice(
            [name for name in ("Node", "Owned", "Task", "User") if self._can_meet(declared, name)]
            or [declared.name if declared else "Query"]
        )
        below = self._selections(SCHEMA.get_type(condition), depth - 1)
        if self._chance.random() < 0.3:
            name = f"F{len(self._fragments)}"
            self._fragments.append(f"fragment {name} on {condition} {below}")
            return f"...{name}{self._directive()}"
        return f"... on {condition}{self._directive()} {below}"

    def _can_meet(self, declared: GraphQLNamedType | None, name: str) -> bool:
        other = SCHEMA.get_type(name)
        return bool({*possible(declared)} & {*possible(other)})

    def _directive(self) -> str:
        if self._chance.random() < 0.85:
            return ""
        value = self._chance.choice(["$a", "$b", "true", "false"])
        return f" @{self._chance.choice(['skip', 'include'])}(if: {value})"


def possible(declared: GraphQLNamedType | None) -> list[str]:
    if isinstance(declared, GraphQLObjectType):
        return [declared.name]
    assert isinstance(declared, GraphQLInterfaceType | GraphQLUnionType)
    return [item.name for item in SCHEMA.get_possible_types(declared)]


class Trees:
    """Answers fields with random values and keeps what it answered, by response key."""

    def __init__(self, chance: random.Random, nulls: float) -> None:
        self._chance = chance
        self._nulls = nulls

    def resolve(self, source: dict[str, Any], info: GraphQLResolveInfo[Any], **_: Any) -> Any:
        key = str(info.path.key)
        if key not in source:
            source[key] = self._value(info.return_type)
        return source[key]

    def _value(self, declared: GraphQLOutputType) -> Any:
        chance = self._chance
        null = self._nulls if isinstance(declared, GraphQLNonNull) else self._nulls + 0.15
        if chance.random() < null:
            return None
        if isinstance(declared, GraphQLNonNull):
            declared = declared.of_type
        if isinstance(declared, GraphQLList):
            return [self._value(declared.of_type) for _ in range(chance.randint(0, 3))]
        if is_composite_type(declared):
            return {"__typename": chance.choice(possible(declared))}
        leaves: dict[str, list[Any]] = {
            "State": ["OPEN", "DONE"],
            "JSON": [1, "text", [None, {"a": 1}], {"b": [True]}],
            "Int": [0, 7],
        }
        return chance.choice(leaves.get(get_named_type(declared).name, ["", "text", "ю"]))


class WithTypename(Visitor):
    """Asks for the type of every object."""

    def leave_selection_set(self, node: SelectionSetNode, *_: object) -> SelectionSetNode:
        typename = FieldNode(
            alias=None,
            name=NameNode(value="__typename"),
            arguments=(),
            directives=(),
            selection_set=None,
        )
        return SelectionSetNode(selections=(*node.selections, typename))


def type_of(value: dict[str, Any], *_: Any) -> str:
    name: str = value["__typename"]
    return name


def router_answer(text: str, tree: Mapping[str, Any], variables: dict[str, Any]) -> tuple[Any, Any]:
    async def run() -> tuple[Any, Any]:
        sent = print_ast(visit(parse(text), WithTypename()))
        plan = plan_of(root("all", sent, variables=("a", "b")))
        prepared = prepare(SUPERGRAPH, parse(text), None, plan)
        result = await prepared.execute(variables, context(), {"all": Stub({"data": dict(tree)})})
        return json.loads(result.data), [error["path"] for error in result.errors]

    return asyncio.run(run())


SEEDS = st.integers(0, 2**32)
NULLS = st.sampled_from([0.0, 0.0, 0.03, 0.1])


@given(seed=SEEDS, nulls=NULLS)
@settings(max_examples=60, deadline=None)
def test_projection_agrees_with_graphql_core(seed: int, nulls: float) -> None:
    check_agreement(seed, nulls)


@pytest.mark.nightly
@given(seed=SEEDS, nulls=NULLS)
@settings(max_examples=2000, deadline=None)
def test_projection_agrees_with_graphql_core_at_length(seed: int, nulls: float) -> None:
    check_agreement(seed, nulls)


def check_agreement(seed: int, nulls: float) -> None:
    chance = random.Random(seed)
    text = Operations(chance).document()
    document = parse(text)
    assume(not [error for error in validate(SCHEMA, document) if "never used" not in str(error)])
    variables = {"a": chance.random() < 0.5, "b": chance.random() < 0.5}
    tree: dict[str, Any] = {}

    expected = execute_sync(
        SCHEMA,
        document,
        root_value=tree,
        variable_values=variables,
        field_resolver=Trees(chance, nulls).resolve,
        type_resolver=type_of,
    )
    with patch("router.execution.completion._MANY", chance.choice([1, 100])):
        data, paths = router_answer(text, tree, variables)

    assert data == expected.data
    if not nulls:
        assert json.dumps(data) == json.dumps(expected.data)  # in the client's order too
    assert paths == [error.path for error in expected.errors or ()]
