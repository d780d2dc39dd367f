"""@context: types that hand values down to arguments with @fromContext.

Contexts belong to one subgraph; in the supergraph their names start with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.subgraph.schema import uses_of
from router.federation.document import Directive
from router.federation.specification import CONTEXT

if TYPE_CHECKING:
    from router.composition.merge.applied_directives import Directed
    from router.composition.merge.merged_schema import MergeContext, Sources
    from router.composition.subgraph.schema import SubgraphSchema


def context_name(schema: SubgraphSchema, name: str) -> str:
    return f"{schema.graph.lower()}__{name}"


def merge_contexts(context: MergeContext, sources: Sources[Directed]) -> list[Directive]:
    return [
        Directive(
            CONTEXT, {"name": context_name(context.schemas[index], str(use.arguments.get("name")))}
        )
        for index, source in sources.items()
        for use in uses_of(source, CONTEXT)
    ]
