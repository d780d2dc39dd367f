"""The merged schema as supergraph SDL: sorted by name, the same bytes for the same graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.federation.document import (
    Directive,
    DirectiveDefinition,
    InputValue,
    Kind,
    TypeDefinition,
)
from router.federation.join import FEATURES, JOIN_0_3, JOIN_0_5, JOIN_DEFINITIONS, LINK_DEFINITIONS
from router.federation.sdl_printer import print_description, print_directive, print_input_value
from router.federation.specification import PREFIX, ROOTS
from router.federation.values import print_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from router.composition.merge.merged_schema import MergedSchema
    from router.composition.subgraph.schema import SubgraphSchema

_0_5_ARGUMENTS = frozenset({"overrideLabel", "contextArguments"})


def print_supergraph(merged: MergedSchema, schemas: Sequence[SubgraphSchema]) -> str:
    """Supergraph SDL in the join specification."""
    used = _used_directives(merged)
    features = list(dict.fromkeys(FEATURES[name] for name in sorted(FEATURES) if name in used))
    join = JOIN_0_5 if _needs_0_5(merged) else JOIN_0_3
    specified = [
        *LINK_DEFINITIONS,
        *JOIN_DEFINITIONS[join],
        *(text for feature in features for text in feature.definitions),
        _graph_enum(schemas),
    ]
    definitions = [
        *((_sort_key(text), text) for text in specified),
        *(
            (_directive_key(name), _directive_definition(definition))
            for name, definition in merged.directives.items()
        ),
        *(
            (_directive_key(name), _directive_definition(composed.definition, name))
            for name, composed in merged.composed.items()
        ),
        *((_type_key(name), _type(merged, item)) for name, item in merged.types.items()),
    ]
    links = [
        _link("https://specs.apollo.dev/link/v1.0"),
        _link(join, purpose="EXECUTION"),
        *(_link(f.url, purpose=f.purpose, imports=f.imports) for f in features),
        *_composed_links(merged),
    ]
    schema = _schema(merged, links)
    return "\n\n".join([schema, *(text for _, text in sorted(definitions))]) + "\n"


_SortKey = tuple[bool, str, str]
"""Directives come first, then types, each by name."""


def _directive_key(name: str) -> _SortKey:
    return False, name.lower(), name


def _type_key(name: str) -> _SortKey:
    return True, name.lower(), name


def _sort_key(text: str) -> _SortKey:
    """Of a definition of a specification, which starts with its keyword."""
    keyword, name = text.split(maxsplit=2)[:2]
    if keyword == "directive":
        return _directive_key(name[1:].partition("(")[0])
    return _type_key(name)


def _used_directives(merged: MergedSchema) -> set[str]:
    return {use.name for use in _uses(merged)}


def _uses(merged: MergedSchema) -> Iterator[Directive]:
    yield from merged.schema_directives
    for definition in merged.types.values():
        for element in definition.elements():
            yield from element.directives
    for composed in merged.composed.values():
        for argument in composed.definition.arguments.values():
            yield from argument.directives


def _needs_0_5(merged: MergedSchema) -> bool:
    return any(
        not _0_5_ARGUMENTS.isdisjoint(join.arguments)
        for joins in merged.joins.values()
        for join in joins
    )


def _link(url: str, *, purpose: str | None = None, imports: Iterable[str] = ()) -> str:
    arguments = [f'url: "{url}"']
    listed = list(imports)
    if listed:
        texts = [text if text.startswith("{") else f'"{text}"' for text in listed]
        arguments.append(f"import: [{', '.join(texts)}]")
    if purpose:
        arguments.append(f"for: {purpose}")
    return f"@link({', '.join(arguments)})"


def _composed_links(merged: MergedSchema) -> Iterator[str]:
    imports: dict[str, list[str]] = {}
    for composed in sorted(merged.composed.values(), key=lambda composed: composed.name):
        text = f"@{composed.name}"
        if composed.original != composed.name:
            text = f'{{name: "@{composed.original}", as: "@{composed.name}"}}'
        imports.setdefault(composed.url, []).append(text)
    for url in sorted(imports):
        yield _link(url, imports=imports[url])


def _schema(merged: MergedSchema, links: Sequence[str]) -> str:
    lines = [print_description(merged.description) + "schema"]
    lines.extend(f"  {link}" for link in links)
    lines.extend(f"  {_directive(use)}" for use in merged.schema_directives)
    lines.append("{")
    lines.extend(
        f"  {operation}: {name}" for operation, name in ROOTS.items() if name in merged.types
    )
    lines.append("}")
    return "\n".join(lines)


def _graph_enum(schemas: Sequence[SubgraphSchema]) -> str:
    values = [
        f"  {schema.graph} @join__graph(name: {print_value(schema.name)}, "
        f"url: {print_value(schema.url)})"
        for schema in schemas
    ]
    return "\n".join(["enum join__Graph {", *values, "}"])


def _directive(use: Directive) -> str:
    return print_directive(use.name.removeprefix(PREFIX), use.arguments)


def _directives(uses: Sequence[Directive]) -> str:
    return "".join(f" {_directive(use)}" for use in uses)


def _input_value(value: InputValue) -> str:
    return f"{print_input_value(value)}{_directives(value.directives)}"


def _arguments(arguments: dict[str, InputValue], indent: str) -> str:
    if not arguments:
        return ""
    if not any(argument.description for argument in arguments.values()):
        return f"({', '.join(_input_value(argument) for argument in arguments.values())})"
    deeper = f"{indent}  "
    lines = [
        f"{print_description(argument.description, deeper)}{deeper}{_input_value(argument)}"
        for argument in arguments.values()
    ]
    return "\n".join(["(", *lines, f"{indent})"])


def _directive_definition(definition: DirectiveDefinition, name: str | None = None) -> str:
    repeatable = " repeatable" if definition.is_repeatable else ""
    return (
        f"{print_description(definition.description)}directive @{name or definition.name}"
        f"{_arguments(definition.arguments, '')}{repeatable} on {' | '.join(definition.locations)}"
    )


def _type(merged: MergedSchema, definition: TypeDefinition) -> str:
    head = f"{print_description(definition.description)}{definition.kind.value} {definition.name}"
    if definition.interfaces:
        head += f" implements {' & '.join(definition.interfaces)}"
    uses = [*merged.joins.get((definition.name,), ()), *definition.directives]
    body = list(_body(merged, definition))
    if definition.kind is Kind.UNION:
        head = f"{head}{''.join(f'{chr(10)}  {_directive(use)}' for use in uses)}"
        return f"{head}\n = {' | '.join(definition.members)}"
    lines = [head, *(f"  {_directive(use)}" for use in uses)]
    if body:
        lines += ["{", *body, "}"]
    return "\n".join(lines)


def _body(merged: MergedSchema, definition: TypeDefinition) -> Iterator[str]:
    for field in definition.fields.values():
        joins = merged.joins.get((definition.name, field.name), ())
        yield (
            f"{print_description(field.description, '  ')}  {field.name}"
            f"{_arguments(field.arguments, '  ')}: {field.type}"
            f"{_directives(joins)}{_directives(field.directives)}"
        )
    for input_field in definition.input_fields.values():
        joins = merged.joins.get((definition.name, input_field.name), ())
        directives = f"{_directives(joins)}{_directives(input_field.directives)}"
        yield (
            f"{print_description(input_field.description, '  ')}  "
            f"{print_input_value(input_field)}{directives}"
        )
    for value in definition.values.values():
        joins = merged.joins.get((definition.name, value.name), ())
        yield (
            f"{print_description(value.description, '  ')}  {value.name}"
            f"{_directives(joins)}{_directives(value.directives)}"
        )
