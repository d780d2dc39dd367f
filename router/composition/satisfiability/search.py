"""Walks everything an operation can select and finds what cannot be answered.

A state is an object type together with all nodes it can be read at. A state that offers no less
than one already seen brings nothing new, so each type is looked at a few times only.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from router.composition.satisfiability.reach import Reach
from router.federation.type_refs import named_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from router.query_graph import Node, QueryGraph

Path = tuple[str, ...]
"""Coordinates from a root field down: ("Query.me", "User.company")."""


@dataclass(frozen=True, slots=True)
class Unanswerable:
    """A field that cannot be read by one way of getting to its type.

    Attributes:
        nodes: Where the object can be read; none of them gives the field.
        field: "__typename" when the type behind an @interfaceObject cannot be found out.
    """

    path: Path
    type_name: str
    field: str
    nodes: tuple[Node, ...]


def find_unanswerable(
    graph: QueryGraph, fields: dict[str, tuple[str, ...]]
) -> Iterator[Unanswerable]:
    """Fields that some operation cannot read, each (type, field) once.

    Args:
        graph: For one set of override labels.
        fields: What clients see of every composite type.
    """
    return _Search(graph, fields, Reach(graph)).run()


class _Search:
    def __init__(self, graph: QueryGraph, fields: dict[str, tuple[str, ...]], reach: Reach) -> None:
        self._graph = graph
        self._fields = fields
        self._reach = reach
        self._arrived: set[tuple[str, tuple[Node, ...]]] = set()
        self._seen: dict[str, list[frozenset[Node]]] = {}
        self._reported: set[tuple[str, str]] = set()
        self._waiting: deque[tuple[str, tuple[Node, ...], Path]] = deque()

    def run(self) -> Iterator[Unanswerable]:
        for operation, type_name in self._graph.supergraph.root_types.items():
            roots = self._graph.roots(operation)
            if operation == "mutation":
                yield from self._run_mutations(type_name, roots)
            elif type_name in self._fields:
                self._waiting.append((type_name, roots, ()))
            yield from self._drain()

    def _run_mutations(self, type_name: str, roots: Iterable[Node]) -> Iterator[Unanswerable]:
        """A mutation runs once, so one of the subgraphs that share it must do for everything."""
        for name in self._fields.get(type_name, ()):
            problems: list[Unanswerable] = []
            for node in roots:
                edge = node.fields.get(name)
                if edge is None or edge.target is None:
                    continue
                trial = _Search(self._graph, self._fields, self._reach)
                trial._enter(type_name, name, (edge.target,), ())
                found = list(trial._drain())
                if not found:
                    problems = []
                    break
                problems = problems or found
            for problem in problems:
                if (problem.type_name, problem.field) not in self._reported:
                    self._reported.add((problem.type_name, problem.field))
                    yield problem

    def _drain(self) -> Iterator[Unanswerable]:
        while self._waiting:
            type_name, nodes, path = self._waiting.popleft()
            if self._graph.is_abstract(type_name):
                yield from self._visit_abstract(type_name, nodes, path)
            else:
                yield from self._visit_object(type_name, nodes, path)

    def _visit_abstract(
        self, type_name: str, nodes: tuple[Node, ...], path: Path
    ) -> Iterator[Unanswerable]:
        narrowed = self._reach.narrow(nodes, type_name)
        is_unknown = not narrowed and any(node.is_interface_object for node in nodes)
        if is_unknown and self._graph.possible_types(type_name):
            yield from self._report(path, type_name, "__typename", nodes)
        for member, members in narrowed.items():
            if member in self._fields:
                self._wait(member, members, path)

    def _visit_object(
        self, type_name: str, nodes: tuple[Node, ...], path: Path
    ) -> Iterator[Unanswerable]:
        candidates: dict[str, list[Node]] = {}
        for node in nodes:
            for name in node.fields:
                candidates.setdefault(name, []).append(node)
        for name in self._fields[type_name]:
            edges = [
                edge
                for node in candidates.get(name, ())
                if (edge := self._reach.reads(node, type_name, name))
            ]
            if not edges:
                yield from self._report(path, type_name, name, nodes)
                continue
            targets = [edge.target for edge in edges if edge.target is not None]
            if targets:
                self._enter(type_name, name, targets, path)

    def _enter(self, type_name: str, name: str, targets: Iterable[Node], path: Path) -> None:
        below = named_type(self._graph.supergraph.field_types[type_name][name])
        if below in self._fields:
            unique = tuple(dict.fromkeys(targets))
            self._wait(below, unique, (*path, f"{type_name}.{name}"))

    def _wait(self, type_name: str, nodes: tuple[Node, ...], path: Path) -> None:
        if (type_name, nodes) in self._arrived:
            return
        self._arrived.add((type_name, nodes))
        is_abstract = self._graph.is_abstract(type_name)
        closures = (
            [frozenset(nodes)]
            if is_abstract
            else [self._reach.closure(node, type_name) for node in nodes]
        )
        state = closures[0].union(*closures[1:])
        seen = self._seen.setdefault(type_name, [])
        if any(known <= state for known in seen):
            return
        seen.append(state)
        everywhere = nodes if is_abstract else _in_fixed_order(nodes, closures)
        self._waiting.append((type_name, everywhere, path))

    def _report(
        self, path: Path, type_name: str, name: str, nodes: tuple[Node, ...]
    ) -> Iterator[Unanswerable]:
        if (type_name, name) not in self._reported:
            self._reported.add((type_name, name))
            yield Unanswerable(path, type_name, name, nodes)


def _in_fixed_order(nodes: Iterable[Node], closures: Iterable[frozenset[Node]]) -> tuple[Node, ...]:
    """Each node with its closure, so that messages do not depend on hashing."""
    found: dict[Node, None] = {}
    for node, closure in zip(nodes, closures, strict=True):
        found[node] = None
        others = sorted(closure, key=lambda other: (other.subgraph, other.type_name))
        found.update(dict.fromkeys(others))
    return tuple(found)
