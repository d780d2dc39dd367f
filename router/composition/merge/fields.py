"""Merges one field of an object or interface type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.merge.applied_directives import is_merged, merge_applied
from router.composition.merge.arguments import merge_arguments
from router.composition.merge.descriptions import merge_description
from router.composition.merge.join_fields import add_join_fields
from router.composition.merge.merged_schema import MergeContext, Sources, differing, present
from router.composition.merge.overrides import Overrides, read_overrides
from router.composition.merge.type_references import is_subtype, merge_type_reference
from router.composition.subgraph.schema import use_of
from router.federation.document import ABSENT, Field, InputValue, Kind, TypeDefinition
from router.federation.specification import SHAREABLE, shown
from router.federation.values import same_value

if TYPE_CHECKING:
    from collections.abc import Iterator


def merge_field(
    context: MergeContext, parent: TypeDefinition, name: str, owners: Sources[TypeDefinition]
) -> Field | None:
    """One field of the supergraph, with its @join__field; None if it cannot exist.

    Args:
        parent: The merged type; `owners` are its subgraph types.
    """
    sources = [owner.fields.get(name) if owner else None for owner in owners]
    coordinate = f"{parent.name}.{name}"
    overrides = read_overrides(context, parent, sources)
    if _is_external_everywhere(context, parent, name, sources):
        where = context.names(index for index, _ in present(sources))
        message = f"{coordinate} is @external in every subgraph that declares it ({where})"
        context.error(ErrorCode.EXTERNAL_MISSING_ON_BASE, message, sources)
        return None
    resolved = _without_external(context, parent.name, coordinate, sources)
    if not present(resolved):
        resolved = list(sources)
    ref, is_same_type = merge_type_reference(
        context, coordinate, resolved, "output", ErrorCode.FIELD_TYPE_MISMATCH
    )
    field = Field(
        name,
        ref,
        merge_arguments(context, coordinate, resolved),
        merge_applied(context, coordinate, resolved),
        merge_description(context, coordinate, resolved),
    )
    _check_external(context, parent.name, field, sources)
    is_same_type = is_same_type and all(source.type == ref for _, source in present(sources))
    add_join_fields(context, parent, field, owners, overrides, is_same_type=is_same_type)
    if parent.kind is Kind.OBJECT:
        _check_sharing(context, parent, name, sources, overrides)
    return field


def stand_ins(
    context: MergeContext, parent: TypeDefinition, name: str, index: int
) -> Iterator[tuple[str, Field]]:
    """Fields of @interfaceObject types by which a subgraph resolves a field of `parent`.

    Only where the subgraph does not know `parent` itself.
    """
    types = context.schemas[index].types
    if parent.kind is not Kind.OBJECT or parent.name in types:
        return
    for interface in parent.interfaces:
        merged = context.merged.types.get(interface)
        own = types.get(interface)
        if merged and own and own.kind is Kind.OBJECT and name in own.fields:
            yield interface, own.fields[name]


def _is_external(context: MergeContext, index: int, type_name: str, name: str) -> bool:
    return (type_name, name) in context.facts[index].external


def _is_external_everywhere(
    context: MergeContext, parent: TypeDefinition, name: str, sources: Sources[Field]
) -> bool:
    for index, source in enumerate(sources):
        if source is not None:
            if not _is_external(context, index, parent.name, name):
                return False
        else:
            for interface, _ in stand_ins(context, parent, name, index):
                if not _is_external(context, index, interface, name):
                    return False
    return True


def _without_external(
    context: MergeContext, type_name: str, coordinate: str, sources: Sources[Field]
) -> list[Field | None]:
    """The declarations that resolve the field; those marked @external must carry no directives.

    External declarations do not take part in the merge: a type written down wrongly for a field that
    is resolved elsewhere would change the supergraph.
    """
    kept: list[Field | None] = []
    for index, source in enumerate(sources):
        if source is None or not _is_external(context, index, type_name, source.name):
            kept.append(source)
            continue
        kept.append(None)
        for use in source.directives:
            if is_merged(context, index, use.name) and use.name != "deprecated":
                message = (
                    f"[{context.schemas[index].name}] {shown(use.name)} cannot stand on {coordinate}, "
                    "which is @external there; move it to the subgraph that resolves the field"
                )
                code = ErrorCode.MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL
                context.report.error(code, message, [context.schemas[index].place(use)])
    return kept


def _check_external(
    context: MergeContext, type_name: str, field: Field, sources: Sources[Field]
) -> None:
    """External declarations agree with what is resolved elsewhere."""
    coordinate = f"{type_name}.{field.name}"
    external: list[Field | None] = [
        source if source and _is_external(context, index, type_name, field.name) else None
        for index, source in enumerate(sources)
    ]
    if not present(external):
        return
    if any(not is_subtype(context.merged, s.type, field.type) for _, s in present(external)):
        found = differing(context, [source.type if source else None for source in external])
        message = (
            f"{coordinate} has type {field.type} where it is resolved, but is external as {found}"
        )
        context.error(ErrorCode.EXTERNAL_TYPE_MISMATCH, message, external)
    for argument in field.arguments.values():
        _check_external_argument(context, coordinate, argument, external)


def _check_external_argument(
    context: MergeContext, coordinate: str, argument: InputValue, external: Sources[Field]
) -> None:
    where = f"{coordinate}({argument.name}:)"
    missing = [index for index, s in present(external) if argument.name not in s.arguments]
    if missing:
        message = f"{where} is missing on the external declaration in {context.names(missing)}"
        context.error(ErrorCode.EXTERNAL_ARGUMENT_MISSING, message, external)
    for index, source in present(external):
        own = source.arguments.get(argument.name)
        if own is None:
            continue
        if not is_subtype(context.merged, argument.type, own.type):
            message = (
                f"{where} has type {argument.type}, but {own.type} in {context.names([index])}"
            )
            context.error(ErrorCode.EXTERNAL_ARGUMENT_TYPE_MISMATCH, message, external)
        if (own.default is ABSENT) != (argument.default is ABSENT) or not same_value(
            own.default, argument.default
        ):
            message = f"{where} has another default in {context.names([index])}"
            context.error(ErrorCode.EXTERNAL_ARGUMENT_DEFAULT_MISMATCH, message, external)


def _check_sharing(
    context: MergeContext,
    parent: TypeDefinition,
    name: str,
    sources: Sources[Field],
    overrides: Overrides,
) -> None:
    """A field that several subgraphs resolve is shareable in all of them."""
    shareable: list[int] = []
    others: list[int] = []
    for index, source in enumerate(sources):
        facts = context.facts[index]
        if source is None:
            owners = [interface for interface, _ in stand_ins(context, parent, name, index)]
        elif overrides.is_overridden(index):
            owners = []
        else:
            owners = [parent.name]
        for owner in owners:
            key = (owner, name)
            if key in facts.external and key not in facts.provided:
                continue
            (shareable if key in facts.shareable else others).append(index)
    if parent.name == "Subscription":
        _check_subscription(context, name, sources)
    if others and len(shareable) + len(others) > 1:
        where = context.names(dict.fromkeys([*others, *shareable]))
        message = (
            f"{parent.name}.{name} is resolved by {where}, "
            f"but it is not @shareable in {context.names(dict.fromkeys(others))}"
        )
        context.error(ErrorCode.INVALID_FIELD_SHARING, message, sources)


def _check_subscription(context: MergeContext, name: str, sources: Sources[Field]) -> None:
    if any(use_of(source, SHAREABLE) for _, source in present(sources)):
        message = f"Subscription.{name} cannot be @shareable"
        context.error(ErrorCode.INVALID_FIELD_SHARING, message, sources)
