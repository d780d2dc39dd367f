"""`explain`: what a supergraph says of a type or field, or what a code of composition means."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from router.checks.authorization import needs_in_words
from router.checks.errors import CheckInputError
from router.composition.codes import ErrorCode, HintCode
from router.composition.remedies import remedy
from router.federation.field_set import print_field_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.supergraph.model import Subgraph, SubgraphField, SubgraphType, Supergraph


def explain_code(code: str) -> str | None:
    """What a code of composition means and what helps; None if there is no such code."""
    for catalogue in (ErrorCode, HintCode):
        if code in catalogue.__members__:
            return f"{catalogue[code].value}\n{remedy(code)}".rstrip()
    return None


def unknown_code(code: str) -> str:
    """That there is no such code, with the nearest one."""
    return _unknown("code of composition", code, [*ErrorCode.__members__, *HintCode.__members__])


def explain_coordinate(supergraph: Supergraph, coordinate: str) -> str:
    """Who answers a type or field (`User`, `User.email`), with which key, and who may read it.

    Raises:
        CheckInputError: The supergraph has no such coordinate.
    """
    type_name, _, field_name = coordinate.partition("(")[0].partition(".")
    refuse_unknown(supergraph, type_name, field_name)
    lines = [_headline(supergraph, type_name, field_name)]
    for subgraph in supergraph.subgraphs.values():
        definition = subgraph.types.get(type_name)
        if definition is None:
            continue
        if not field_name:
            lines.extend(_type_lines(subgraph, definition))
        elif field_name in definition.fields:
            lines.extend(_field_lines(subgraph, definition, definition.fields[field_name]))
    lines.extend(_policy_lines(supergraph, type_name, field_name))
    return "\n".join(lines)


def refuse_unknown(supergraph: Supergraph, type_name: str, field_name: str = "") -> None:
    """Raise for a type or field that the supergraph does not have; names the nearest one."""
    if type_name not in supergraph.kinds:
        raise CheckInputError(_unknown("type", type_name, list(supergraph.kinds)))
    fields = supergraph.field_types.get(type_name, {})
    if field_name and field_name not in fields:
        raise CheckInputError(_unknown(f"field of {type_name}", field_name, list(fields)))


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"no {what} is called {name}" + (f"; is it {near[0]}?" if near else "")


def _headline(supergraph: Supergraph, type_name: str, field_name: str) -> str:
    if field_name:
        return f"{type_name}.{field_name}: {supergraph.field_types[type_name][field_name]}"
    return f"{supergraph.kinds[type_name]} {type_name}"


def _type_lines(subgraph: Subgraph, definition: SubgraphType) -> Iterator[str]:
    note = " as an @interfaceObject" if definition.is_interface_object else ""
    yield f"- {subgraph.name} defines it{note}: {', '.join(definition.fields)}"
    for key in definition.keys:
        note = "" if key.is_resolvable else ", which it does not resolve"
        yield f"    @key {print_field_set(key.fields)}{note}"


def _field_lines(
    subgraph: Subgraph, definition: SubgraphType, field: SubgraphField
) -> Iterator[str]:
    if field.is_external:
        yield f"- {subgraph.name} names it only: it is @external there"
        return
    yield f"- {subgraph.name} answers it, as {field.type}"
    if field.active_if is not None:
        yield f"    while the label {field.active_if} is on"
    if field.inactive_if is not None:
        yield f"    while the label {field.inactive_if} is off"
    if field.requires:
        yield f"    from {print_field_set(field.requires)}, read elsewhere first"
    if field.provides:
        yield f"    and with it {print_field_set(field.provides)}"
    keys = [print_field_set(key.fields) for key in definition.keys if key.is_resolvable]
    if keys:
        yield f"    other subgraphs get there by {' or '.join(keys)}"


def _policy_lines(supergraph: Supergraph, type_name: str, field_name: str) -> Iterator[str]:
    coordinate = (type_name, field_name) if field_name else type_name
    security = supergraph.security.get(coordinate)
    if security is not None:
        for need in needs_in_words(security):
            yield f"- needs {need}"
    if coordinate in supergraph.cost:
        yield f"- costs {supergraph.cost[coordinate]}"
    size = supergraph.list_sizes.get(coordinate)
    if size is not None:
        yield f"- counts as {size.assumed_size} items" + (
            f" unless {' or '.join(size.slicing_arguments)} says otherwise"
            if size.slicing_arguments
            else ""
        )
