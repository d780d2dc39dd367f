"""The results as tables, a picture and numbers for programs."""

from __future__ import annotations

import json
import os
import platform
import statistics
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLOURS = ("#2563eb", "#b45309", "#0f766e", "#7c3aed", "#be123c", "#475569")
BAR_HEIGHT = 22
PANEL_WIDTH = 860
LABEL_WIDTH = 220
BARS_WIDTH = 480


@dataclass(frozen=True, slots=True)
class Bar:
    """How many times cheaper than a peer the first contender has to be."""

    workload: str
    peer: str
    times: float
    measure: str = "cpu_us"
    stretch: float | None = None


HIVE, APOLLO = "Hive Gateway, Rust planner", "Apollo Gateway"
BARS = (
    Bar("two fetches, 20 tasks, unique", HIVE, 8),
    Bar("two fetches, 20 tasks, unique", APOLLO, 10),
    Bar("two fetches, 500 tasks, unique", HIVE, 8),
    Bar("two fetches, 500 tasks, unique", APOLLO, 13),
    Bar("one fetch, 20 tasks, unique", HIVE, 11),
    Bar("nested, four subgraphs, unique", HIVE, 4),
    Bar("two fetches, 20 tasks, unique", HIVE, 5, "added_p50_us"),
    Bar("two fetches, 20 tasks, unique", "Grafbase", 1),
    Bar("two fetches, 500 tasks, unique", "Grafbase", 1),
    Bar("one fetch, 20 tasks, unique", "Grafbase", 1),
)
MEASURES = {"cpu_us": "CPU", "added_p50_us": "p50 added to that of the stubs, one connection"}


@dataclass(frozen=True, slots=True)
class ContenderResult:
    name: str
    version: str
    memory_mib: float
    workloads: Mapping[str, Mapping[str, float]]
    """Workload name to medians; see `measure.Samples.medians`."""
    start_s: float | None = None
    """None when what was started is not one thing."""
    is_ours: bool = False
    """It is held against the bars."""
    cpu_us_by_round: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Workload name to the CPU time of a request, one entry a round."""

    def times_less(self, peer: ContenderResult, workload: str, measure: str) -> float | None:
        """How many times less it takes than a peer; None if that was not measured for both.

        CPU time is compared round by round, since a shared machine is now fast and now slow.
        """
        own = self.workloads.get(workload, {}).get(measure)
        theirs = peer.workloads.get(workload, {}).get(measure)
        if own is None or theirs is None:
            return None
        if measure != "cpu_us":
            return theirs / own
        rounds = zip(self.cpu_us_by_round[workload], peer.cpu_us_by_round[workload], strict=True)
        return statistics.median(of_peer / of_own for of_own, of_peer in rounds)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a report is about, and under which name its files are found."""

    name: str
    title: str
    made_by: str
    bars: Sequence[Bar]


ROUTERS = Subject("router", "Routers over stub subgraphs", "make bench", BARS)


@dataclass(frozen=True, slots=True)
class Results:
    contenders: Sequence[ContenderResult]
    skipped: Sequence[tuple[str, str]]
    settings: str
    machine: str
    date: str
    subject: Subject = ROUTERS
    appendix: Sequence[str] = ()
    """Further lines of the table file."""

    def workload_names(self) -> list[str]:
        return list(dict.fromkeys(name for c in self.contenders for name in c.workloads))


