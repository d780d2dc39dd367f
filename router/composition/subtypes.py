"""Which type may stand where another is promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.federation.type_refs import is_list, is_non_null, item_type, nullable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from router.federation.document import TypeDefinition


def is_subtype(types: Mapping[str, TypeDefinition], ref: str, of: str) -> bool:
    """Whether every value of type `ref` is one of type `of`."""
    if ref == of:
        return True
    if is_non_null(ref):
        return is_subtype(types, nullable(ref), nullable(of))
    if is_non_null(of) or is_list(ref) != is_list(of):
        return False
    if is_list(ref):
        return is_subtype(types, item_type(ref), item_type(of))
    definition, abstract = types.get(ref), types.get(of)
    if definition is None or abstract is None:
        return False
    return of in definition.interfaces or ref in abstract.members
