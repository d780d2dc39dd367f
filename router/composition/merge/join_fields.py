"""@join__field: which subgraphs resolve a field, and how.

It is left out where it would say nothing: every subgraph that has the type resolves the field, with
the same type and without conditions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.merge.contexts import context_name
from router.composition.subgraph.facts import context_reference
from router.composition.subgraph.schema import use_of
from router.composition.subgraph.selections import print_selections
from router.federation.document import Directive, Field, TypeDefinition
from router.federation.specification import PROVIDES, REQUIRES
from router.federation.values import EnumText, Value

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext, Sources
    from router.composition.merge.overrides import Overrides


def add_join_fields(
    context: MergeContext,
    parent: TypeDefinition,
    field: Field,
    sources: Sources[Field],
    overrides: Overrides,
    *,
    is_everywhere: bool,
) -> None:
    """Record the @join__field directives of a merged field.

    `is_everywhere` says that every subgraph with the type has the field.
    """
    is_same_type = all(source.type == field.type for source in sources.values())
    if is_everywhere and is_same_type and not _is_needed(context, parent, sources, overrides):
        return
    for index, source in sources.items():
        if overrides.is_absent(index):
            continue
        arguments: dict[str, Value] = {"graph": EnumText(context.schemas[index].graph)}
        for name, directive in (("requires", REQUIRES), ("provides", PROVIDES)):
            use = use_of(source, directive)
            if use:
                arguments[name] = use.arguments["fields"]
        if not is_same_type:
            arguments["type"] = source.type
        if (parent.name, field.name) in context.facts[index].external:
            arguments["external"] = True
        if index in overrides.sources:
            arguments["override"] = overrides.sources[index]
        if index in overrides.labels:
            arguments["overrideLabel"] = overrides.labels[index]
        if index in overrides.used:
            arguments["usedOverridden"] = True
        contextual = _context_arguments(context, index, source)
        if contextual:
            arguments["contextArguments"] = contextual
        context.merged.join((parent.name, field.name), Directive("join__field", arguments))


def _is_needed(
    context: MergeContext,
    parent: TypeDefinition,
    sources: Sources[Field],
    overrides: Overrides,
) -> bool:
    if overrides.used or overrides.labels:
        return True
    for index, source in sources.items():
        if overrides.is_absent(index):
            return True
        if (parent.name, source.name) in context.facts[index].external:
            return True
        if source.directives and (use_of(source, REQUIRES) or use_of(source, PROVIDES)):
            return True
        if source.arguments and _context_arguments(context, index, source):
            return True
    return False


def _context_arguments(context: MergeContext, index: int, source: Field) -> list[Value]:
    found: list[Value] = []
    for argument in source.arguments.values():
        reference = context_reference(argument)
        if reference is not None:
            name, selections = reference
            found.append(
                {
                    "context": context_name(context.schemas[index], name),
                    "name": argument.name,
                    "type": argument.type,
                    "selection": f"{{ {print_selections(selections)} }}",
                }
            )
    return found
