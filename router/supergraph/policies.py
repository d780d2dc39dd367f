"""What a supergraph says about who may read what, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.supergraph.model import Coordinate, ListSize, SecurityRequirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from router.federation.document import Directive, TypeDefinition
    from router.federation.values import Value
    from router.supergraph.links import LinkedFeatures


def read_security(
    types: Iterable[TypeDefinition], links: LinkedFeatures
) -> dict[Coordinate, SecurityRequirement]:
    """@authenticated, @requiresScopes and @policy, by type name or (type, field)."""
    authenticated = links.directive("authenticated", "authenticated")
    scopes = links.directive("requiresScopes", "requiresScopes")
    policy = links.directive("policy", "policy")
    names = (authenticated, scopes, policy)
    found: dict[Coordinate, SecurityRequirement] = {}
    for coordinate, directives in _places(types):
        if not any(used.name in names for used in directives):
            continue
        requirement = SecurityRequirement(
            authenticated=any(used.name == authenticated for used in directives),
            scopes=_alternatives(directives, scopes, "scopes"),
            policies=_alternatives(directives, policy, "policies"),
        )
        if requirement != SecurityRequirement():
            found[coordinate] = requirement
    return found


def read_costs(types: Iterable[TypeDefinition], links: LinkedFeatures) -> dict[Coordinate, int]:
    """@cost weights, by type name, (type, field) or (type, field, argument)."""
    name = links.directive("cost", "cost")
    found: dict[Coordinate, int] = {}
    for coordinate, directives in _places(types):
        for used in directives:
            weight = used.arguments.get("weight")
            if used.name == name and isinstance(weight, int):
                found[coordinate] = weight
    return found


def read_list_sizes(
    types: Iterable[TypeDefinition], links: LinkedFeatures
) -> dict[Coordinate, ListSize]:
    """@listSize, by (type, field)."""
    name = _list_size_name(links)
    found: dict[Coordinate, ListSize] = {}
    for coordinate, directives in _places(types):
        for used in directives:
            if used.name == name:
                found[coordinate] = ListSize(
                    assumed_size=used.arguments.get("assumedSize"),
                    slicing_arguments=_strings(used.arguments.get("slicingArguments")),
                    sized_fields=_strings(used.arguments.get("sizedFields")),
                    needs_one=used.arguments.get("requireOneSlicingArgument", True) is not False,
                )
    return found


def _list_size_name(links: LinkedFeatures) -> str:
    """`@listSize` belongs to the cost feature; a supergraph may import it or print it bare."""
    cost = links.by_name.get("cost")
    return "listSize" if cost is None else cost.directive("listSize")


def _places(types: Iterable[TypeDefinition]) -> Iterator[tuple[Coordinate, list[Directive]]]:
    for definition in types:
        if definition.directives:
            yield definition.name, definition.directives
        for field in definition.fields.values():
            if field.directives:
                yield (definition.name, field.name), field.directives
            for argument in field.arguments.values():
                if argument.directives:
                    yield (definition.name, field.name, argument.name), argument.directives
        for value in definition.input_fields.values():
            if value.directives:
                yield (definition.name, value.name), value.directives


def _alternatives(
    directives: list[Directive], name: str, argument: str
) -> tuple[tuple[str, ...], ...]:
    for used in directives:
        if used.name == name:
            groups = used.arguments.get(argument) or ()
            return tuple(_strings(group) for group in groups)
    return ()


def _strings(value: Value) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)
