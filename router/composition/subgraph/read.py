"""SDL text to `SubgraphSchema`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subgraph.assemble import assemble_directives, assemble_types
from router.composition.subgraph.coerce_defaults import coerce_defaults
from router.composition.subgraph.expand import (
    directive_names,
    drop_entity_fields,
    rename_directives,
    take_out_definitions,
    unwrap_field_sets,
)
from router.composition.subgraph.read_links import federation_version, read_links
from router.composition.subgraph.roots import rename_roots
from router.composition.subgraph.schema import SubgraphSchema
from router.federation.document import Source
from router.federation.sdl_reader import SdlSyntaxError, read_sdl
from router.federation.specification import LINK_DIRECTIVE

if TYPE_CHECKING:
    from router.composition.report import Report
    from router.composition.result import SubgraphDefinition


def read_subgraph(
    definition: SubgraphDefinition, graph: str, report: Report
) -> SubgraphSchema | None:
    """Read one subgraph; None when it is so broken that nothing more can be said about it.

    `graph` is its value of join__Graph.
    """
    name, source = definition.name, Source(definition.sdl)
    report.add_source(name, source)
    own_report = report.of(name)
    errors_before = report.error_count()
    try:
        document = read_sdl(definition.sdl)
    except SdlSyntaxError as error:
        own_report.error(ErrorCode.INVALID_GRAPHQL, error.message, error.offset)
        return None
    for duplicate in document.duplicates:
        message = f'The {duplicate.what} "{duplicate.coordinate}" is there twice'
        own_report.error(ErrorCode.INVALID_GRAPHQL, message, duplicate.offset)
    links = read_links(document, own_report)
    types = assemble_types(document, own_report)
    directives = assemble_directives(document, own_report)
    if report.error_count() > errors_before:
        return None
    rename_directives(document, directive_names(links, directives))
    unwrap_field_sets(document)
    allowed = take_out_definitions(types, directives, links, own_report)
    types = rename_roots(document, types, own_report)
    drop_entity_fields(types)
    coerce_defaults(types, directives)
    if report.error_count() > errors_before:
        return None
    return SubgraphSchema(
        name=name,
        url=definition.url,
        graph=graph,
        source=source,
        links=links,
        version=federation_version(links),
        types=types,
        directives=directives,
        schema_directives=[
            use
            for schema in document.schemas
            for use in schema.directives
            if use.name != LINK_DIRECTIVE
        ],
        description=next((s.description for s in document.schemas if s.description), None),
        federation_directives=allowed,
    )
