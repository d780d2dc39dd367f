"""The SDL reader takes what GraphQL's reference parser takes, and reads the same out of it."""

import re
from pathlib import Path
from random import Random

import pytest
from graphql import (
    DirectiveDefinitionNode,
    ExecutableDefinitionNode,
    GraphQLError,
    TypeDefinitionNode,
    TypeExtensionNode,
    parse,
    print_ast,
)

from router.federation.document import ABSENT, Document, Source
from router.federation.sdl_reader import SdlSyntaxError, read_sdl
from router.federation.values import EnumText, FloatText, print_value

CASES = sorted((Path(__file__).parents[1] / "composition" / "cases").glob("*/*.graphql"))
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\w+|[^\w\s]')


def _is_sdl(text: str) -> bool:
    try:
        document = parse(text)
    except GraphQLError:
        return False
    return not any(isinstance(node, ExecutableDefinitionNode) for node in document.definitions)


def _reads(text: str) -> Document | None:
    try:
        return read_sdl(text)
    except SdlSyntaxError:
        return None


@pytest.mark.parametrize("seed", range(6))
def test_random_changes_of_schemas_are_taken_exactly_when_the_reference_parser_does(
    seed: int,
) -> None:
    random = Random(seed)
    texts = [path.read_text() for path in CASES]
    for _ in range(150):
        text = random.choice(texts)
        tokens = list(_TOKEN.finditer(text))
        for _ in range(random.randint(0, 2)):
            token, other = random.choice(tokens), random.choice(tokens).group()
            kept = random.choice(("", other, f"{token.group()} {other}"))
            text = text[: token.start()] + kept + text[token.end() :]
            tokens = list(_TOKEN.finditer(text))
        assert (_reads(text) is not None) == _is_sdl(text), text


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_definitions_are_those_of_the_reference_parser(path: Path) -> None:
    text = path.read_text()
    if not _is_sdl(text):
        assert _reads(text) is None
        return
    document = read_sdl(text)
    nodes = parse(text).definitions
    types = [n for n in nodes if isinstance(n, TypeDefinitionNode | TypeExtensionNode)]
    assert [t.name for t in document.types] == [node.name.value for node in types]
    for definition, node in zip(document.types, types, strict=True):
        types_of_fields = {name: field.type for name, field in definition.fields.items()}
        types_of_fields |= {name: field.type for name, field in definition.input_fields.items()}
        assert types_of_fields == {
            field.name.value: print_ast(field.type) for field in getattr(node, "fields", None) or ()
        }
        assert [use.name for use in definition.directives] == [
            use.name.value for use in node.directives or ()
        ]
    assert [d.name for d in document.directives] == [
        node.name.value for node in nodes if isinstance(node, DirectiveDefinitionNode)
    ]


def test_values_keep_their_kinds_and_print_as_written() -> None:
    text = '[1, -2.5e3, "a \\"b\\" \\u00e9 \\u{1F600}", """block""", true, null, RED, {x: [1]}]'
    definition = read_sdl(f"input I {{ a: X = {text} }}").types[0].input_fields["a"]
    assert definition.default == [
        1,
        FloatText("-2.5e3"),
        'a "b" é 😀',
        "block",
        True,
        None,
        EnumText("RED"),
        {"x": [1]},
    ]
    assert print_value(definition.default) == (
        '[1, -2.5e3, "a \\"b\\" é 😀", "block", true, null, RED, {x: [1]}]'
    )


def test_a_missing_default_is_not_the_default_null() -> None:
    fields = read_sdl("input I { a: Int b: Int = null }").types[0].input_fields
    assert fields["a"].default is ABSENT
    assert fields["b"].default is None


def test_descriptions_are_read_as_graphql_says() -> None:
    text = '"""\n    First.\n      Second \\""" quoted.\n"""\ntype A { "Field." a: Int }'
    definition = read_sdl(text).types[0]
    assert definition.description == 'First.\n  Second """ quoted.'
    assert definition.fields["a"].description == "Field."


def test_duplicates_are_told_and_the_first_one_is_kept() -> None:
    document = read_sdl("type A { a: Int a: String }")
    assert document.types[0].fields["a"].type == "Int"
    assert [d.coordinate for d in document.duplicates] == ["A.a"]


@pytest.mark.parametrize(
    ("offset", "position"), [(0, (1, 1)), (2, (2, 1)), (3, (2, 2)), (6, (3, 1)), (8, (4, 1))]
)
def test_positions_count_lines_of_any_ending_from_one(
    offset: int, position: tuple[int, int]
) -> None:
    assert Source("a\nbc\r\nd\re").position(offset) == position


@pytest.mark.parametrize(
    ("string", "value"),
    [
        ('"\\u{1F600}"', "😀"),
        ('"\\uD83D\\uDE00"', "😀"),
        ('"\\uD83D"', None),
        ('"\\u{D83D}"', None),
        ('"\\u{110000}"', None),
        ('"\\q"', None),
    ],
)
def test_escapes_stand_for_characters_or_are_refused(string: str, value: str | None) -> None:
    document = _reads(f"input I {{ a: String = {string} }}")
    assert (document and document.types[0].input_fields["a"].default) == value


@pytest.mark.parametrize("text", ['"""' + "a" * 200_000, '"' + "a" * 200_000, "#" * 200_000])
def test_what_never_ends_is_refused_at_once(text: str) -> None:
    assert _reads(text) is None
