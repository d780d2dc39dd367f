"""What composing says, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from router.checks.files import excerpt
from router.composition.remedies import remedy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


def findings_text(
    composition: Composition, subgraphs: Sequence[LoadedSubgraph], *, shows_hints: bool
) -> str:
    """Errors, each with the SDL lines it is about and what helps; hints or how many there are."""
    sdl = {subgraph.name: subgraph for subgraph in subgraphs}
    lines: list[str] = []
    for error in composition.errors:
        lines += [f"error {_headline(error)}", *_places(error, sdl)]
        if advice := remedy(error.code):
            lines.append(f"  {advice}")
    if shows_hints:
        for hint in composition.hints:
            lines += [f"hint {_headline(hint)}", *_places(hint, sdl)]
    elif composition.hints:
        count = len(composition.hints)
        lines.append(f"{count} hint{'s' if count > 1 else ''}; --hints shows them")
    return "".join(f"{line}\n" for line in lines)


def _headline(finding: CompositionError | CompositionHint) -> str:
    where = "" if finding.locations else f" ({', '.join(finding.subgraphs)})"
    return f"{finding.code}: {finding.message}{where}"


def _places(
    finding: CompositionError | CompositionHint, subgraphs: Mapping[str, LoadedSubgraph]
) -> Iterator[str]:
    for at in finding.locations:
        subgraph = subgraphs[at.subgraph]
        yield f"  {at.subgraph}: {subgraph.source}:{at.line}:{at.column}"
        if shown := excerpt(subgraph.sdl, at.line, at.column):
            yield shown
