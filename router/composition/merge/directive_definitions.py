"""Merges definitions of executable directives: a client may only use what all subgraphs know.

An executable directive can stand anywhere in an operation and so reach any subgraph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import HintCode
from router.composition.merge.arguments import merge_arguments
from router.composition.merge.descriptions import merge_description
from router.federation.document import DirectiveDefinition
from router.federation.specification import EXECUTABLE_LOCATIONS

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext, Sources


def merge_directive_definitions(context: MergeContext) -> None:
    names = dict.fromkeys(
        name
        for schema in context.schemas
        for name, definition in schema.directives.items()
        if _executable_locations(definition) and name not in context.merged.composed
    )
    for name in names:
        sources = {
            index: schema.directives[name]
            for index, schema in enumerate(context.schemas)
            if name in schema.directives
        }
        merged = _merge(context, name, sources)
        if merged is not None:
            context.merged.directives[name] = merged


def _executable_locations(definition: DirectiveDefinition) -> list[str]:
    return [location for location in definition.locations if location in EXECUTABLE_LOCATIONS]


def _merge(
    context: MergeContext, name: str, sources: Sources[DirectiveDefinition]
) -> DirectiveDefinition | None:
    missing = [index for index in range(len(context.schemas)) if index not in sources]
    if missing:
        message = (
            f"Directive @{name} is left out because {context.names(missing)} does not define it"
        )
        context.hint(HintCode.INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE, message, sources)
        return None
    definitions = list(sources.values())
    first = _executable_locations(definitions[0])
    common = [
        location
        for location in first
        if all(location in definition.locations for definition in definitions)
    ]
    if not common:
        message = f"Directive @{name} is left out because it has no location in all subgraphs"
        context.hint(HintCode.NO_EXECUTABLE_DIRECTIVE_INTERSECTION, message, sources)
        return None
    if any(_executable_locations(definition) != first for definition in definitions):
        message = f"Directive @{name} has different locations; {', '.join(common)} is kept"
        context.hint(HintCode.INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS, message, sources)
    repeatable = [index for index, source in sources.items() if source.is_repeatable]
    if repeatable and len(repeatable) < len(sources):
        message = (
            f"Directive @{name} is repeatable in {context.names(repeatable)} only; "
            "in the supergraph it is not"
        )
        context.hint(HintCode.INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE, message, sources)
    return DirectiveDefinition(
        name,
        merge_arguments(context, f"@{name}", sources),
        common,
        all(definition.is_repeatable for definition in definitions),
        merge_description(context, f"@{name}", sources),
    )
