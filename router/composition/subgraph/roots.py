"""The root types: which they are, and under which names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.federation.document import Kind
from router.federation.specification import ROOTS
from router.federation.type_refs import named_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.composition.report import SubgraphReport
    from router.federation.document import Document, TypeDefinition


def rename_roots(
    document: Document, types: dict[str, TypeDefinition], report: SubgraphReport
) -> dict[str, TypeDefinition]:
    """Call root types by their usual names, whatever the subgraph calls them.

    Returns:
        The types under their final names.
    """
    renames: dict[str, str] = {}
    for operation, name, offset in _roots(document, report):
        usual = ROOTS[operation]
        if name not in types:
            message = f'The {operation} root type "{name}" is not defined'
            report.error(ErrorCode.INVALID_GRAPHQL, message, offset)
        elif name != usual and usual in types:
            report.error(
                ErrorCode[f"ROOT_{usual.upper()}_USED"],
                f'A type is called "{usual}" although the {operation} root type is "{name}"',
                types[usual].offset,
            )
        elif name != usual:
            renames[name] = usual
    if renames:
        for definition in types.values():
            _rename_references(definition, renames)
        types = {renames.get(name, name): definition for name, definition in types.items()}
    for operation, usual in ROOTS.items():
        root = types.get(usual)
        if root is not None and root.kind is not Kind.OBJECT:
            message = f"The {operation} root type must be an object type, not {root.kind.a}"
            report.error(ErrorCode.INVALID_GRAPHQL, message, root.offset)
    return types


def _roots(document: Document, report: SubgraphReport) -> Iterator[tuple[str, str, int]]:
    """Operation and name of each root type that the schema definition names."""
    has_definition = False
    operations: dict[str, str] = {}
    for schema in document.schemas:
        if has_definition and not schema.is_extension:
            message = "There can be only one schema definition"
            report.error(ErrorCode.INVALID_GRAPHQL, message, schema.offset)
        has_definition = has_definition or not schema.is_extension
        for operation, name in schema.operations.items():
            if operation in operations:
                message = f"There can be only one {operation} root type"
                report.error(ErrorCode.INVALID_GRAPHQL, message, schema.offset)
            elif name in operations.values():
                message = f'"{name}" is the root type of two operations'
                report.error(ErrorCode.INVALID_GRAPHQL, message, schema.offset)
            operations.setdefault(operation, name)
            yield operation, name, schema.offset


def _rename_references(definition: TypeDefinition, renames: dict[str, str]) -> None:
    definition.name = renames.get(definition.name, definition.name)
    definition.members = {
        renames.get(name, name): offset for name, offset in definition.members.items()
    }
    for element in definition.fields.values():
        name = named_type(element.type)
        if name in renames:
            element.type = element.type.replace(name, renames[name])
