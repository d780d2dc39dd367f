"""What the directives of one subgraph say about its fields, worked out once.

The subtle one is @external. On a key field of a type extension it never meant external: federation
1 asked for it there, and federation 2 keeps reading it so. Such fields are "fake external" and
count as resolved by the subgraph.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from router.composition.subgraph.schema import keys_of, use_of, uses_of
from router.composition.subgraph.selections import (
    SelectionError,
    Selections,
    parse_selections,
    selected_fields,
)
from router.federation.document import Directive, Field, InputValue, Kind, TypeDefinition
from router.federation.specification import (
    CONTEXT,
    EXTENDS,
    EXTERNAL,
    FROM_CONTEXT,
    PROVIDES,
    REQUIRES,
    SHAREABLE,
)
from router.federation.type_refs import named_type
from router.federation.values import EnumText

if TYPE_CHECKING:
    from router.composition.subgraph.schema import SubgraphSchema

_CONTEXT_REFERENCE = re.compile(r"\s*\$([A-Za-z_]\w*)\s*(.*)", re.DOTALL)

Coordinate = tuple[str, str]
"""Type and field."""


@dataclass(slots=True)
class Facts:
    """Sets of fields of one subgraph.

    Attributes:
        external: Known here but resolved elsewhere.
        fake_external: Marked @external, yet resolved here.
        provided: External, but resolved under some @provides.
        used: Named in a key, @requires, @provides or @fromContext, or needed by an interface.
        shareable: Other subgraphs may resolve it too.
    """

    external: set[Coordinate] = field(default_factory=set)
    fake_external: set[Coordinate] = field(default_factory=set)
    provided: set[Coordinate] = field(default_factory=set)
    used: set[Coordinate] = field(default_factory=set)
    shareable: set[Coordinate] = field(default_factory=set)


def field_set_of(use: Directive) -> Selections:
    """The selections of a @key, @requires or @provides; empty when it cannot be parsed."""
    text = use.arguments.get("fields")
    if not isinstance(text, str) or isinstance(text, EnumText):
        return ()
    try:
        return parse_selections(text)
    except SelectionError:
        return ()


def facts_of(schema: SubgraphSchema) -> Facts:
    facts = Facts()
    for definition in schema.types.values():
        if definition.kind in {Kind.OBJECT, Kind.INTERFACE}:
            _collect_key_fields(schema, definition, facts)
            if definition.kind is Kind.INTERFACE:
                _collect_interface_fields(schema, definition, facts)
            _collect_shareable(definition, facts)
            for element in definition.fields.values():
                _collect_field(schema, definition, element, facts)
    for definition in schema.types.values():
        _collect_external(definition, facts)
    _collect_context_fields(schema, facts)
    return facts


def _collect_key_fields(schema: SubgraphSchema, definition: TypeDefinition, facts: Facts) -> None:
    has_extends = use_of(definition, EXTENDS) is not None
    for key in keys_of(definition):
        selections = field_set_of(key)
        is_extension_key = has_extends or key.part in definition.extension_parts
        for selected in selected_fields(
            schema, definition.name, selections, with_implementations=True
        ):
            coordinate = (selected.type_name, selected.field.name)
            facts.used.add(coordinate)
            facts.shareable.add(coordinate)
        if is_extension_key:
            for selected in selected_fields(schema, definition.name, selections):
                if use_of(selected.field, EXTERNAL):
                    facts.fake_external.add((selected.type_name, selected.field.name))


def _collect_interface_fields(
    schema: SubgraphSchema, interface: TypeDefinition, facts: Facts
) -> None:
    for implementation in schema.implementations.get(interface.name, ()):
        for name in interface.fields:
            facts.used.add((implementation.name, name))


def _collect_shareable(definition: TypeDefinition, facts: Facts) -> None:
    parts = {use.part for use in uses_of(definition, SHAREABLE)}
    for element in definition.fields.values():
        if element.part in parts or use_of(element, SHAREABLE):
            facts.shareable.add((definition.name, element.name))


def _collect_field(
    schema: SubgraphSchema, definition: TypeDefinition, element: Field, facts: Facts
) -> None:
    for use in element.directives:
        if use.name == REQUIRES:
            for selected in selected_fields(
                schema, definition.name, field_set_of(use), with_implementations=True
            ):
                facts.used.add((selected.type_name, selected.field.name))
        elif use.name == PROVIDES:
            for selected in selected_fields(
                schema, named_type(element.type), field_set_of(use), with_implementations=True
            ):
                coordinate = (selected.type_name, selected.field.name)
                facts.used.add(coordinate)
                facts.provided.add(coordinate)
                facts.shareable.add(coordinate)


def _collect_external(definition: TypeDefinition, facts: Facts) -> None:
    if definition.kind not in {Kind.OBJECT, Kind.INTERFACE}:
        return
    is_external_type = use_of(definition, EXTERNAL) is not None
    for element in definition.fields.values():
        coordinate = (definition.name, element.name)
        if coordinate in facts.fake_external:
            continue
        if is_external_type or use_of(element, EXTERNAL):
            facts.external.add(coordinate)


def _collect_context_fields(schema: SubgraphSchema, facts: Facts) -> None:
    setters: dict[str, list[str]] = {}
    for definition in schema.types.values():
        for use in uses_of(definition, CONTEXT):
            setters.setdefault(str(use.arguments.get("name")), []).append(definition.name)
    if not setters:
        return
    for _, element in schema.fields():
        for argument in element.arguments.values():
            reference = context_reference(argument)
            if reference is None:
                continue
            name, selections = reference
            for type_name in setters.get(name, ()):
                for selected in selected_fields(
                    schema, type_name, selections, with_implementations=True
                ):
                    facts.used.add((selected.type_name, selected.field.name))


def context_reference(argument: InputValue) -> tuple[str, Selections] | None:
    """The context and selection of `@fromContext(field: "$name { selection }")`.

    None when there is no such directive. Name and selection are empty where they are faulty.
    """
    use = use_of(argument, FROM_CONTEXT)
    if use is None:
        return None
    text = use.arguments.get("field")
    match = _CONTEXT_REFERENCE.match(text) if isinstance(text, str) else None
    if match is None:
        return "", ()
    try:
        return match[1], parse_selections(match[2])
    except SelectionError:
        return match[1], ()
