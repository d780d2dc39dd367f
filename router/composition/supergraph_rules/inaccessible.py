"""@inaccessible hides elements without breaking what stays visible.

Source: https://specs.apollo.dev/inaccessible/v0.2
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.federation.specification import INACCESSIBLE
from router.federation.type_refs import named_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.composition.merge.applied_directives import Directed
    from router.composition.merge.merged_schema import MergeContext
    from router.composition.report import Place
    from router.federation.document import Field, InputValue, TypeDefinition


def is_accessible(element: Directed) -> bool:
    """Whether the element itself carries no @inaccessible; its parent may."""
    return not any(use.name == INACCESSIBLE for use in element.directives)


def inaccessible(context: MergeContext) -> None:
    if not any(not is_accessible(element) for element in _elements(context)):
        return
    check = _Check(context)
    for definition in context.merged.types.values():
        if not is_accessible(definition):
            if definition.name == "Query":
                message = "Query is @inaccessible, but it is the query root type"
                code = ErrorCode.QUERY_ROOT_TYPE_INACCESSIBLE
                context.report.error(code, message, context.places_at("Query"))
            continue
        check.children(definition)
        for field in definition.fields.values():
            check.field(definition, field)
        for input_field in definition.input_fields.values():
            check.input_field(definition, input_field)
    for name, directive in context.merged.directives.items():
        for argument in directive.arguments.values():
            check.reference(f"@{name}({argument.name}:)", argument.type, [])
    for name, composed in context.merged.composed.items():
        for argument in composed.definition.arguments.values():
            if any(use.name == INACCESSIBLE for use in argument.directives):
                message = f"@{name}({argument.name}:) cannot be @inaccessible"
                context.report.error(ErrorCode.DISALLOWED_INACCESSIBLE, message)


def _elements(context: MergeContext) -> Iterator[Directed]:
    for definition in context.merged.types.values():
        yield from definition.elements()
    for composed in context.merged.composed.values():
        yield from composed.definition.arguments.values()


@dataclass(frozen=True, slots=True)
class _Check:
    context: MergeContext

    def _error(self, code: ErrorCode, message: str, places: list[Place]) -> None:
        self.context.report.error(code, message, places)

    def children(self, definition: TypeDefinition) -> None:
        """A visible type has something visible in it."""
        types = self.context.merged.types
        children: list[Directed] = [
            *definition.fields.values(),
            *definition.input_fields.values(),
            *definition.values.values(),
            *(types[name] for name in definition.members if name in types),
        ]
        if children and not any(map(is_accessible, children)):
            message = f"{definition.name} is accessible, but everything in it is @inaccessible"
            places = self.context.places_at(definition.name)
            self._error(ErrorCode.ONLY_INACCESSIBLE_CHILDREN, message, places)

    def reference(self, coordinate: str, ref: str, places: list[Place]) -> None:
        target = self.context.merged.types.get(named_type(ref))
        if target is not None and not is_accessible(target):
            message = f"{target.name} is @inaccessible, but {coordinate} refers to it"
            hidden = self.context.places_at(target.name)
            self._error(ErrorCode.REFERENCED_INACCESSIBLE, message, [*places, *hidden])

    def field(self, parent: TypeDefinition, field: Field) -> None:
        coordinate = f"{parent.name}.{field.name}"
        places = self.context.places_at(parent.name, field.name)
        promised = list(self._promised(parent, field.name))
        if not is_accessible(field):
            for interface, promise in promised:
                if is_accessible(promise):
                    message = (
                        f"{coordinate} is @inaccessible, "
                        f"but implements the accessible {interface.name}.{field.name}"
                    )
                    self._error(ErrorCode.IMPLEMENTED_BY_INACCESSIBLE, message, places)
            return
        self.reference(coordinate, field.type, places)
        for argument in field.arguments.values():
            self._argument(parent, field, argument, promised)

    def _promised(
        self, parent: TypeDefinition, name: str
    ) -> Iterator[tuple[TypeDefinition, Field]]:
        """The same field of the visible interfaces that `parent` implements."""
        for interface_name in parent.interfaces:
            interface = self.context.merged.types.get(interface_name)
            if interface is not None and is_accessible(interface) and name in interface.fields:
                yield interface, interface.fields[name]

    def _argument(
        self,
        parent: TypeDefinition,
        field: Field,
        argument: InputValue,
        promised: list[tuple[TypeDefinition, Field]],
    ) -> None:
        coordinate = f"{parent.name}.{field.name}({argument.name}:)"
        places = self.context.places_at(parent.name, field.name, argument.name)
        if is_accessible(argument):
            self.reference(coordinate, argument.type, places)
            for interface, promise in promised:
                implemented = promise.arguments.get(argument.name)
                if argument.is_required and implemented and not is_accessible(implemented):
                    message = (
                        f"{interface.name}.{field.name}({argument.name}:) is @inaccessible, "
                        f"but {coordinate} implements it and is required"
                    )
                    self._error(ErrorCode.REQUIRED_INACCESSIBLE, message, places)
            return
        if argument.is_required:
            message = f"{coordinate} is @inaccessible, but required"
            self._error(ErrorCode.REQUIRED_INACCESSIBLE, message, places)
        for interface, promise in promised:
            implemented = promise.arguments.get(argument.name)
            if is_accessible(promise) and implemented and is_accessible(implemented):
                message = (
                    f"{coordinate} is @inaccessible, but implements the accessible "
                    f"{interface.name}.{field.name}({argument.name}:)"
                )
                self._error(ErrorCode.IMPLEMENTED_BY_INACCESSIBLE, message, places)

    def input_field(self, parent: TypeDefinition, field: InputValue) -> None:
        coordinate = f"{parent.name}.{field.name}"
        places = self.context.places_at(parent.name, field.name)
        if is_accessible(field):
            self.reference(coordinate, field.type, places)
        elif field.is_required:
            message = f"{coordinate} is @inaccessible, but required"
            self._error(ErrorCode.REQUIRED_INACCESSIBLE, message, places)
