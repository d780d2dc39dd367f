"""What composing says, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from router.checks.files import excerpt
from router.composition.remedies import remedy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.checks.subgraph_sources import LoadedSubgraph
    from router.composition import Composition, CompositionError, CompositionHint


def composition_record(composition: Composition) -> dict[str, Any]:
    """For programs: `{"ok", "supergraph", "errors", "hints"}`."""
    return {
        "ok": composition.supergraph is not None,
        "supergraph": composition.supergraph,
        "errors": [_finding_record(error) for error in composition.errors],
        "hints": [_finding_record(hint) for hint in composition.hints],
    }


def _finding_record(finding: CompositionError | CompositionHint) -> dict[str, Any]:
    return {
        "code": finding.code,
        "message": finding.message,
        "subgraphs": list(finding.subgraphs),
        "locations": [
            {"subgraph": at.subgraph, "line": at.line, "column": at.column}
            for at in finding.locations
        ],
    }


def findings_text(composition: Composition, subgraphs: Sequence[LoadedSubgraph]) -> str:
    """Errors and hints, each with the SDL lines it is about."""
    by_name = {subgraph.name: subgraph for subgraph in subgraphs}
    lines: list[str] = []
    for kind, findings in (("error", composition.errors), ("hint", composition.hints)):
        for finding in findings:
            where = "" if finding.locations else f" ({', '.join(finding.subgraphs)})"
            lines.append(f"{kind} {finding.code}: {finding.message}{where}")
            for at in finding.locations:
                subgraph = by_name[at.subgraph]
                lines.append(f"  {at.subgraph}: {subgraph.source}:{at.line}:{at.column}")
                if shown := excerpt(subgraph.sdl, at.line, at.column):
                    lines.append(shown)
            if advice := remedy(finding.code):
                lines.append(f"  {advice}")
    return "".join(f"{line}\n" for line in lines)
