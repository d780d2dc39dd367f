"""A query plan as a Mermaid flowchart: a box for each fetch, an arrow for each dependency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.planning.plan_text import path_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.planning.query_plan import Fetch, QueryPlan

_MAX_OPERATION = 160


def plan_mermaid(plan: QueryPlan) -> str:
    """The flowchart, ending in a newline."""
    return "\n".join(["flowchart TD", *_lines(plan)]) + "\n"


def _lines(plan: QueryPlan) -> Iterator[str]:
    yield f'    client(["{plan.operation_kind} {plan.operation_name or ""}"])'.replace(
        ' "])', '"])'
    )
    for fetch in plan.fetches:
        yield f'    f{fetch.id}["{_box(fetch)}"]'
        if not fetch.depends_on:
            yield f"    client --> f{fetch.id}"
        for other in fetch.depends_on:
            yield f"    f{other} --> f{fetch.id}"


def _box(fetch: Fetch) -> str:
    paths = [path_text(path) for call in fetch.entity_calls for path in call.paths]
    if fetch.path:
        paths.append(path_text(fetch.path))
    operation = fetch.operation
    if len(operation) > _MAX_OPERATION:
        operation = operation[: _MAX_OPERATION - 1] + "…"
    lines = [f"{fetch.id}: {fetch.subgraph}"]
    lines += [f"at {path}" for path in dict.fromkeys(paths)]
    lines += [
        f"{'if' if condition.value else 'unless'} ${condition.variable}"
        for condition in fetch.conditions
    ]
    lines += [operation, fetch.reason]
    return "<br/>".join(_escaped(line) for line in lines if line)


def _escaped(text: str) -> str:
    """Mermaid ends a label at a quote and reads # as the start of an entity."""
    for plain, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(plain, entity)
    return text
