"""What @key, @requires and @provides have in common: a field set that fits the type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from router.composition.codes import ErrorCode
from router.composition.subgraph.selection_problems import selection_problems
from router.composition.subgraph.selections import (
    FieldSelection,
    FragmentSelection,
    SelectionError,
    Selections,
    parse_selections,
    selected_fields,
)
from router.federation.document import Directive, Field, Kind, TypeDefinition
from router.federation.type_refs import named_type
from router.federation.values import EnumText

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


@dataclass(frozen=True, slots=True)
class FieldSetRules:
    """How the three directives differ.

    Attributes:
        prefix: Of their error codes.
        must_be_external: Leaves must be @external, or lie below a field that is.
        may_have_arguments: Fields with arguments may be selected.
        may_be_abstract: Fields that return interfaces and unions may be selected.
    """

    prefix: Literal["KEY", "REQUIRES", "PROVIDES"]
    must_be_external: bool
    may_have_arguments: bool
    may_be_abstract: bool

    @property
    def directive(self) -> str:
        return f"@{self.prefix.lower()}"

    def code(self, rest: str) -> ErrorCode:
        return ErrorCode[f"{self.prefix}_{rest}"]


def check_field_set(
    context: RuleContext, use: Directive, type_name: str, where: str, rules: FieldSetRules
) -> None:
    """Report everything that is wrong with the field set of `use`.

    Selections are made on `type_name`; `where` names the element the directive stands on.
    """
    text = use.arguments.get("fields")
    start = f"On {where}, for {rules.directive}"
    if not isinstance(text, str) or isinstance(text, EnumText):
        message = f"{start}: the fields must be given as one string"
        context.error(rules.code("INVALID_FIELDS_TYPE"), message, use)
        return
    start = f'{start}(fields: "{text}")'
    try:
        selections = parse_selections(text)
    except SelectionError as error:
        context.error(rules.code("INVALID_FIELDS"), f"{start}: {error}", use)
        return
    walk = _Walk(context, use, rules, start)
    if not walk.is_valid(type_name, selections):
        return
    walk.check(type_name, selections, under_external=False)


@dataclass(frozen=True, slots=True)
class _Walk:
    context: RuleContext
    use: Directive
    rules: FieldSetRules
    start: str

    def _error(self, code: str, message: str) -> None:
        self.context.error(self.rules.code(code), f"{self.start}: {message}", self.use)

    def is_valid(self, type_name: str, selections: Selections) -> bool:
        """Whether the selections are GraphQL on that type; the first problem is reported."""
        if not self.rules.may_be_abstract and self._selects_abstract(type_name, selections):
            return False
        problem = next(selection_problems(self.context.schema, type_name, selections), None)
        if problem:
            self._error("INVALID_FIELDS", problem)
        return problem is None

    def _selects_abstract(self, type_name: str, selections: Selections) -> bool:
        """Told before anything else: with or without a selection, such a field cannot stay."""
        for owner, field, _ in selected_fields(self.context.schema, type_name, selections):
            returned = self.context.schema.types.get(named_type(field.type))
            if returned is not None and returned.kind in {Kind.INTERFACE, Kind.UNION}:
                message = (
                    f"field {owner}.{field.name} returns {returned.name}, {returned.kind.a}, "
                    "which has no place in a key"
                )
                self._error("FIELDS_SELECT_INVALID_TYPE", message)
                return True
        return False

    def check(self, type_name: str, selections: Selections, *, under_external: bool) -> None:
        for selection in selections:
            if selection.directives:
                names = ", ".join(f"@{name}" for name in selection.directives)
                self._error("DIRECTIVE_IN_FIELDS_ARG", f"cannot use directives ({names})")
            if isinstance(selection, FragmentSelection):
                self.check(
                    selection.type_name or type_name,
                    selection.selections,
                    under_external=under_external,
                )
            elif selection.name != "__typename":
                self._check_field(type_name, selection, under_external=under_external)

    def _check_field(
        self, type_name: str, selection: FieldSelection, *, under_external: bool
    ) -> None:
        schema, facts = self.context.schema, self.context.facts
        parent = schema.types[type_name]
        field = parent.fields[selection.name]
        is_external = (type_name, field.name) in facts.external
        if field.arguments and not self.rules.may_have_arguments:
            message = f"field {type_name}.{field.name} cannot be included because it has arguments"
            self._error("FIELDS_HAS_ARGS", message)
        if not selection.selections:
            if self.rules.must_be_external and not (is_external or under_external):
                self._error("FIELDS_MISSING_EXTERNAL", self._why_not_external(type_name, field))
            return
        under_external = (
            under_external or is_external or self._is_external_somewhere(parent, field.name)
        )
        self.check(named_type(field.type), selection.selections, under_external=under_external)

    def _is_external_somewhere(self, parent: TypeDefinition, name: str) -> bool:
        """An interface's field counts as external when an implementation's is."""
        return any(
            (implementation.name, name) in self.context.facts.external
            for implementation in self.context.schema.implementations.get(parent.name, ())
        )

    def _why_not_external(self, type_name: str, field: Field) -> str:
        coordinate = f"{type_name}.{field.name}"
        if (type_name, field.name) in self.context.facts.fake_external:
            return (
                f'field "{coordinate}" is resolved by this subgraph: @external on a key field of a '
                "type extension has no effect"
            )
        return f'field "{coordinate}" is resolved by this subgraph (it is not marked @external)'
