"""Merges unions: all members of all subgraphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import HintCode
from router.composition.merge.applied_directives import merge_applied
from router.composition.merge.composites import add_join_types, check_extension_has_base
from router.composition.merge.contexts import merge_contexts
from router.composition.merge.descriptions import merge_description
from router.federation.document import Directive, TypeDefinition
from router.federation.values import EnumText

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext


def merge_union(context: MergeContext, merged: TypeDefinition) -> None:
    sources = context.type_sources(merged.name)
    merged.description = merge_description(context, merged.name, sources)
    merged.directives = [
        *merge_applied(context, merged.name, sources),
        *merge_contexts(context, sources),
    ]
    check_extension_has_base(context, merged, sources)
    add_join_types(context, merged, sources)
    for member in merged.members:
        missing: list[int] = []
        for index, source in sources.items():
            if member not in source.members:
                missing.append(index)
                continue
            graph = EnumText(context.schemas[index].graph)
            join = Directive("join__unionMember", {"graph": graph, "member": member})
            context.merged.join((merged.name,), join)
        if missing:
            message = f"Union {merged.name} lacks the member {member} in {context.names(missing)}"
            context.hint(HintCode.INCONSISTENT_UNION_MEMBER, message, sources)
