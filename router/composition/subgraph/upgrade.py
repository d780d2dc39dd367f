"""Federation 1 subgraphs become federation 2 ones, so that one merge serves both.

Federation 1 was lenient and had no @shareable: directives without effect are dropped, extensions
become definitions, and whatever several subgraphs resolve becomes shareable. The order counts: each
pass may take away what the next one would otherwise keep alive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import print_ast

from router.composition.codes import ErrorCode
from router.composition.subgraph.facts import Facts, facts_of, field_set_of
from router.composition.subgraph.schema import keys_of, use_of, uses_of
from router.composition.subgraph.selection_problems import selection_problems
from router.composition.subgraph.selections import (
    FieldSelection,
    FragmentSelection,
    Selection,
    SelectionError,
    Selections,
    parse_selections,
    selected_fields,
)
from router.federation.document import Directive, Field, Kind, TypeDefinition
from router.federation.specification import (
    EXTENDS,
    EXTERNAL,
    FIELD_SET_DIRECTIVES,
    KEY,
    PROVIDES,
    REQUIRES,
    ROOTS,
    SHAREABLE,
    TAG,
)
from router.federation.type_refs import named_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from router.composition.report import Report
    from router.composition.subgraph.schema import SubgraphSchema


def upgrade(schemas: Sequence[SubgraphSchema], report: Report) -> None:
    """Turn federation 1 subgraphs into federation 2 ones, in place."""
    olds = [schema for schema in schemas if schema.is_federation_1]
    if not olds:
        return
    for schema in olds:
        _check_extensions_have_base(schema, schemas, report)
    for schema in olds:
        _join_field_lists(schema)
        _drop_external_on_interfaces_and_types(schema)
        _drop_external_on_extension_keys(schema, schemas)
        _drop_inactive_selections(schema)
        _turn_extensions_into_definitions(schema)
        _drop_directives_on_interfaces(schema)
        _drop_provides_on_leaves(schema)
        _drop_unused_externals(schema, report)
    facts = {schema.name: facts_of(schema) for schema in schemas}
    for schema in olds:
        _add_shareable(schema, schemas, facts)
        _drop_repeated_tags(schema, schemas, facts)


def is_extension(definition: TypeDefinition) -> bool:
    """What federation 1 calls an extension: `extend type` without a definition, or @extends."""
    return definition.kind in {Kind.OBJECT, Kind.INTERFACE} and (
        not definition.has_definition or use_of(definition, EXTENDS) is not None
    )


def _check_extensions_have_base(
    schema: SubgraphSchema, schemas: Sequence[SubgraphSchema], report: Report
) -> None:
    for definition in schema.types.values():
        if not is_extension(definition) or definition.name in ROOTS.values():
            continue
        others = [other.types.get(definition.name) for other in schemas if other is not schema]
        if not any(other and other.has_definition for other in others):
            kind = definition.kind.words
            message = f"The {kind} {definition.name} is extended here, but no subgraph defines it"
            report.of(schema.name).error(
                ErrorCode.EXTENSION_WITH_NO_BASE, message, definition.offset
            )


def _join_field_lists(schema: SubgraphSchema) -> None:
    """`fields: ["id", "sku"]` was accepted for `fields: "id sku"`."""
    for definition in schema.types.values():
        uses = [use for element in definition.fields.values() for use in element.directives]
        for use in [*definition.directives, *uses]:
            fields = use.arguments.get("fields")
            if (
                use.name in FIELD_SET_DIRECTIVES
                and isinstance(fields, list)
                and fields
                and all(isinstance(item, str) for item in fields)
            ):
                use.arguments["fields"] = " ".join(fields)


def _drop(element: TypeDefinition | Field, *names: str) -> None:
    element.directives = [use for use in element.directives if use.name not in names]


def _drop_external_on_interfaces_and_types(schema: SubgraphSchema) -> None:
    for definition in schema.types.values():
        _drop(definition, EXTERNAL)
        if definition.kind is Kind.INTERFACE:
            for element in definition.fields.values():
                _drop(element, EXTERNAL)


def _drop_external_on_extension_keys(
    schema: SubgraphSchema, schemas: Sequence[SubgraphSchema]
) -> None:
    """Key fields of an extension are resolved here, though federation 1 wants them @external."""
    for definition in schema.types.values():
        if not is_extension(definition):
            continue
        keys = keys_of(definition) or [
            key
            for other in schemas
            if other is not schema and definition.name in other.types
            for key in keys_of(other.types[definition.name])
        ]
        for key in keys:
            for selected in selected_fields(schema, definition.name, field_set_of(key)):
                _drop(selected.field, EXTERNAL)


def _drop_inactive_selections(schema: SubgraphSchema) -> None:
    """Requiring or providing what the subgraph resolves anyway has no effect."""
    facts = facts_of(schema)
    for definition, element in schema.fields():
        for use in list(element.directives):
            if use.name == REQUIRES:
                _keep_external_selections(schema, facts, definition.name, element, use)
            elif use.name == PROVIDES:
                _keep_external_selections(schema, facts, named_type(element.type), element, use)


def _keep_external_selections(
    schema: SubgraphSchema, facts: Facts, type_name: str, element: Field, use: Directive
) -> None:
    try:
        selections = parse_selections(str(use.arguments.get("fields")))
    except SelectionError:
        return
    if any(selection_problems(schema, type_name, selections)):
        return
    kept = _external_part(schema, facts, type_name, selections)
    if not kept:
        element.directives.remove(use)
    elif kept != selections:
        use.arguments["fields"] = _print_with_arguments(kept)


def _external_part(
    schema: SubgraphSchema, facts: Facts, type_name: str, selections: Selections
) -> Selections:
    kept: list[Selection] = []
    for selection in selections:
        if isinstance(selection, FragmentSelection):
            inner = _external_part(
                schema, facts, selection.type_name or type_name, selection.selections
            )
            if inner:
                kept.append(FragmentSelection(selection.type_name, inner, selection.directives))
            continue
        coordinate = (type_name, selection.name)
        is_external = coordinate in facts.external or any(
            (implementation.name, selection.name) in facts.external
            for implementation in schema.implementations.get(type_name, ())
        )
        if is_external:
            kept.append(selection)
        elif selection.selections:
            field = schema.types[type_name].fields[selection.name]
            inner = _external_part(schema, facts, named_type(field.type), selection.selections)
            if inner:
                kept.append(FieldSelection(selection.name, selection.arguments, inner))
    return tuple(kept)


def _print_with_arguments(selections: Selections) -> str:

    def printed(selection: Selection) -> str:
        inner = (
            f" {{ {_print_with_arguments(selection.selections)} }}" if selection.selections else ""
        )
        if isinstance(selection, FragmentSelection):
            return f"... on {selection.type_name}{inner}" if selection.type_name else f"...{inner}"
        arguments = ", ".join(f"{name}: {print_ast(value)}" for name, value in selection.arguments)
        return f"{selection.name}{f'({arguments})' if arguments else ''}{inner}"

    return " ".join(map(printed, selections))


def _turn_extensions_into_definitions(schema: SubgraphSchema) -> None:
    """What was an extension still shows in the supergraph, as `extension: true` of its keys."""
    for definition in schema.types.values():
        if is_extension(definition):
            definition.has_definition = True


def _drop_directives_on_interfaces(schema: SubgraphSchema) -> None:
    for definition in schema.types.values():
        if definition.kind is Kind.INTERFACE:
            _drop(definition, KEY)
            for element in definition.fields.values():
                _drop(element, REQUIRES, PROVIDES)


def _drop_provides_on_leaves(schema: SubgraphSchema) -> None:
    for _, element in schema.fields():
        if uses_of(element, PROVIDES):
            returned = schema.types.get(named_type(element.type))
            if returned is None or not returned.is_composite:
                _drop(element, PROVIDES)


def _drop_unused_externals(schema: SubgraphSchema, report: Report) -> None:
    """Until nothing is unused: what is dropped may have been the only use of another field."""
    while _drop_unused_externals_once(schema, report):
        pass


def _drop_unused_externals_once(schema: SubgraphSchema, report: Report) -> bool:
    """Whether a field was dropped."""
    has_dropped = False
    facts = facts_of(schema)
    for definition in list(schema.types.values()):
        if definition.kind is not Kind.OBJECT:
            continue
        unused = [
            name
            for name in definition.fields
            if (definition.name, name) in facts.external
            and (definition.name, name) not in facts.used
        ]
        for name in unused:
            del definition.fields[name]
            has_dropped = True
        if not unused or definition.fields:
            continue
        if _is_referenced(schema, definition.name):
            message = (
                f"Type {definition.name} has only @external fields that nothing uses, "
                "but is used itself"
            )
            report.of(schema.name).error(
                ErrorCode.TYPE_WITH_ONLY_UNUSED_EXTERNAL, message, definition.offset
            )
        else:
            del schema.types[definition.name]
            schema.forget_implementations()
    return has_dropped


def _is_referenced(schema: SubgraphSchema, name: str) -> bool:
    return any(named_type(field.type) == name for _, field in schema.fields()) or any(
        name in definition.members for definition in schema.types.values()
    )


def _add_shareable(
    schema: SubgraphSchema, schemas: Sequence[SubgraphSchema], facts: Mapping[str, Facts]
) -> None:
    """Value types and what other subgraphs resolve too."""
    others = [other for other in schemas if other is not schema]
    key_fields = facts[schema.name].shareable
    for definition in schema.types.values():
        if definition.kind is not Kind.OBJECT:
            continue
        declaring = [other for other in others if definition.name in other.types]
        if not keys_of(definition) and definition.name not in ROOTS.values():
            if declaring:
                for element in definition.fields.values():
                    _make_shareable(element)
            continue
        for element in definition.fields.values():
            coordinate = (definition.name, element.name)
            if coordinate not in key_fields and any(
                _resolves(other, facts[other.name], coordinate) for other in declaring
            ):
                _make_shareable(element)


def _make_shareable(element: Field) -> None:
    if not use_of(element, SHAREABLE):
        element.directives.append(Directive(SHAREABLE, {}))


def _resolves(schema: SubgraphSchema, facts: Facts, coordinate: tuple[str, str]) -> bool:
    definition = schema.types[coordinate[0]]
    return coordinate[1] in definition.fields and (
        coordinate not in facts.external or coordinate in facts.provided
    )


def _drop_repeated_tags(
    schema: SubgraphSchema, schemas: Sequence[SubgraphSchema], facts: Mapping[str, Facts]
) -> None:
    """A tag on an external field is dropped where the resolving subgraph has it too."""
    for definition, element in schema.fields():
        if (definition.name, element.name) not in facts[schema.name].external:
            continue
        elsewhere = [
            tag.arguments.get("name")
            for other in schemas
            if other is not schema
            and definition.name in other.types
            and element.name in other.types[definition.name].fields
            for tag in uses_of(other.types[definition.name].fields[element.name], TAG)
        ]
        element.directives = [
            use
            for use in element.directives
            if use.name != TAG or use.arguments.get("name") not in elsewhere
        ]
