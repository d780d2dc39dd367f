"""Field sets parse to small trees, and print back."""

from __future__ import annotations

import pytest

from router.federation.field_set import (
    FieldSetError,
    FieldSetField,
    FieldSetFragment,
    merge_field_sets,
    parse_field_set,
    print_field_set,
)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("id", "id"),
        (" id   sku,id ", "id sku"),
        ("id organization { id name }", "id organization { id name }"),
        ("a { b } a { c }", "a { b c }"),
        (
            'price(currency: "USD") price(currency: "EUR")',
            'price(currency: "USD") price(currency: "EUR")',
        ),
        (
            "media { ... on Book { title } ... on Book { id } }",
            "media { ... on Book { title id } }",
        ),
        ("... { id }", "id"),
        (" { id } ", "id"),
    ],
)
def test_equal_fields_are_merged(text: str, printed: str) -> None:
    parsed = parse_field_set(text)
    assert print_field_set(parsed) == printed
    assert parse_field_set(printed) == parsed


def test_a_field_set_is_a_tree() -> None:
    assert parse_field_set("id of(n: 1) { ... on A { x } }") == (
        FieldSetField("id"),
        FieldSetField("of", "(n: 1)", (FieldSetFragment("A", (FieldSetField("x"),)),)),
    )


def test_field_sets_add_up() -> None:
    merged = merge_field_sets(parse_field_set("a { b }"), parse_field_set("c a { d }"))
    assert print_field_set(merged) == "a { b d } c"


@pytest.mark.parametrize("text", ["", "{", "id }", "a: id", "...F", "id } { id", "id(n: [$n])"])
def test_what_is_no_field_set_is_refused(text: str) -> None:
    with pytest.raises(FieldSetError):
        parse_field_set(text)
