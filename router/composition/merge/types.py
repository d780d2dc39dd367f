"""Which types the supergraph has, of what kind, and what they implement or include."""

from __future__ import annotations

from router.composition.codes import ErrorCode
from router.composition.merge.composites import check_extension_has_base
from router.composition.merge.merged_schema import MergeContext, differing
from router.composition.subgraph.schema import use_of
from router.federation.document import Directive, Kind, TypeDefinition
from router.federation.specification import INTERFACE_OBJECT, ROOTS
from router.federation.values import EnumText


def add_types(context: MergeContext) -> None:
    """Add every type, still empty; those of clashing kinds are reported and left out."""
    for name in context.type_names:
        sources = context.type_sources(name)
        kinds = {index: _merged_kind(source) for index, source in sources.items()}
        distinct = list(dict.fromkeys(kinds.values()))
        if len(distinct) > 1:
            found = differing(context, {index: kind.a for index, kind in kinds.items()})
            message = f"{name} is {found}"
            context.error(ErrorCode.TYPE_KIND_MISMATCH, message, sources)
            merged = TypeDefinition(distinct[0], name)
            check_extension_has_base(context, merged, sources)
            continue
        if distinct == [Kind.INTERFACE] and not any(
            source.kind is Kind.INTERFACE for source in sources.values()
        ):
            message = f"Type {name} is an @interfaceObject everywhere, but an interface nowhere"
            context.error(ErrorCode.INTERFACE_OBJECT_USAGE_ERROR, message, sources)
        context.merged.types[name] = TypeDefinition(distinct[0], name)
    context.merged.types.setdefault("Query", TypeDefinition(Kind.OBJECT, "Query"))


def _merged_kind(source: TypeDefinition) -> Kind:
    return Kind.INTERFACE if use_of(source, INTERFACE_OBJECT) else source.kind


def merge_relations(context: MergeContext) -> None:
    """Interfaces and members first: whether two types are compatible depends on them."""
    for merged in context.merged.types.values():
        for index, source in context.type_sources(merged.name).items():
            graph = EnumText(context.schemas[index].graph)
            for interface in source.interfaces:
                if interface not in merged.interfaces:
                    merged.interfaces[interface] = -1
                    context.merged.implementers.setdefault(interface, []).append(merged.name)
                join = Directive("join__implements", {"graph": graph, "interface": interface})
                context.merged.join((merged.name,), join)
            for member in source.members:
                merged.members.setdefault(member, -1)


def drop_empty_roots(context: MergeContext) -> None:
    """Root types without fields go; without queries there is no supergraph."""
    for name in ROOTS.values():
        root = context.merged.types.get(name)
        if root is not None and root.kind is Kind.OBJECT and not root.fields:
            del context.merged.types[name]
    queried = any(source.fields for source in context.type_sources("Query").values())
    if "Query" not in context.merged.types and not queried:
        context.report.error(ErrorCode.NO_QUERIES, "No subgraph has a query")
