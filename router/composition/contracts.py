"""Contracts: a supergraph of which one audience sees a part, chosen by `@tag`.

What the audience does not see becomes `@inaccessible`, so subgraphs and plans stay as they are and
the rules for `@inaccessible` say when a choice cannot work: a visible field of a hidden type, a
hidden argument that is required.

    exclude      whatever carries one of these tags is hidden: types, fields, arguments, input
                 fields and enum values
    include      of object and interface types only fields that carry one of these tags, or whose
                 type does, stay visible; excluding wins

Then everything is hidden that no operation can reach any more: types left without visible parts,
and types that nothing visible refers to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from router.composition.supergraph_rules.inaccessible import is_accessible
from router.federation.document import Directive, Kind
from router.federation.specification import INACCESSIBLE, ROOTS, TAG
from router.federation.type_refs import named_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from router.composition.merge.applied_directives import Directed
    from router.composition.merge.merged_schema import MergedSchema
    from router.federation.document import TypeDefinition

_WITH_FIELDS = (Kind.OBJECT, Kind.INTERFACE)


@dataclass(frozen=True, slots=True)
class Contract:
    """What one audience sees.

    Attributes:
        include: Tags; empty: everything that is not excluded.
        exclude: Tags.
    """

    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()


def apply_contract(merged: MergedSchema, contract: Contract) -> None:
    """Hide in the merged schema what the contract leaves out; nothing when it names no tag."""
    if not contract.include and not contract.exclude:
        return
    for definition in merged.types.values():
        for element in definition.elements():
            if not contract.exclude.isdisjoint(_tags(element)):
                _hide(element)
        if contract.include and definition.kind in _WITH_FIELDS:
            _hide_unless_included(definition, contract.include)
    _hide_emptied(merged)
    _hide_unreachable(merged)


def _hide_unless_included(definition: TypeDefinition, include: frozenset[str]) -> None:
    if include.isdisjoint(_tags(definition)):
        for field in definition.fields.values():
            if include.isdisjoint(_tags(field)):
                _hide(field)


def _hide_emptied(merged: MergedSchema) -> None:
    """Hide types of which nothing is visible; one may empty another that refers to it."""
    pending = list(merged.types.values())
    while pending:
        emptied = [
            definition
            for definition in pending
            if is_accessible(definition) and _is_emptied(definition, merged)
        ]
        for definition in emptied:
            _hide(definition)
        pending = [d for d in pending if d.kind is Kind.UNION] if emptied else []


def _is_emptied(definition: TypeDefinition, merged: MergedSchema) -> bool:
    parts: list[Directed] = [
        *definition.fields.values(),
        *definition.input_fields.values(),
        *definition.values.values(),
        *(merged.types[name] for name in definition.members if name in merged.types),
    ]
    return bool(parts) and not any(map(is_accessible, parts))


def _hide_unreachable(merged: MergedSchema) -> None:
    reachable = _reachable(merged)
    for name, definition in merged.types.items():
        if name not in reachable:
            _hide(definition)


def _reachable(merged: MergedSchema) -> set[str]:
    """Names of the visible types that an operation can come across."""
    found: set[str] = set()
    pending = [name for name in ROOTS.values() if name in merged.types]
    for directive in merged.directives.values():
        pending += [named_type(argument.type) for argument in directive.arguments.values()]
    while pending:
        name = pending.pop()
        definition = merged.types.get(name)
        if name in found or definition is None or not is_accessible(definition):
            continue
        found.add(name)
        pending += _references(definition)
        if definition.kind is Kind.INTERFACE:
            pending += merged.implementers.get(name, ())
    # What an object implements stays visible with it, but leads nowhere by itself.
    implemented = {other for name in found for other in merged.types[name].interfaces}
    return found | {name for name in implemented if is_accessible(merged.types[name])}


def _references(definition: TypeDefinition) -> Iterator[str]:
    yield from definition.members
    for field in definition.fields.values():
        if is_accessible(field):
            yield named_type(field.type)
            for argument in field.arguments.values():
                if is_accessible(argument):
                    yield named_type(argument.type)
    for input_field in definition.input_fields.values():
        if is_accessible(input_field):
            yield named_type(input_field.type)


def _tags(element: Directed) -> Iterable[str]:
    return {str(use.arguments.get("name")) for use in element.directives if use.name == TAG}


def _hide(element: Directed) -> None:
    if is_accessible(element):
        element.directives.append(Directive(INACCESSIBLE, {}))
