"""Whatever the subgraphs contain, composition answers with errors or a supergraph, and soon."""

import re
from pathlib import Path
from random import Random

import pytest

from router.composition import Composition, SubgraphDefinition, compose
from tests.router.composition.subgraphs import read_subgraphs

CASES = sorted((Path(__file__).parent / "cases").glob("*/*.graphql"))
KEYED = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\w+|[^\w\s]')


def _compose(*sdls: str) -> Composition:
    return compose(
        [SubgraphDefinition(f"s{index}", "http://s", sdl) for index, sdl in enumerate(sdls)]
    )


def _codes(composition: Composition) -> set[str]:
    assert (composition.supergraph is None) == bool(composition.errors)
    return {error.code for error in composition.errors}


@pytest.mark.parametrize(
    "sdl",
    [
        "",
        "   \n# only a comment\n",
        "{ a }",
        "query { a }",
        "<html>502 Bad Gateway</html>",
        '{"data": null}',
        "type Query { a: Int } fragment F on Query { a }",
        'type Query { a: String @deprecated(reason: "unfinished }',
        "type Query { a(x: Int = $x): Int }",
        "type Query { \ud800: Int }",
        "\x00",
        "type Query",
        "extend type Query",
        "type Query {}",
        "directive @a on NOWHERE type Query { a: Int }",
        "type Query { a: [Int }",
        "type Query { a: Int = 3 }",
        "extend schema @link(url: 3) type Query { a: Int }",
        (
            'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [4]) '
            "type Query { a: Int }"
        ),
        'extend schema @link(url: "http://[", import: ["@key"]) type Query { a: Int }',
        (f'{KEYED} type Query {{ a: A }} type A @key(fields: "id {{ {{ }} }}") {{ id: ID }}'),
    ],
)
def test_what_is_no_schema_is_refused(sdl: str) -> None:
    assert _codes(_compose(sdl))


def test_no_subgraphs_have_no_queries() -> None:
    assert _codes(compose([])) == {"NO_QUERIES"}


def test_two_subgraphs_of_one_name_are_refused() -> None:
    definition = SubgraphDefinition("same", "http://s", "type Query { a: Int }")
    composition = compose([definition, definition])
    assert _codes(composition) == {"INVALID_SUBGRAPH_NAME"}
    assert '2 subgraphs are called "same"' in composition.errors[0].message


def test_fields_every_subgraph_has_may_be_written_down() -> None:
    sdl = """
        type Query { a: Int _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }
        scalar _Any
        scalar _FieldSet
        type _Service { sdl: String }
        type E @key(fields: "id") { id: ID! }
        union _Entity = E
    """
    composition = _compose(sdl)
    assert _codes(composition) == set()
    assert composition.supergraph is not None
    assert "_service" not in composition.supergraph
    assert "_Any" not in composition.supergraph


@pytest.mark.parametrize(
    "sdl",
    [
        f"type Query {{ a: {'[' * 5000}Int{']' * 5000} }}",
        f"type Query {{ a(x: Int = {'[' * 5000}{']' * 5000}): Int }}",
        f"type Query {{ a(x: Int = {'{a:' * 5000}1{'}' * 5000}): Int }}",
        (
            f"{KEYED} type Query {{ a: A }} "
            f'type A @key(fields: "{"a {" * 5000}id{"}" * 5000}") {{ a: A id: ID }}'
        ),
    ],
    ids=["list-type", "list-value", "object-value", "field-set"],
)
def test_deep_nesting_is_refused(sdl: str) -> None:
    assert _codes(_compose(sdl))


def test_types_that_form_long_chains_and_rings_compose() -> None:
    chain = "\n".join(f"type T{i} {{ next: T{(i + 1) % 1000} }}" for i in range(1000))
    inputs = "\n".join(f"input I{i} {{ next: I{(i + 1) % 1000} n: Int }}" for i in range(1000))
    composition = _compose(f"type Query {{ first(i: I0): T0 }}\n{chain}\n{inputs}")
    assert _codes(composition) == set()


