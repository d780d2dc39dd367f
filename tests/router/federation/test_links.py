"""@link: urls, versions, names."""

import pytest

from router.federation.links import LinkError, Links, parse_link
from router.federation.values import Value


def _links(*arguments: dict[str, Value]) -> Links:
    parsed = [parse_link(each, 0) for each in arguments]
    return Links({link.identity: link for link in parsed})


def test_imports_and_prefixes_name_the_elements_of_a_specification() -> None:
    link = parse_link(
        {
            "url": "https://specs.apollo.dev/federation/v2.11",
            "import": ["@key", {"name": "@tag", "as": "@label"}, {"name": "FieldSet", "as": "Set"}],
        },
        0,
    )
    assert (link.identity, link.name) == ("https://specs.apollo.dev/federation", "federation")
    assert link.version == (2, 11)
    assert [link.directive(name) for name in ("key", "tag", "shareable")] == [
        "key",
        "label",
        "federation__shareable",
    ]
    assert [link.type(name) for name in ("FieldSet", "Scope")] == ["Set", "federation__Scope"]


def test_versions_compare_as_numbers() -> None:
    urls = [f"https://specs.apollo.dev/federation/v2.{minor}" for minor in (9, 11)]
    assert parse_link({"url": urls[0]}, 0).version < parse_link({"url": urls[1]}, 0).version


def test_the_source_of_a_directive_is_found_by_import_before_prefix() -> None:
    links = _links(
        {"url": "https://example.com/acme/v1.0", "as": "a", "import": ["@b__c"]},
        {"url": "https://example.com/other/v1.0", "as": "b"},
    )
    found = {
        name: links.source_of_directive(name) for name in ("b__c", "a__x", "a", "b__y", "none")
    }
    names = {name: source and (source[0].name, source[1]) for name, source in found.items()}
    assert names == {
        "b__c": ("acme", "b__c"),
        "a__x": ("acme", "x"),
        "a": ("acme", "acme"),
        "b__y": ("other", "y"),
        "none": None,
    }


@pytest.mark.parametrize(
    ("arguments", "is_bad_url"),
    [
        ({}, False),
        ({"url": 3}, False),
        ({"url": "no url"}, True),
        ({"url": "https://example.com"}, True),
        ({"url": "https://example.com/acme/latest"}, True),
        ({"url": "https://example.com/v1.0"}, True),
        ({"url": "http://["}, True),
        ({"url": "https://example.com/acme/v1.0", "as": "a-b"}, False),
        ({"url": "https://example.com/acme/v1.0", "for": "FUN"}, False),
        ({"url": "https://example.com/acme/v1.0", "import": [3]}, False),
        ({"url": "https://example.com/acme/v1.0", "import": [{"name": "@a", "as": "b"}]}, False),
        ({"url": "https://example.com/acme/v1.0", "import": [{"name": "a", "as": "@b"}]}, False),
        ({"url": "https://example.com/acme/v1.0", "import": [{"name": "a", "of": "b"}]}, False),
    ],
)
def test_faulty_links_say_what_is_wrong(arguments: dict[str, Value], is_bad_url: bool) -> None:
    with pytest.raises(LinkError) as caught:
        parse_link(arguments, 0)
    assert caught.value.is_bad_url is is_bad_url
    assert caught.value.message
