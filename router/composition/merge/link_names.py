"""A directive of federation that goes into the supergraph has one name in all subgraphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.merge.applied_directives import SPECIFIED
from router.federation.specification import FEDERATION, shown

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext
    from router.composition.report import Place


def check_link_names(context: MergeContext) -> None:
    """Compare only subgraphs that import the directive: the others use no plain name for it."""
    for canonical in sorted(SPECIFIED):
        found: dict[str, list[Place]] = {}
        for schema in context.schemas:
            link = schema.links.by_identity.get(FEDERATION)
            plain = shown(canonical)
            for element in link.imports if link else ():
                if element.name == plain:
                    found.setdefault(element.alias, []).append(schema.place(link.offset))  # type: ignore[union-attr]
        if len(found) > 1:
            aliases = ", ".join(sorted(found))
            message = f"{shown(canonical)} is imported under different names: {aliases}"
            places = [place for listed in found.values() for place in listed]
            context.report.error(ErrorCode.LINK_IMPORT_NAME_MISMATCH, message, places)
