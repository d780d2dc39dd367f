"""All rules for the merged schema, in the order their errors are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.supergraph_rules.authorization import transitive_authorization
from router.composition.supergraph_rules.implemented_fields import implemented_fields
from router.composition.supergraph_rules.inaccessible import inaccessible
from router.composition.supergraph_rules.inaccessible_defaults import inaccessible_defaults
from router.composition.supergraph_rules.required_arguments import required_arguments
from router.composition.supergraph_rules.shared_runtime_types import shared_runtime_types
from router.composition.supergraph_rules.union_members import union_members

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext

_RULES = (
    implemented_fields,
    union_members,
    required_arguments,
    inaccessible,
    inaccessible_defaults,
    transitive_authorization,
    shared_runtime_types,
)


def check_supergraph(context: MergeContext) -> None:
    """Report what is wrong with the supergraph as a whole."""
    for rule in _RULES:
        rule(context)
