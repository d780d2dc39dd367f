"""Fields that an @interfaceObject adds to an interface become fields of its implementations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from router.composition.merge.shared_fields import check_sharing_of_stand_ins
from router.federation.document import Directive, Kind

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext


def add_interface_object_fields(context: MergeContext) -> None:
    """Copy them where the implementation has no such field itself.

    The copy's @join__field names no graph: the field is reached through the interface.
    """
    for interface in context.merged.types.values():
        if interface.kind is not Kind.INTERFACE:
            continue
        for name in _added_fields(context, interface.name):
            for implementation in context.merged.implementations(interface.name):
                if name in implementation.fields or name not in interface.fields:
                    continue
                implementation.fields[name] = replace(interface.fields[name])
                check_sharing_of_stand_ins(context, implementation, name)
                context.merged.join((implementation.name, name), Directive("join__field", {}))


def _added_fields(context: MergeContext, interface: str) -> dict[str, None]:
    return dict.fromkeys(
        name
        for source in context.interface_objects.get(interface, {}).values()
        for name in source.fields
    )