def test_an_input_that_needs_itself_by_a_long_way_is_refused() -> None:
    inputs = "\n".join(f"input I{i} {{ next: I{(i + 1) % 1000}! }}" for i in range(1000))
    assert _codes(_compose(f"type Query {{ a(i: I0): Int }}\n{inputs}")) == {"INVALID_GRAPHQL"}


def test_directives_that_use_each_other_compose_or_are_refused() -> None:
    sdl = """
        directive @a(x: Int @b) on ARGUMENT_DEFINITION
        directive @b(x: Int @a) on ARGUMENT_DEFINITION
        type Query { f(x: Int @a): Int }
    """
    assert _codes(_compose(sdl)) <= {"INVALID_GRAPHQL"}


def test_megabytes_of_description_compose() -> None:
    composition = _compose(f'"""{"words " * 500_000}"""\ntype Query {{ a: Int }}')
    assert _codes(composition) == set()


def test_requirements_that_need_each_other_are_refused() -> None:
    head = (
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
        'import: ["@key", "@external", "@requires"])'
    )
    first = f"""{head}
        type Query {{ e: E }}
        type E @key(fields: "id") {{ id: ID! b: Int @external a: Int @requires(fields: "b") }}
    """
    second = f"""{head}
        type E @key(fields: "id") {{ id: ID! a: Int @external b: Int @requires(fields: "a") }}
    """
    assert _codes(_compose(first, second)) == {"SATISFIABILITY_ERROR"}


def test_keys_that_all_need_another_key_are_refused_in_bounded_time() -> None:
    chained = " ".join(
        f'type T{i} @key(fields: "c {{ x%s }}") {{ c: T{i + 1}! @shareable x%s: Int }}'
        for i in range(8)
    )
    end = 'type T8 @key(fields: "id") { id: ID! x%s: Int }'
    head = KEYED.replace('"@key"', '"@key", "@shareable"')
    sdls = [f"{head} {chained} {end}".replace("%s", str(number)) for number in range(5)]
    sdls[0] += " type Query { t: T0 }"
    assert _codes(_compose(*sdls)) == {"SATISFIABILITY_ERROR"}


def test_long_chains_of_requirements_and_of_keys_compose() -> None:
    head = (
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
        'import: ["@key", "@external", "@requires"])'
    )
    parts = [[head, "type Query { e: E }"], [head]]
    fields: list[list[str]] = [["f0: Int"], ["f0: Int @external"]]
    for number in range(1, 100):
        fields[number % 2].append(f'f{number}: Int @requires(fields: "f{number - 1}")')
        if number < 99:
            fields[1 - number % 2].append(f"f{number}: Int @external")
    for part, own in zip(parts, fields, strict=True):
        part.append(f'type E @key(fields: "id") {{ id: ID! {" ".join(own)} }}')
    assert _codes(_compose(*("\n".join(part) for part in parts))) == set()
    chained = [
        f'{head} type T @key(fields: "k{i}") @key(fields: "k{i + 1}") '
        f"{{ k{i}: ID! k{i + 1}: ID! f{i}: Int }}"
        for i in range(60)
    ]
    assert _codes(_compose(f"{chained[0]} type Query {{ t: T }}", *chained[1:])) == set()


@pytest.mark.parametrize("seed", range(8))
def test_cases_with_random_changes_never_raise(seed: int) -> None:
    random = Random(seed)
    texts = [path.read_text() for path in CASES]
    for _ in range(60):
        changed = [
            SubgraphDefinition(subgraph.name, subgraph.url, _changed(random, subgraph.sdl))
            for subgraph in read_subgraphs(random.choice(texts))
        ]
        _codes(compose(changed))


def _changed(random: Random, sdl: str) -> str:
    for _ in range(random.randint(0, 3)):
        tokens = list(_TOKEN.finditer(sdl))
        token, other = random.choice(tokens), random.choice(tokens).group()
        kept = random.choice(("", other, f"{token.group()} {other}", f"{token.group()} " * 2))
        sdl = sdl[: token.start()] + kept + sdl[token.end() :]
    return sdl
