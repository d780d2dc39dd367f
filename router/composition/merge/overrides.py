"""@override: which subgraph takes a field over from which."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode, HintCode
from router.composition.subgraph.schema import use_of
from router.composition.suggestions import meant
from router.federation.document import Directive, Field, Kind, TypeDefinition
from router.federation.specification import INTERFACE_OBJECT, OVERRIDE, PROVIDES, REQUIRES, shown

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext, Sources
    from router.federation.values import Value

_LABEL = re.compile(r"[a-zA-Z][a-zA-Z0-9_\-:./]*\Z")
_PERCENT = re.compile(r"percent\((\d{1,2}(\.\d{1,8})?|100)\)\Z")


@dataclass(slots=True)
class Overrides:
    """What @override does to one field, by index of the subgraph.

    Attributes:
        unused: Overridden and needed for nothing: left out, unless under a label.
        used: Overridden but still needed there by keys, @requires, @provides or interfaces.
        labels: Both sides of an override under a label.
        sources: The overriding subgraph to the name it overrides from.
    """

    unused: set[int] = field(default_factory=set)
    used: set[int] = field(default_factory=set)
    labels: dict[int, str] = field(default_factory=dict)
    sources: dict[int, Value] = field(default_factory=dict)

    def is_overridden(self, index: int) -> bool:
        return index in self.unused or index in self.used

    def is_absent(self, index: int) -> bool:
        """Whether the subgraph no longer counts as having the field."""
        return index in self.unused and index not in self.labels


NO_OVERRIDES = Overrides()


def read_overrides(
    context: MergeContext, parent: TypeDefinition, sources: Sources[Field]
) -> Overrides:
    """Check all uses of @override on one field and say what they mean."""
    uses = {index: use for index, source in sources.items() if (use := use_of(source, OVERRIDE))}
    if not uses:
        return NO_OVERRIDES
    overrides = Overrides()
    for index, use in uses.items():
        overrides.sources[index] = use.arguments.get("from")
        _read_use(context, parent, sources, uses, index, overrides)
    return overrides


def _read_use(
    context: MergeContext,
    parent: TypeDefinition,
    sources: Sources[Field],
    uses: dict[int, Directive],
    index: int,
    overrides: Overrides,
) -> None:
    use = uses[index]
    schema = context.schemas[index]
    origin = str(use.arguments.get("from"))
    name = next(source.name for source in sources.values())
    coordinate = f"{parent.name}.{name}"
    places = [schema.place(use)]
    declared = schema.types[parent.name]
    from_index = next((i for i, s in enumerate(context.schemas) if s.name == origin), None)
    if parent.kind is Kind.INTERFACE and declared.kind is Kind.INTERFACE:
        message = (
            f'@override cannot be used on {coordinate} in "{schema.name}": it is of an interface'
        )
        context.report.error(ErrorCode.OVERRIDE_ON_INTERFACE, message, places)
    elif use_of(declared, INTERFACE_OBJECT):
        message = f"@override cannot be used on {coordinate}, a field of an @interfaceObject type"
        context.report.error(ErrorCode.OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE, message, places)
    elif from_index is None:
        message = f"{coordinate}: {unknown_origin(context, origin)}"
        context.report.hint(HintCode.FROM_SUBGRAPH_DOES_NOT_EXIST, message, places)
    elif from_index == index:
        message = f"{coordinate} overrides itself: it is already in {context.names([index])}"
        context.report.error(ErrorCode.OVERRIDE_FROM_SELF_ERROR, message, places)
    elif from_index in uses:
        message = f'{coordinate} overrides from "{origin}", which has an @override itself'
        context.report.error(ErrorCode.OVERRIDE_SOURCE_HAS_OVERRIDE, message, places)
    elif collision := _collision(context, parent, sources, index, from_index):
        code = ErrorCode.OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE
        context.report.error(code, f"@override cannot be used on {coordinate}: {collision}", places)
    elif (overridden := sources.get(from_index)) is None:
        message = f'{coordinate} no longer exists in "{origin}"; its @override can be removed'
        context.report.hint(HintCode.OVERRIDE_DIRECTIVE_CAN_BE_REMOVED, message, places)
    else:
        _apply(context, coordinate, overridden, (index, from_index), overrides, use)


def unknown_origin(context: MergeContext, origin: str) -> str:
    """For messages about `@override(from:)`."""
    why = meant(origin, [schema.name for schema in context.schemas])
    return f'@override(from: "{origin}") names no subgraph{why}'


def _collision(
    context: MergeContext,
    parent: TypeDefinition,
    sources: Sources[Field],
    index: int,
    from_index: int,
) -> str | None:
    own, overridden = sources[index], sources.get(from_index)
    if overridden is None:
        for stand_in, interface in context.stand_ins(parent, own.name):
            if stand_in == from_index:
                origin = context.schemas[from_index].name
                return f'"{origin}" resolves the field through the @interfaceObject {interface}'
        return None
    for name in (REQUIRES, PROVIDES):
        if use_of(overridden, name):
            return f'the field has {shown(name)} in "{context.schemas[from_index].name}"'
    if (parent.name, own.name) in context.facts[index].external:
        return f'it is @external in "{context.schemas[index].name}"'
    return None


def _apply(
    context: MergeContext,
    coordinate: str,
    overridden: Field,
    indices: tuple[int, int],
    overrides: Overrides,
    use: Directive,
) -> None:
    index, from_index = indices
    facts = context.facts[from_index]
    parent_name = coordinate.partition(".")[0]
    key = (parent_name, overridden.name)
    origin = context.schemas[from_index].name
    places = [context.schemas[from_index].place(overridden)]
    label = use.arguments.get("label")
    if key in facts.external:
        reason = f'its @external declaration in "{origin}" has no use'
    elif key in facts.used:
        overrides.used.add(from_index)
        reason = f'it is still used in "{origin}" by a federation directive or an interface'
    else:
        overrides.unused.add(from_index)
        reason = f'it can be removed from "{origin}"'
    if label is None:
        message = f"{coordinate} is overridden: {reason}"
        context.report.hint(HintCode.OVERRIDDEN_FIELD_CAN_BE_REMOVED, message, places)
        return
    place = [context.schemas[index].place(use)]
    if not (_LABEL.match(label) or _PERCENT.match(label)):
        message = (
            f'Invalid label "{label}" of @override on {coordinate}: it must start with a letter '
            'and hold only letters, digits and _-:./, or be "percent(x)" with 0 <= x <= 100'
        )
        context.report.error(ErrorCode.OVERRIDE_LABEL_INVALID, message, place)
        return
    overrides.labels[index] = overrides.labels[from_index] = label
    message = f'{coordinate} moves from "{origin}" under the label "{label}"'
    context.report.hint(HintCode.OVERRIDE_MIGRATION_IN_PROGRESS, message, place)
