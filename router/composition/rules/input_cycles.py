"""No input object needs itself: a chain of non-null fields would have no finite value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.federation.document import InputValue, Kind, TypeDefinition

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def input_cycles(context: RuleContext) -> None:
    settled: set[str] = set()
    for definition in context.schema.types.values():
        if definition.kind is Kind.INPUT_OBJECT and definition.name not in settled:
            _search(context, definition, settled)


def _search(context: RuleContext, start: TypeDefinition, settled: set[str]) -> None:
    types = context.schema.types
    path = [start.name]
    pending = [_required_objects(types, start)]
    while pending:
        step = next(iter(pending[-1]), None)
        if step is None:
            pending.pop()
            settled.add(path.pop())
            continue
        pending[-1] = pending[-1][1:]
        element, target = step
        if target.name in path:
            chain = " → ".join([*path[path.index(target.name) :], target.name])
            message = f"Input object {target.name} needs itself: {chain}"
            context.error(ErrorCode.INVALID_GRAPHQL, message, element)
        elif target.name not in settled:
            path.append(target.name)
            pending.append(_required_objects(types, target))


def _required_objects(
    types: dict[str, TypeDefinition], definition: TypeDefinition
) -> list[tuple[InputValue, TypeDefinition]]:
    return [
        (element, target)
        for element in definition.input_fields.values()
        if element.type.endswith("!")
        and (target := types.get(element.type[:-1]))
        and target.kind is Kind.INPUT_OBJECT
    ]
