"""A field that several subgraphs resolve is shareable in all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.merge.overrides import Overrides, unknown_origin
from router.composition.subgraph.schema import use_of
from router.federation.specification import SHAREABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from router.composition.merge.merged_schema import MergeContext, Sources
    from router.federation.document import Field, TypeDefinition


def check_sharing(
    context: MergeContext,
    parent: TypeDefinition,
    name: str,
    sources: Sources[Field],
    overrides: Overrides,
) -> None:
    """Check a field that subgraphs declare on an object type."""
    if parent.name == "Subscription":
        _check_subscription(context, name, sources)
    elif len(sources) == 1 and not parent.interfaces:
        return
    owners = [(index, parent.name) for index in sources if not overrides.is_overridden(index)]
    owners += context.stand_ins(parent, name)
    why = _unknown_origins(context, overrides) if overrides.sources else ""
    _check_owners(context, f"{parent.name}.{name}", name, owners, sources, why)


def check_sharing_of_stand_ins(context: MergeContext, parent: TypeDefinition, name: str) -> None:
    """Check a field that an object type has from @interfaceObject types only."""
    owners = list(context.stand_ins(parent, name))
    sources = {
        index: context.interface_objects[interface][index].fields[name]
        for index, interface in owners
    }
    if len(sources) > 1:
        _check_owners(context, f"{owners[0][1]}.{name}", name, owners, sources)


def _unknown_origins(context: MergeContext, overrides: Overrides) -> str:
    known = {schema.name for schema in context.schemas}
    origins = [str(origin) for origin in overrides.sources.values() if origin not in known]
    return "".join(f"; {unknown_origin(context, origin)}" for origin in origins)


def _check_owners(
    context: MergeContext,
    coordinate: str,
    name: str,
    owners: Iterable[tuple[int, str]],
    sources: Sources[Field],
    why: str = "",
) -> None:
    """`owners` are the subgraphs that declare the field, each with the type it stands on."""
    shareable: dict[int, None] = {}
    others: dict[int, None] = {}
    for index, owner in owners:
        facts = context.facts[index]
        key = (owner, name)
        if key not in facts.external or key in facts.provided:
            (shareable if key in facts.shareable else others)[index] = None
    resolving = others | shareable
    if others and len(resolving) > 1:
        message = (
            f"{coordinate} is resolved by {context.names(resolving)}, "
            f"but it is not @shareable in {context.names(others)}{why}"
        )
        context.error(ErrorCode.INVALID_FIELD_SHARING, message, sources)


def _check_subscription(context: MergeContext, name: str, sources: Sources[Field]) -> None:
    if any(use_of(source, SHAREABLE) for source in sources.values()):
        message = f"Subscription.{name} cannot be @shareable"
        context.error(ErrorCode.INVALID_FIELD_SHARING, message, sources)