def machine() -> str:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), model)
    return f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}"


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def write(results: Results, folder: Path) -> list[Path]:
    """Write a table, a picture and numbers into `folder`; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    name = results.subject.name
    files = {
        f"{name}.md": markdown(results),
        f"{name}.svg": picture(results),
        f"{name}.json": json.dumps(as_json(results), indent=1) + "\n",
    }
    for file, text in files.items():
        (folder / file).write_text(text)
    return [folder / file for file in files]


def markdown(results: Results) -> str:
    made_by = f"Made by `{results.subject.made_by}`"
    lines = [
        f"# {results.subject.title}",
        "",
        f"{results.date}; {results.machine}; {results.settings}.",
        f"{made_by}; [benchmarks/README.md](../README.md) says how it is measured.",
        "",
        f"![CPU time of a request]({results.subject.name}.svg)",
        "",
        *contenders_table(results.contenders),
    ]
    lines += bars_table(results.contenders, results.subject.bars)
    for name in results.workload_names():
        lines += ["", f"## {name}", "", *workload_table(results.contenders, name)]
    lines += results.appendix
    if results.skipped:
        lines += ["", "## Skipped", "", *(f"- {who}: {why}" for who, why in results.skipped)]
    return "\n".join(lines) + "\n"


def contenders_table(contenders: Sequence[ContenderResult]) -> list[str]:
    """Versions, memory, and the time to start where one thing was started."""
    columns = ["contender", "version", "memory, MiB"]
    rows = [[c.name, c.version, f"{c.memory_mib:.0f}"] for c in contenders]
    if all(c.start_s is not None for c in contenders):
        columns.append("start, s")
        rows = [[*row, f"{c.start_s:.2f}"] for row, c in zip(rows, contenders, strict=True)]
    return [_row(columns), "|---" * len(columns) + "|", *map(_row, rows)]


def bars_table(contenders: Sequence[ContenderResult], bars: Sequence[Bar]) -> list[str]:
    """How far our own contenders are from what they have to reach; empty without its peers."""
    by_name = {c.name: c for c in contenders}
    ours = [c for c in contenders if c.is_ours]
    rows = []
    for bar in bars:
        if (peer := by_name.get(bar.peer)) is None:
            continue
        times = [each.times_less(peer, bar.workload, bar.measure) for each in ours]
        if times[0] is None:
            continue
        stretch = "" if bar.stretch is None else f"{bar.stretch:.0f}"
        cells = [bar.workload, MEASURES[bar.measure], bar.peer, f"{bar.times:.0f}", stretch]
        rows.append([*cells, *(_against(bar, measured) for measured in times)])
    if not rows:
        return []
    columns = ["workload", "of", "peer", "bar", "stretch", *(c.name for c in ours)]
    head = [_row(columns), "|---" * len(columns) + "|"]
    return ["", "## Times less than a peer", "", *head, *map(_row, rows)]


def _against(bar: Bar, times: float | None) -> str:
    if times is None:
        return ""
    return f"{times:.1f}" if times >= bar.times else f"{times:.1f}, missed"


def workload_table(contenders: Sequence[ContenderResult], name: str) -> list[str]:
    measured = [c for c in contenders if name in c.workloads]
    first = measured[0].workloads[name]
    columns = [
        "contender",
        "CPU, µs a request",
        f"of {contenders[0].name}",
        "requests a second",
        "p50, ms",
        "p99, ms",
        "p50 with one connection, ms",
    ]
    tells_added = "added_p50_us" in first
    if tells_added:
        columns.append("of which added, ms")
    lines = [f"Answer: {first['answer_bytes'] / 1000:.1f} kB.", "", _row(columns)]
    lines.append("|---" * len(columns) + "|")
    for contender in measured:
        row = contender.workloads[name]
        cells = [
            contender.name,
            f"{row['cpu_us']:.0f}",
            f"{row['cpu_us'] / first['cpu_us']:.1f}",
            f"{row['per_second']:.0f}",
            f"{row['p50_us'] / 1000:.2f}",
            f"{row['p99_us'] / 1000:.2f}",
            f"{row['alone_p50_us'] / 1000:.2f}",
        ]
        if tells_added:
            cells.append(f"{row['added_p50_us'] / 1000:.2f}")
        lines.append(_row(cells))
    return lines


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def picture(results: Results) -> str:
    """One panel of bars for every workload: CPU time of a request, linear, from zero."""
    panels: list[str] = []
    top = 48
    for name in results.workload_names():
        rows = [
            (c.name, c.workloads[name]["cpu_us"]) for c in results.contenders if name in c.workloads
        ]
        panels.append(panel(name, rows, top))
        top += 40 + BAR_HEIGHT * len(rows)
    title = "CPU time of a request, µs (less is better)"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{PANEL_WIDTH}" height="{top}" '
        f'viewBox="0 0 {PANEL_WIDTH} {top}" font-family="system-ui, sans-serif" font-size="13">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n'
        f'<text x="16" y="28" font-size="17" font-weight="600">{title}</text>\n'
        + "\n".join(panels)
        + "\n</svg>\n"
    )


def panel(name: str, rows: Sequence[tuple[str, float]], top: int) -> str:
    greatest = max(value for _, value in rows)
    parts = [f'<text x="16" y="{top + 18}" font-weight="600">{escape(name)}</text>']
    for index, (contender, value) in enumerate(rows):
        y = top + 26 + index * BAR_HEIGHT
        width = max(1.0, value / greatest * BARS_WIDTH)
        parts.append(
            f'<text x="{LABEL_WIDTH - 8}" y="{y + 15}" text-anchor="end">{escape(contender)}</text>'
            f'<rect x="{LABEL_WIDTH}" y="{y + 3}" width="{width:.1f}" height="{BAR_HEIGHT - 6}" '
            f'fill="{COLOURS[index % len(COLOURS)]}"/>'
            f'<text x="{LABEL_WIDTH + width + 6:.1f}" y="{y + 15}">{value:,.0f}</text>'
        )
    return "\n".join(parts)


def as_json(results: Results) -> dict[str, object]:
    return {
        "date": results.date,
        "machine": results.machine,
        "settings": results.settings,
        "contenders": [
            {
                "name": c.name,
                "version": c.version,
                "start_s": None if c.start_s is None else round(c.start_s, 3),
                "memory_mib": round(c.memory_mib, 1),
                "workloads": {
                    name: {key: round(value, 1) for key, value in row.items()}
                    for name, row in c.workloads.items()
                },
            }
            for c in results.contenders
        ],
        "skipped": [{"name": who, "reason": why} for who, why in results.skipped],
    }
