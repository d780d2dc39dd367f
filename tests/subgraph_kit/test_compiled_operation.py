"""Compiled operations answer as graphql-core does, on random operations and on every kind of
failure."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, GraphQLError, execute, parse, validate
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.config import StrawberryConfig

from subgraph_kit.execution.compiled_operation import compile_operation
from subgraph_kit.types import SCALARS


@strawberry.enum
class Colour(Enum):
    RED = "r"
    BLUE = "b"


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Part(Named):
    size: int
    colour: Colour | None
    weight: float | None = None
    broken: int | None = None  # holds what no Int can be
    missing: str | None = None


@strawberry.type
class Whole(Named):
    made_at: datetime
    parts: list[Part]
    maybe_parts: list[Part | None] | None
    main_part: Part | None
    required: str | None = strawberry.field(name="required", default=None)

    @strawberry.field
    async def later(self, info: strawberry.Info, times: int = 1) -> list[Part]:
        info.context.calls.append(f"later {self.name}")
        await asyncio.sleep(0)
        return self.parts * times

    @strawberry.field
    def fails(self) -> int | None:
        raise ValueError("on purpose")

    @strawberry.field
    async def fails_later(self) -> Part:
        await asyncio.sleep(0)
        raise GraphQLError("later", extensions={"code": "LATER"})

    @strawberry.field
    def never_null(self) -> str:
        return None  # type: ignore[return-value]


@strawberry.input
class Wish:
    name: str
    size: int = 3


@strawberry.type
class Query:
    @strawberry.field
    def whole(self, name: str = "w") -> Whole | None:
        return None if name == "none" else a_whole(name)

    @strawberry.field
    async def wholes(self, count: int = 2) -> list[Whole]:
        return [a_whole(f"w{number}") for number in range(count)]

    @strawberry.field
    def anything(self) -> list[Named]:
        return [PART, a_whole("a"), PART]

    @strawberry.field
    def either(self) -> Part | Whole | None:
        return PART

    @strawberry.field
    def echo(self, wish: Wish, colours: list[Colour] | None = None) -> str:
        return f"{wish.name} {wish.size} {colours}"

    @strawberry.field
    def grid(self) -> list[list[int | None]]:
        return [[1, None], [], [2**40, 3]]


@strawberry.type
class Mutation:
    @strawberry.field
    async def step(self, info: strawberry.Info, name: str) -> Whole:
        info.context.calls.append(f"begin {name}")
        await asyncio.sleep(0)
        info.context.calls.append(f"end {name}")
        return a_whole(name)


PART = Part(name="p", size=1, colour=Colour.RED, weight=1.5, broken=2**40)


def a_whole(name: str) -> Whole:
    bad = Part(name="bad", size=None, colour=None)  # type: ignore[arg-type]
    return Whole(
        name=name, made_at=datetime(2026, 11, 21, tzinfo=UTC), parts=[PART, PART],
        maybe_parts=[PART, None, bad], main_part=bad if name == "w1" else PART,
    )  # fmt: skip


@dataclass
class Context:
    calls: list[str] = field(default_factory=list)


SCHEMA = strawberry.Schema(
    Query, Mutation, types=[Part, Whole],
    config=StrawberryConfig(scalar_map=SCALARS),  # type: ignore[arg-type]
)  # fmt: skip
CORE = SCHEMA._schema


async def by_graphql_core(
    text: str, variables: Mapping[str, Any] | None, context: Context
) -> ExecutionResult:
    outcome = execute(
        CORE, parse(text), context_value=context, variable_values=dict(variables or {}),
        executor_class=SCHEMA.execution_context_class,
        is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
    )  # fmt: skip
    return outcome if isinstance(outcome, ExecutionResult) else await outcome


async def compiled(
    text: str, variables: Mapping[str, Any] | None, context: Context
) -> ExecutionResult:
    operation = compile_operation(CORE, parse(text), None)
    assert operation is not None
    return await operation.execute(context, variables)


def errors_of(result: ExecutionResult) -> set[tuple[str, tuple[str | int, ...]]]:
    return {(error.message, tuple(error.path or ())) for error in result.errors or ()}


async def assert_equal(text: str, variables: Mapping[str, Any] | None = None) -> ExecutionResult:
    assert validate(CORE, parse(text)) == [], text
    expected_context, context = Context(), Context()
    expected = await by_graphql_core(text, variables, expected_context)
    result = await compiled(text, variables, context)
    if text.startswith("mutation"):
        assert context.calls == expected_context.calls, text
    assert result.data == expected.data, text
    if result.data is not None:
        assert list(result.data) == list(expected.data or {}), text
    assert errors_of(result) >= errors_of(expected), text
    surplus = {path for _, path in errors_of(result)} - {path for _, path in errors_of(expected)}
    assert all(_is_null(expected.data, path) for path in surplus), text
    return result


def _is_null(data: Any, path: tuple[str | int, ...]) -> bool:
    """Whether something on the way there is null, so that errors below it may go unreported."""
    for key in path:
        if data is None:
            return True
        data = data[key]
    return data is None


FRAGMENTS = """
{ ...A ...A whole { ...B } }
fragment A on Query { whole { name } }
fragment B on Whole { parts { name } parts { size } ...C }
fragment C on Named { x: name }
"""


@pytest.mark.parametrize(
    "text",
    [
        "{ __typename whole { __typename name n: name madeAt } }",
        "{ whole { parts { size colour weight } mainPart { name } maybeParts { size name } } }",
        "{ whole { maybeParts { __typename } mainPart { __typename } } }",
        "{ wholes { name later(times: 2) { name size } mainPart { size } } }",
        "{ whole(name: \"none\") { name } wholes(count: 0) { name } }",
        "{ whole { fails failsLater { name } name } }",
        "{ wholes { failsLater { name } } whole { name } }",
        "{ whole { neverNull name } other: whole { name fails } }",
        "{ whole { parts { broken name } mainPart { missing } } }",
        "{ grid }",
        "{ anything { __typename ... on Part { size } ... on Whole { madeAt parts { name } } } }",
        "{ either { ... on Part { size colour } ... on Whole { name } ... on Named { name } } }",
        FRAGMENTS,
        'mutation { a: step(name: "1") { later { name } } b: step(name: "2") { name fails } }',
        'mutation { a: step(name: "1") { failsLater { name } } b: step(name: "2") { name } }',
        '{ echo(wish: {name: "x"}) e: echo(wish: {name: "y", size: 4}, colours: [RED, BLUE]) }',
    ],
)  # fmt: skip
async def test_an_operation_answers_as_graphql_core_does(text: str) -> None:
    await assert_equal(text)


@pytest.mark.parametrize(
    "variables",
    [
        {"yes": True, "no": False, "wish": {"name": "v"}},
        {"yes": False, "no": True, "wish": {"name": "v", "size": 9}, "colours": ["BLUE"]},
        {"yes": True, "no": True},
        {"yes": None, "wish": {"name": "v"}},
        {"yes": True, "wish": {"name": 1}},
        {"yes": True, "wish": {"name": "v"}, "colours": ["GREEN"]},
    ],
)
async def test_variables_conditions_and_defaults(variables: dict[str, Any]) -> None:
    await assert_equal(
        """
        query($yes: Boolean!, $no: Boolean = false, $wish: Wish!, $colours: [Colour!]) {
          whole { name @include(if: $yes) madeAt @skip(if: $no) parts { size } }
          ... @include(if: $no) { whole { parts { name } } }
          ...F @skip(if: $yes)
          echo(wish: $wish, colours: $colours)
          never: whole @include(if: false) { name }
        }
        fragment F on Query { grid }
        """,
        variables,
    )


async def test_one_compiled_operation_serves_all_values_of_its_conditions() -> None:
    text = "query($yes: Boolean!) { whole { name @include(if: $yes) madeAt @skip(if: $yes) } }"
    operation = compile_operation(CORE, parse(text), None)
    assert operation is not None

    answers = [
        (await operation.execute(Context(), {"yes": yes})).data for yes in (True, False, True)
    ]

    assert [list(answer["whole"]) for answer in answers if answer] == [
        ["name"],
        ["madeAt"],
        ["name"],
    ]


async def test_mutations_run_one_after_the_other_and_queries_together() -> None:
    context = Context()
    mutation = 'mutation { a: step(name: "1") { later { name } } b: step(name: "2") { name } }'
    await compiled(mutation, None, context)

    assert context.calls == ["begin 1", "end 1", "later 1", "begin 2", "end 2"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{ __schema { queryType { name } } }", None),
        ("{ ...F } fragment F on Query { __type(name: \"Part\") { name } }", None),
        ("query A { grid } query B { grid }", None),
        ("query A { grid }", "C"),
    ],
)  # fmt: skip
def test_what_is_not_compiled_is_left_to_graphql_core(text: str, name: str | None) -> None:
    assert compile_operation(CORE, parse(text), name) is None


def random_selection(chance: random.Random, type_name: str, depth: int) -> str:
    leaves = {
        "Part": ["name", "size", "colour", "weight", "broken", "missing", "__typename"],
        "Whole": ["name", "madeAt", "required", "fails", "neverNull", "__typename"],
        "Query": ["grid", "__typename"],
        "Named": ["name", "__typename"],
    }
    objects = {
        "Whole": [("parts", "Part"), ("maybeParts", "Part"), ("mainPart", "Part"),
                  ("later", "Part"), ("failsLater", "Part")],
        "Query": [("whole", "Whole"), ("wholes", "Whole"), ("anything", "Named"),
                  ('whole(name: "w1")', "Whole")],
    }  # fmt: skip
    selected: list[str] = []
    for number in range(chance.randrange(1, 5)):
        alias = chance.choice(["", f"a{depth}{number}: "])
        nested = objects.get(type_name, [])
        if depth < 3 and nested and chance.random() < 0.6:
            name, nested_type = chance.choice(nested)
            alias = alias or (f"b{depth}{number}: " if "(" in name else "")
            selection = random_selection(chance, nested_type, depth + 1)
            selected.append(f"{alias}{name} {selection}")
        elif type_name == "Named" and chance.random() < 0.5:
            concrete = chance.choice(["Part", "Whole"])
            selected.append(f"... on {concrete} {random_selection(chance, concrete, depth + 1)}")
        else:
            selected.append(f"{alias}{chance.choice(leaves[type_name])}")
    return "{ " + " ".join(selected) + " }"


async def test_random_operations_answer_as_graphql_core_does() -> None:
    chance = random.Random(11)
    compared = 0
    while compared < 80:
        text = random_selection(chance, "Query", 0)
        if validate(CORE, parse(text)) == []:  # aliases may clash
            await assert_equal(text)
            compared += 1
