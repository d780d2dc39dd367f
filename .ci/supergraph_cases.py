"""Composes the conformance suites and compares with the supergraphs given for them.

    python .ci/supergraph_cases.py CASES_FOLDER

Compared is what both say, in any order: types with kind, interfaces, members and values; fields
with types, arguments and defaults; and every @join__ directive with its arguments. Exit code 0
when all are equal.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from router.composition import SubgraphDefinition, compose
from router.federation.document import Directive, Document, InputValue, TypeDefinition
from router.federation.sdl_reader import read_sdl

_MACHINERY = ("join__", "link__")
_DEFAULTS = {"extension": False, "resolvable": True, "isInterfaceObject": False, "external": False}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", type=Path)
    folder = parser.parse_args().cases
    different = 0
    suites = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    for suite in suites:
        problems = list(_problems(suite["subgraphs"], suite["supergraph"]))
        different += bool(problems)
        for problem in problems:
            print(f"{suite['suite']}: {problem}")
    print(f"{len(suites) - different} passed, {different} failed")
    return 1 if different or not suites else 0


def _problems(subgraphs: list[dict[str, str]], given: str) -> Iterator[str]:
    composition = compose(
        [SubgraphDefinition(s["name"], f"http://{s['name']}", s["sdl"]) for s in subgraphs]
    )
    if composition.supergraph is None:
        yield f"refused: {composition.errors[0].code} {composition.errors[0].message}"
        return
    ours, theirs = Counter(_facts(composition.supergraph)), Counter(_facts(given))
    for fact in sorted((theirs - ours).elements()):
        yield f"missing: {fact}"
    for fact in sorted((ours - theirs).elements()):
        yield f"too much: {fact}"


def _facts(sdl: str) -> Iterator[str]:
    document: Document = read_sdl(sdl)
    for definition in document.types:
        if not definition.name.startswith(_MACHINERY):
            yield from _type_facts(definition)


def _type_facts(definition: TypeDefinition) -> Iterator[str]:
    name = definition.name
    yield f"{definition.kind.value} {name}"
    yield from (f"{name} implements {other}" for other in definition.interfaces)
    yield from (f"{name} has member {member}" for member in definition.members)
    yield from _join_facts(name, definition.directives)
    for field in definition.fields.values():
        coordinate = f"{name}.{field.name}"
        yield f"{coordinate}: {field.type}"
        yield from (_input_fact(coordinate, value) for value in field.arguments.values())
        yield from _join_facts(coordinate, field.directives)
    for value in definition.input_fields.values():
        yield _input_fact(name, value)
        yield from _join_facts(f"{name}.{value.name}", value.directives)
    for enum_value in definition.values.values():
        yield f"{name} has value {enum_value.name}"
        yield from _join_facts(f"{name}.{enum_value.name}", enum_value.directives)


def _input_fact(coordinate: str, value: InputValue) -> str:
    return f"{coordinate}({value.name}: {value.type} = {value.default})"


def _join_facts(coordinate: str, directives: Iterable[Directive]) -> Iterator[str]:
    for use in directives:
        if use.name.startswith("join__"):
            arguments = sorted(
                f"{name}: {' '.join(str(value).split())}"
                for name, value in use.arguments.items()
                if _DEFAULTS.get(name) != value
            )
            yield f"{coordinate} @{use.name}({', '.join(arguments)})"


if __name__ == "__main__":
    sys.exit(main())
