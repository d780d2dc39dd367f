"""Subgraphs in, supergraph out. The phases of composition, in order.

Each phase reports all it finds; the next one starts only when nothing is wrong so far, so that no
error is told twice in two disguises.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

from router.composition.contracts import apply_contract
from router.composition.merge.merge_subgraphs import merge_subgraphs
from router.composition.print_supergraph import print_supergraph
from router.composition.report import Report
from router.composition.result import Composition, SubgraphDefinition
from router.composition.rules.rule import RuleContext
from router.composition.rules.subgraph_rules import (
    FEDERATION_RULES,
    GRAPHQL_RULES,
    LINK_RULES,
    apply_rules,
)
from router.composition.satisfiability.check_satisfiability import check_satisfiability
from router.composition.subgraph.facts import Facts, facts_of
from router.composition.subgraph.names import check_names, graph_names
from router.composition.subgraph.read import read_subgraph
from router.composition.subgraph.upgrade import upgrade
from router.composition.supergraph_rules.supergraph_rules import check_supergraph

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from router.composition.contracts import Contract
    from router.composition.subgraph.schema import SubgraphSchema


def compose(
    definitions: Sequence[SubgraphDefinition], *, contract: Contract | None = None
) -> Composition:
    """Compose subgraphs into a supergraph.

    Pure and deterministic: the order of `definitions` does not matter, and the same subgraphs give
    the same bytes. Never raises for what the subgraphs contain.

    Args:
        definitions: The subgraphs.
        contract: Hides what an audience is not to see.
    """
    with _cycle_collector_paused():
        return _compose(definitions, contract)


@contextmanager
def _cycle_collector_paused() -> Iterator[None]:
    """Spare a fifth of the time, in which the collector would walk all that is built over and over.

    What is built holds hardly any cycles and lives until composition ends.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _compose(definitions: Sequence[SubgraphDefinition], contract: Contract | None) -> Composition:
    report = Report()
    ordered = sorted(definitions, key=lambda definition: definition.name)
    check_names(ordered, report)
    if report.has_errors():
        return _result(report)
    schemas = _read(ordered, report)
    facts = _validate(schemas, report, all_read=len(schemas) == len(ordered))
    if report.has_errors():
        return _result(report)
    context = merge_subgraphs(schemas, facts, report)
    if not report.has_errors():
        if contract is not None:
            apply_contract(context.merged, contract)
        check_supergraph(context)
    if report.has_errors():
        return _result(report)
    check_satisfiability(context)
    if report.has_errors():
        return _result(report)
    return _result(report, print_supergraph(context.merged, schemas))


def _read(definitions: Sequence[SubgraphDefinition], report: Report) -> list[SubgraphSchema]:
    """The subgraphs that can be read and follow the GraphQL specification."""
    graphs = graph_names([definition.name for definition in definitions])
    schemas: list[SubgraphSchema] = []
    for definition in definitions:
        schema = read_subgraph(definition, graphs[definition.name], report)
        if schema is None:
            continue
        rule_context = RuleContext(schema, Facts(), report)
        if apply_rules(rule_context, GRAPHQL_RULES) and apply_rules(rule_context, LINK_RULES):
            schemas.append(schema)
    return schemas


def _validate(schemas: Sequence[SubgraphSchema], report: Report, *, all_read: bool) -> list[Facts]:
    """Bring all subgraphs to federation 2, then apply its rules to each.

    An upgrade looks at the other subgraphs; with one of them unreadable only subgraphs that need no
    upgrade are judged.
    """
    if all_read:
        upgrade(schemas, report)
        if report.has_errors():
            return []
    facts: list[Facts] = []
    for schema in schemas:
        facts.append(facts_of(schema))
        if all_read or not schema.is_federation_1:
            apply_rules(RuleContext(schema, facts[-1], report), FEDERATION_RULES)
    return facts


def _result(report: Report, supergraph: str | None = None) -> Composition:
    return Composition(supergraph, report.errors, report.hints)
