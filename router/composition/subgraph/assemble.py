"""Definitions and extensions of one name become one type."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from router.composition.codes import ErrorCode
from router.federation.document import EnumValue, Field, InputValue

if TYPE_CHECKING:
    from router.composition.report import SubgraphReport
    from router.federation.document import DirectiveDefinition, Document, TypeDefinition

Element = TypeVar("Element", Field, InputValue, EnumValue)


def assemble_types(document: Document, report: SubgraphReport) -> dict[str, TypeDefinition]:
    """Put the parts of every type together, in the order of their first appearance.

    The definition comes first whatever the order in the SDL. A type that is only extended keeps
    `has_definition` False: in federation another subgraph may define it.
    """
    parts: dict[str, list[TypeDefinition]] = {}
    for definition in document.types:
        parts.setdefault(definition.name, []).append(definition)
    return {name: _assemble(listed, report) for name, listed in parts.items()}


def _assemble(parts: list[TypeDefinition], report: SubgraphReport) -> TypeDefinition:
    base = min(parts, key=lambda part: not part.has_definition)
    if not base.has_definition:
        base.extension_parts.add(0)
    if len(parts) == 1:
        return base
    others = [part for part in parts if part is not base]
    for number, part in enumerate(others, start=1):
        if part.has_definition:
            message = f'There can be only one type named "{part.name}"'
            report.error(ErrorCode.INVALID_GRAPHQL, message, part.offset)
        elif part.kind is not base.kind:
            message = f"Cannot extend {base.kind.words} {base.name} as {part.kind.a}"
            report.error(ErrorCode.INVALID_GRAPHQL, message, part.offset)
        else:
            _add_part(base, part, number, report)
    return base


def _add_part(
    base: TypeDefinition, part: TypeDefinition, number: int, report: SubgraphReport
) -> None:
    base.extension_parts.add(number)
    for element in part.fields.values():
        element.part = number
    for directive in part.directives:
        directive.part = number
    base.directives.extend(part.directives)
    _add_elements(base, base.fields, part.fields, report)
    _add_elements(base, base.input_fields, part.input_fields, report)
    _add_elements(base, base.values, part.values, report)
    for names, extra in ((base.interfaces, part.interfaces), (base.members, part.members)):
        for name, offset in extra.items():
            if name in names:
                message = f"{base.name} can name {name} only once"
                report.error(ErrorCode.INVALID_GRAPHQL, message, offset)
            names.setdefault(name, offset)


def _add_elements(
    base: TypeDefinition,
    known: dict[str, Element],
    added: dict[str, Element],
    report: SubgraphReport,
) -> None:
    for name, element in added.items():
        if name in known:
            message = f"{base.name}.{name} can only be defined once"
            report.error(ErrorCode.INVALID_GRAPHQL, message, element.offset)
        known.setdefault(name, element)


def assemble_directives(
    document: Document, report: SubgraphReport
) -> dict[str, DirectiveDefinition]:
    definitions: dict[str, DirectiveDefinition] = {}
    for definition in document.directives:
        if definition.name in definitions:
            message = f"There can be only one directive named @{definition.name}"
            report.error(ErrorCode.INVALID_GRAPHQL, message, definition.offset)
        definitions.setdefault(definition.name, definition)
    return definitions
