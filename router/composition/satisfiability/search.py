"""Walks everything an operation can select and finds what cannot be answered.

A state is an object type together with all nodes it can be read at, and the contexts that objects
above it set. A state that offers no less than one already seen brings nothing new, so each type is
looked at a few times only.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

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


class _State(NamedTuple):
    """Where a walk has arrived.

    Attributes:
        contexts: Names of those that objects above set.
    """

    type_name: str
    nodes: tuple[Node, ...]
    contexts: frozenset[str] = frozenset()
    path: Path = ()


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
        self._arrived: set[tuple[str, tuple[Node, ...], frozenset[str]]] = set()
        self._seen: dict[str, list[tuple[frozenset[Node], frozenset[str]]]] = {}
        self._reported: set[tuple[str, str]] = set()
        self._waiting: deque[_State] = deque()

    def run(self) -> Iterator[Unanswerable]:
        for operation, type_name in self._graph.supergraph.root_types.items():
            roots = self._graph.roots(operation)
            if operation == "mutation":
                yield from self._run_mutations(type_name, roots)
            elif type_name in self._fields:
                self._waiting.append(_State(type_name, roots))
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
                trial._enter(_State(type_name, (node,)), name, (edge.target,))
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
            state = self._waiting.popleft()
            if self._graph.is_abstract(state.type_name):
                yield from self._visit_abstract(state)
            else:
                yield from self._visit_object(state)

    def _visit_abstract(self, state: _State) -> Iterator[Unanswerable]:
        type_name, nodes = state.type_name, state.nodes
        narrowed = self._reach.narrow(nodes, type_name)
        is_unknown = not narrowed and any(node.is_interface_object for node in nodes)
        if is_unknown and self._graph.possible_types(type_name):
            yield from self._report(state, "__typename")
        for member, members in narrowed.items():
            if member in self._fields:
                self._wait(state._replace(type_name=member, nodes=members))

    def _visit_object(self, state: _State) -> Iterator[Unanswerable]:
        type_name = state.type_name
        candidates: dict[str, list[Node]] = {}
        for node in state.nodes:
            for name in node.fields:
                candidates.setdefault(name, []).append(node)
        for name in self._fields[type_name]:
            edges = [
                edge
                for node in candidates.get(name, ())
                if (edge := self._reach.reads(node, type_name, name))
                and all(argument.context in state.contexts for argument in edge.contexts)
            ]
            if not edges:
                yield from self._report(state, name)
                continue
            targets = [edge.target for edge in edges if edge.target is not None]
            if targets:
                self._enter(state, name, targets)

    def _enter(self, state: _State, name: str, targets: Iterable[Node]) -> None:
        below = named_type(self._graph.supergraph.field_types[state.type_name][name])
        if below in self._fields:
            unique = tuple(dict.fromkeys(targets))
            contexts = state.contexts | self._contexts_of(state.type_name)
            self._wait(_State(below, unique, contexts, (*state.path, f"{state.type_name}.{name}")))

    def _contexts_of(self, type_name: str) -> frozenset[str]:
        """Those that objects of the type set."""
        contexts = self._graph.supergraph.contexts
        return frozenset(name for name, types in contexts.items() if type_name in types)

    def _wait(self, state: _State) -> None:
        """Visit a state later, unless one that offers no more was or will be visited."""
        type_name, nodes, contexts, _ = state
        if (type_name, nodes, contexts) in self._arrived:
            return
        self._arrived.add((type_name, nodes, contexts))
        is_abstract = self._graph.is_abstract(type_name)
        closures = (
            [frozenset(nodes)]
            if is_abstract
            else [self._reach.closure(node, type_name) for node in nodes]
        )
        offered = closures[0].union(*closures[1:])
        seen = self._seen.setdefault(type_name, [])
        if any(known <= offered and above <= contexts for known, above in seen):
            return
        seen.append((offered, contexts))
        everywhere = nodes if is_abstract else _in_fixed_order(nodes, closures)
        self._waiting.append(state._replace(nodes=everywhere))

    def _report(self, state: _State, name: str) -> Iterator[Unanswerable]:
        if (state.type_name, name) not in self._reported:
            self._reported.add((state.type_name, name))
            yield Unanswerable(state.path, state.type_name, name, state.nodes)


def _in_fixed_order(nodes: Iterable[Node], closures: Iterable[frozenset[Node]]) -> tuple[Node, ...]:
    """Each node with its closure, so that messages do not depend on hashing."""
    found: dict[Node, None] = {}
    for node, closure in zip(nodes, closures, strict=True):
        found[node] = None
        others = sorted(closure, key=lambda other: (other.subgraph, other.type_name))
        found.update(dict.fromkeys(others))
    return tuple(found)
