"""Unions consist of object types.

Each subgraph alone is right; one may have an @interfaceObject as a member, which is an interface in
the supergraph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.federation.document import Kind

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext


def union_members(context: MergeContext) -> None:
    for definition in context.merged.types.values():
        for name in definition.members:
            member = context.merged.types.get(name)
            if member is not None and member.kind is not Kind.OBJECT:
                message = (
                    f"Union {definition.name} cannot include {name}, "
                    f"which is {member.kind.a} in the supergraph"
                )
                places = context.places_at(definition.name)
                context.report.error(ErrorCode.INVALID_GRAPHQL, message, places)
