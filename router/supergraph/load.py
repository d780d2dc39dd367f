"""Supergraph SDL of the join specification (v0.1 to v0.5) to `Supergraph`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from router.federation.document import Directive, Document, Kind, Source, TypeDefinition
from router.federation.field_set import FieldSetError
from router.federation.sdl_reader import SdlSyntaxError, read_sdl
from router.supergraph.api_schema import print_api_sdl
from router.supergraph.errors import SupergraphError
from router.supergraph.links import LinkedFeatures, read_links
from router.supergraph.model import Subgraph, Supergraph, TypeKind
from router.supergraph.policies import read_costs, read_list_sizes, read_security
from router.supergraph.subgraph_types import JoinReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_KINDS: dict[Kind, TypeKind] = {
    Kind.SCALAR: "scalar",
    Kind.OBJECT: "object",
    Kind.INTERFACE: "interface",
    Kind.UNION: "union",
    Kind.ENUM: "enum",
    Kind.INPUT_OBJECT: "input",
}
_DEFAULT_ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}
_KNOWN_MINORS = range(1, 6)


def load_supergraph(sdl: str) -> Supergraph:
    """Read a supergraph.

    Raises:
        SupergraphError: The text is not SDL, links no known join specification, or contradicts
            itself.
    """
    document = _read(sdl)
    return load_document(document, print_api_sdl(document))


def load_document(document: Document, api_sdl: str = "") -> Supergraph:
    """Read a supergraph that is parsed already; without the text of its API it has no API schema.

    Raises:
        SupergraphError: As `load_supergraph`.
    """
    links = read_links(used for schema in document.schemas for used in schema.directives)
    _check_join(links, document)
    types = {item.name: item for item in document.types if not links.is_feature_type(item.name)}
    graphs = _graphs(document, links)
    possible = _possible_types(types)
    try:
        join = JoinReader(links, {graph: name for graph, (name, _) in graphs.items()}, types)
        by_subgraph = join.read()
    except FieldSetError as error:
        msg = f"supergraph: {error}"
        raise SupergraphError(msg) from error
    return Supergraph(
        api_sdl=api_sdl,
        subgraphs=MappingProxyType(
            {name: Subgraph(name, url, by_subgraph[name]) for name, url in graphs.values()}
        ),
        root_types=MappingProxyType(_root_types(document, types)),
        kinds=MappingProxyType({name: _KINDS[item.kind] for name, item in types.items()}),
        field_types=MappingProxyType(
            {
                name: {field.name: field.type for field in item.fields.values()}
                for name, item in types.items()
                if item.is_composite
            }
        ),
        possible_types=MappingProxyType(possible),
        contexts=MappingProxyType(_contexts(types.values(), links, possible)),
        override_labels=tuple(sorted(join.override_labels)),
        security=MappingProxyType(read_security(types.values(), links)),
        cost=MappingProxyType(read_costs(types.values(), links)),
        list_sizes=MappingProxyType(read_list_sizes(types.values(), links)),
    )


def _read(sdl: str) -> Document:
    try:
        document = read_sdl(sdl)
    except SdlSyntaxError as error:
        line, column = Source(sdl).position(error.offset)
        msg = f"supergraph: {error.message} ({line}:{column})"
        raise SupergraphError(msg) from error
    if document.duplicates:
        first = document.duplicates[0]
        line, column = Source(sdl).position(first.offset)
        msg = f"supergraph: {first.what} {first.coordinate!r} is declared twice ({line}:{column})"
        raise SupergraphError(msg)
    return document


def _check_join(links: LinkedFeatures, document: Document) -> None:
    join = links.by_name.get("join")
    if join is None:
        if any(item.name == "join__Graph" for item in document.types):
            return
        msg = (
            "supergraph: it links no join specification "
            "(@link(url: https://specs.apollo.dev/join/v0.3)); is this a subgraph's schema?"
        )
        raise SupergraphError(msg)
    major, minor = join.version
    if major != 0 or minor not in _KNOWN_MINORS:
        msg = (
            f"supergraph: join specification v{major}.{minor} is unknown; "
            "v0.1 to v0.5 are understood"
        )
        raise SupergraphError(msg)


def _graphs(document: Document, links: LinkedFeatures) -> dict[str, tuple[str, str]]:
    """The enum values of join__Graph: {"AUTH": ("auth", "http://…")}."""
    enum_name, directive_name = links.type("join", "Graph"), links.directive("join", "graph")
    graphs: dict[str, tuple[str, str]] = {}
    for definition in document.types:
        if definition.name != enum_name:
            continue
        for value in definition.values.values():
            used = _first(value.directives, directive_name)
            name = used.arguments.get("name") if used else None
            if used is None or not isinstance(name, str):
                msg = f"supergraph: {enum_name}.{value.name} has no @{directive_name}(name:, url:)"
                raise SupergraphError(msg)
            graphs[value.name] = (name, str(used.arguments.get("url") or ""))
    if not graphs:
        msg = f"supergraph: it has no enum {enum_name}, so no subgraphs"
        raise SupergraphError(msg)
    if len({name for name, _ in graphs.values()}) < len(graphs):
        msg = f"supergraph: two values of {enum_name} have the same name"
        raise SupergraphError(msg)
    return graphs


def _root_types(document: Document, types: Mapping[str, TypeDefinition]) -> dict[str, str]:
    roots = {
        operation: name
        for schema in document.schemas
        for operation, name in schema.operations.items()
    }
    roots = roots or {kind: name for kind, name in _DEFAULT_ROOTS.items() if name in types}
    for operation, name in roots.items():
        if name not in types or types[name].kind is not Kind.OBJECT:
            msg = f"supergraph: {operation} type {name!r} is no object type"
            raise SupergraphError(msg)
    if "query" not in roots:
        msg = "supergraph: it has no query type"
        raise SupergraphError(msg)
    return roots


def _possible_types(types: Mapping[str, TypeDefinition]) -> dict[str, tuple[str, ...]]:
    possible: dict[str, list[str]] = {}
    for name, definition in types.items():
        if definition.kind is Kind.OBJECT:
            possible.setdefault(name, []).append(name)
            for interface in definition.interfaces:
                possible.setdefault(interface, []).append(name)
        elif definition.kind is Kind.UNION:
            possible.setdefault(name, []).extend(definition.members)
        elif definition.kind is Kind.INTERFACE:
            possible.setdefault(name, [])
    return {name: tuple(sorted(members)) for name, members in possible.items()}


def _contexts(
    types: Iterable[TypeDefinition], links: LinkedFeatures, possible: Mapping[str, tuple[str, ...]]
) -> dict[str, frozenset[str]]:
    name = links.directive("context", "context")
    setting: dict[str, set[str]] = {}
    for definition in types:
        for used in definition.directives:
            if used.name == name:
                context = str(used.arguments.get("name"))
                setting.setdefault(context, set()).update(possible.get(definition.name, ()))
    return {context: frozenset(found) for context, found in setting.items()}


def _first(directives: list[Directive], name: str) -> Directive | None:
    return next((used for used in directives if used.name == name), None)
