"""Merges object and interface types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode, HintCode
from router.composition.merge.applied_directives import merge_applied
from router.composition.merge.contexts import merge_contexts
from router.composition.merge.descriptions import merge_description
from router.composition.merge.fields import merge_field
from router.composition.subgraph.schema import is_resolvable, keys_of, use_of
from router.federation.document import Directive, Field, Kind, TypeDefinition
from router.federation.specification import EXTENDS, INTERFACE_OBJECT, ROOTS
from router.federation.values import EnumText, Value

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext, Sources


def merge_composite(context: MergeContext, merged: TypeDefinition) -> None:
    """Fill in a type whose kind, interfaces and members are merged already."""
    sources = context.type_sources(merged.name)
    merged.description = merge_description(context, merged.name, sources)
    merged.directives = [
        *merge_applied(context, merged.name, sources),
        *merge_contexts(context, sources),
    ]
    _hint_entity(context, merged, sources)
    check_extension_has_base(context, merged, sources)
    is_value_type = not any(keys_of(source) for source in sources.values())
    if merged.kind is Kind.INTERFACE:
        _check_interface_keys(context, merged, sources)
        _check_interface_objects(context, merged, sources)
    owners = sources
    if merged.name == "Query":
        owners = {index: sources.get(index, _NO_QUERY) for index in range(len(context.schemas))}
    add_join_types(context, merged, owners)
    for name, declared in _declarations(sources).items():
        if is_value_type:
            _hint_value_type_field(context, merged, name, sources)
        field = merge_field(context, merged, name, declared, owner_count=len(owners))
        if field is not None:
            merged.fields[name] = field


def _declarations(sources: Sources[TypeDefinition]) -> dict[str, dict[int, Field]]:
    """The fields of all sources by name, each with the subgraphs that declare it."""
    declared: dict[str, dict[int, Field]] = {}
    for index, source in sources.items():
        for name, field in source.fields.items():
            declared.setdefault(name, {})[index] = field
    return declared


_NO_QUERY = TypeDefinition(Kind.OBJECT, "Query")
"""Every subgraph has a query root: `_service` at least."""


def add_join_types(
    context: MergeContext, merged: TypeDefinition, sources: Sources[TypeDefinition]
) -> None:
    """@join__type: the subgraphs that know the type, once per key."""
    for index, source in sources.items():
        arguments: dict[str, Value] = {"graph": EnumText(context.schemas[index].graph)}
        is_interface_object = use_of(source, INTERFACE_OBJECT) is not None
        keys = keys_of(source)
        for key in keys:
            of_key: dict[str, Value] = {**arguments, "key": key.arguments["fields"]}
            if use_of(source, EXTENDS) or key.part in source.extension_parts:
                of_key["extension"] = True
            if not is_resolvable(key):
                of_key["resolvable"] = False
            if is_interface_object:
                of_key["isInterfaceObject"] = True
            context.merged.join((merged.name,), Directive("join__type", of_key))
        if not keys:
            if is_interface_object:
                arguments["isInterfaceObject"] = True
            context.merged.join((merged.name,), Directive("join__type", arguments))


def check_extension_has_base(
    context: MergeContext, merged: TypeDefinition, sources: Sources[TypeDefinition]
) -> None:
    """What is extended is defined somewhere, as the same kind of type."""
    if merged.name in ROOTS.values():
        return
    for index, source in sources.items():
        if source.has_definition:
            continue
        bases = [other for other in sources.values() if other.has_definition]
        if not any(other.kind is source.kind for other in bases):
            kind = source.kind.words
            message = f"The {kind} {merged.name} is extended here, but no subgraph defines it"
            context.error_in(index, ErrorCode.EXTENSION_WITH_NO_BASE, message, source)


def _check_interface_keys(
    context: MergeContext, merged: TypeDefinition, sources: Sources[TypeDefinition]
) -> None:
    """Who resolves an interface by key must know everything it can turn out to be."""
    all_implementations = [impl.name for impl in context.merged.implementations(merged.name)]
    for index, source in sources.items():
        if source.kind is not Kind.INTERFACE or not any(map(is_resolvable, keys_of(source))):
            continue
        known = set(context.schemas[index].possible_types(merged.name))
        missing = [name for name in all_implementations if name not in known]
        if missing:
            message = (
                f"Interface {merged.name} has a resolvable @key here, "
                f"but its implementations {', '.join(missing)} are missing"
            )
            code = ErrorCode.INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE
            context.error_in(index, code, message, source)


def _check_interface_objects(
    context: MergeContext, merged: TypeDefinition, sources: Sources[TypeDefinition]
) -> None:
    """An @interfaceObject stands for all implementations, so none of them may be there too."""
    for index, source in sources.items():
        if not use_of(source, INTERFACE_OBJECT):
            continue
        types = context.schemas[index].types
        present_too = [
            implementation.name
            for implementation in context.merged.implementations(merged.name)
            if implementation.name in types
        ]
        if present_too:
            message = (
                f"{merged.name} is an @interfaceObject here, "
                f"but its implementations {', '.join(present_too)} are defined too"
            )
            context.error_in(index, ErrorCode.INTERFACE_OBJECT_USAGE_ERROR, message, source)


def _hint_entity(
    context: MergeContext, merged: TypeDefinition, sources: Sources[TypeDefinition]
) -> None:
    if merged.kind is not Kind.OBJECT or merged.name in ROOTS.values():
        return
    with_key = [index for index, source in sources.items() if keys_of(source)]
    without = [index for index, source in sources.items() if not keys_of(source)]
    if with_key and without:
        message = (
            f"{merged.name} is an entity in {context.names(with_key)} "
            f"but has no @key in {context.names(without)}"
        )
        context.hint(HintCode.INCONSISTENT_ENTITY, message, sources)


def _hint_value_type_field(
    context: MergeContext, merged: TypeDefinition, name: str, sources: Sources[TypeDefinition]
) -> None:
    if merged.name in ROOTS.values():
        return
    missing = [
        index
        for index, source in sources.items()
        if name not in source.fields and not _is_all_external(context, index, source)
    ]
    if missing:
        code = (
            HintCode.INCONSISTENT_OBJECT_VALUE_TYPE_FIELD
            if merged.kind is Kind.OBJECT
            else HintCode.INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD
        )
        message = f"{merged.name}.{name} does not exist in {context.names(missing)}"
        context.hint(code, message, sources)


def _is_all_external(context: MergeContext, index: int, source: TypeDefinition) -> bool:
    """Whether a subgraph only says which of the type's fields it needs from others."""
    external = context.facts[index].external
    return all((source.name, name) in external for name in source.fields)
