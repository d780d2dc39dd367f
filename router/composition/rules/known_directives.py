"""Every directive that is used exists, may stand there, and has the arguments it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.rules.graphql_values import value_problem
from router.composition.subgraph.imports import unknown_imports
from router.composition.suggestions import meant
from router.federation.document import Directive, DirectiveDefinition, InputValue, Kind
from router.federation.specification import (
    FEDERATION,
    shown,
    since,
    standard_directives,
    vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.composition.rules.rule import RuleContext


def known_directives(context: RuleContext) -> None:
    schema = context.schema
    known = {**standard_directives(), **schema.directives, **schema.federation_directives}
    check = _Check(context, known)
    check.uses(schema.schema_directives, "SCHEMA")
    for definition in schema.types.values():
        check.uses(definition.directives, definition.kind.name)
        for element in definition.fields.values():
            check.uses(element.directives, "FIELD_DEFINITION")
            check.arguments(element.arguments)
        for input_field in definition.input_fields.values():
            check.uses(input_field.directives, "INPUT_FIELD_DEFINITION")
        if definition.kind is Kind.ENUM:
            for value in definition.values.values():
                check.uses(value.directives, "ENUM_VALUE")
    for directive in schema.directives.values():
        check.arguments(directive.arguments)


class _Check:
    def __init__(self, context: RuleContext, known: dict[str, DirectiveDefinition]) -> None:
        self._context = context
        self._known = known
        # Those are told once, where they are imported.
        self._unknown_imports = {
            element.alias.removeprefix("@") for _, element in unknown_imports(context.schema.links)
        }

    def arguments(self, arguments: dict[str, InputValue]) -> None:
        for argument in arguments.values():
            self.uses(argument.directives, "ARGUMENT_DEFINITION")

    def uses(self, uses: Sequence[Directive], location: str) -> None:
        """Check all directives that stand on one element."""
        if not uses:
            return
        seen: set[str] = set()
        for use in uses:
            definition = self._known.get(use.name)
            if definition is None and use.name in self._unknown_imports:
                continue
            if definition is None:
                self._error(use, f'Unknown directive "@{use.name}"{self._why(use.name)}')
                continue
            if location not in definition.locations:
                self._error(use, f'Directive "{shown(use.name)}" may not be used on {location}')
            if use.name in seen and not definition.is_repeatable:
                self._error(use, f'Directive "{shown(use.name)}" can only be used once here')
            seen.add(use.name)
            self._arguments_of(use, definition)

    def _arguments_of(self, use: Directive, definition: DirectiveDefinition) -> None:
        types = self._context.schema.types
        for name, value in use.arguments.items():
            argument = definition.arguments.get(name)
            if argument is None:
                self._error(use, f'Unknown argument "{name}" of directive "{shown(use.name)}"')
                continue
            problem = value_problem(value, argument.type, types)
            if problem:
                self._error(use, f'Argument "{name}" of "{shown(use.name)}": {problem}')
        for argument in definition.arguments.values():
            if argument.is_required and argument.name not in use.arguments:
                message = f'Directive "{shown(use.name)}" needs the argument "{argument.name}"'
                self._error(use, message)

    def _why(self, name: str) -> str:
        schema = self._context.schema
        version = since(name)
        if version is None:
            return meant(f"@{name}", [shown(known) for known in self._known])
        if schema.is_federation_1:
            return f"; it is of federation 2, which this subgraph does not link (@link, v{version})"
        if name in vocabulary(schema.version).directives:
            return f"; add it to the imports from {schema.links.by_identity[FEDERATION].url}"
        return f"; federation has it since {version}, this subgraph links {_dotted(schema.version)}"

    def _error(self, use: Directive, message: str) -> None:
        self._context.error(ErrorCode.INVALID_GRAPHQL, message, use)


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
