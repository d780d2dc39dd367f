"""Authorization: which fields of an operation a viewer may not read.

`@authenticated`, `@requiresScopes` and `@policy` stand on fields and types of the supergraph. An
operation's fields that stand under one of them are gathered once into guards: groups of fields
that need the same. A request only asks each guard whether the viewer passes. Denied fields are
taken out of the document that is planned, so that no subgraph is asked for them; the projection
of the client's own document then prints null and an error at each of their places.

Everything is decided on object types. A field selected on an interface is replaced by the same
field on each object type that may be read, so that one protected implementation hides nothing of
the others, and cannot be read through its interface.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, product
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import (
    REMOVE,
    DocumentNode,
    FieldNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    visit,
)

from router.errors import ClientError
from router.execution import DeniedField

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from router.policies.identity import Identity, TokenProblem
    from router.supergraph import SecurityRequirement, Supergraph

Coordinate = tuple[str, str]
"""Object type and field."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Fields that need the same of a viewer; every one of the requirements must be met."""

    requirements: tuple[SecurityRequirement, ...]
    fields: tuple[Coordinate, ...]


class Denial(NamedTuple):
    """An operation without the fields that are denied.

    Attributes:
        document: To be planned.
        fields: What the projection answers at the denied fields.
    """

    document: DocumentNode
    fields: Mapping[Coordinate, DeniedField]


def guards_of(document: DocumentNode, supergraph: Supergraph) -> tuple[Guard, ...]:
    """The guards of a valid document, in the order of their first field."""
    if not supergraph.security:
        return ()
    type_info = TypeInfo(supergraph.api_schema)
    finder = _GuardFinder(type_info, supergraph)
    visit(document, TypeInfoVisitor(type_info, finder))
    grouped: dict[tuple[SecurityRequirement, ...], list[Coordinate]] = {}
    for coordinate, requirements in finder.found.items():
        if requirements:
            grouped.setdefault(tuple(requirements), []).append(coordinate)
    return tuple(Guard(requirements, tuple(fields)) for requirements, fields in grouped.items())


def refusals(guards: tuple[Guard, ...], identity: Identity, policies: frozenset[str]) -> int:
    """The guards that refuse, as bits: bit n stands for guards[n].

    Args:
        guards: Of the operation.
        identity: Of the request.
        policies: Names of the `@policy` policies that hold for this request.
    """
    refused = 0
    for index, guard in enumerate(guards):
        for requirement in guard.requirements:
            if not _is_met(requirement, identity, policies):
                refused |= 1 << index
                break
    return refused


def policies_of(guards: tuple[Guard, ...]) -> frozenset[str]:
    """Names of all policies that the guards mention."""
    return frozenset(
        name
        for guard in guards
        for requirement in guard.requirements
        for together in requirement.policies
        for name in together
    )


def _is_met(requirement: SecurityRequirement, identity: Identity, policies: frozenset[str]) -> bool:
    viewer = identity.viewer
    if viewer is None and (requirement.authenticated or requirement.scopes):
        return False
    if requirement.scopes and viewer is not None:
        held = viewer.scopes
        if not any(held.issuperset(together) for together in requirement.scopes):
            return False
    return not requirement.policies or any(
        policies.issuperset(together) for together in requirement.policies
    )


def deny(
    document: DocumentNode,
    guards: tuple[Guard, ...],
    refused: int,
    problem: TokenProblem | None,
    supergraph: Supergraph,
) -> Denial:
    """Take the fields of the guards that refuse out of the document."""
    fields: dict[Coordinate, DeniedField] = {}
    for index, guard in enumerate(guards):
        if refused >> index & 1:
            denied = _denied_field(guard, problem)
            fields.update(dict.fromkeys(guard.fields, denied))
    type_info = TypeInfo(supergraph.api_schema)
    remover = _FieldRemover(type_info, supergraph.api_schema, fields)
    return Denial(visit(document, TypeInfoVisitor(type_info, remover)), fields)


def denial_errors(guards: tuple[Guard, ...], refused: int, identity: Identity) -> list[ClientError]:
    """One error for every denied field, for routers that refuse the whole operation."""
    errors: list[ClientError] = []
    for index, guard in enumerate(guards):
        if refused >> index & 1:
            denied = _denied_field(guard, identity.problem)
            extensions = dict(denied.extensions)
            code = str(extensions.pop("code"))
            status = _REFUSAL_STATUSES[code]
            errors += [
                ClientError(
                    denied.message,
                    code=code,
                    status=status,
                    extensions={**extensions, "field": f"{parent}.{name}"},
                )
                for parent, name in guard.fields
            ]
    return errors


def _denied_field(guard: Guard, problem: TokenProblem | None) -> DeniedField:
    if problem == "KEYS_UNAVAILABLE":
        return DeniedField(
            "Tokens cannot be checked at the moment.",
            {"code": "SERVICE_OVERLOADED", "retryAfter": 1},
        )
    if problem is not None:
        return DeniedField(_PROBLEMS[problem], {"code": "UNAUTHENTICATED", "reason": problem})
    extensions: dict[str, Any] = {"code": "FORBIDDEN"}
    scopes = [requirement.scopes for requirement in guard.requirements if requirement.scopes]
    if scopes:  # one set of each requirement
        extensions["requiredScopes"] = [
            list(dict.fromkeys(chain.from_iterable(sets))) for sets in product(*scopes)
        ]
    return DeniedField("You may not use this field.", extensions)


_REFUSAL_STATUSES = {"UNAUTHENTICATED": 401, "FORBIDDEN": 403, "SERVICE_OVERLOADED": 503}

_PROBLEMS: dict[TokenProblem, str] = {
    "TOKEN_MISSING": "Log in: send an access token as `Authorization: Bearer …`.",
    "TOKEN_EXPIRED": "The access token has expired: get a new one.",
    "TOKEN_INVALID": "This is no access token of ours; send one as `Authorization: Bearer …`.",
    "SESSION_ENDED": "The session of the access token has ended: log in again.",
}


class _GuardFinder(Visitor):
    """Finds the requirements of every object field that the document can reach."""

    def __init__(self, type_info: TypeInfo, supergraph: Supergraph) -> None:
        super().__init__()
        self.found: dict[Coordinate, list[SecurityRequirement]] = {}
        self._type_info = type_info
        self._security = supergraph.security
        self._schema = supergraph.api_schema

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent, definition = self._type_info.get_parent_type(), self._type_info.get_field_def()
        name = node.name.value
        if parent is None or definition is None or name.startswith("__"):
            return
        returned = get_named_type(definition.type).name
        shared: list[Coordinate | str] = [returned]
        if isinstance(parent, GraphQLInterfaceType):
            shared = [parent.name, (parent.name, name), returned]
        for concrete in _object_types(parent, self._schema):
            own = self._returned(concrete, name)  # may be narrower than the interface's
            self._add((concrete, name), [concrete, (concrete, name), *shared, own])

    def _returned(self, concrete: str, name: str) -> str:
        declared = self._schema.type_map[concrete]
        fields = declared.fields if isinstance(declared, GraphQLObjectType) else {}
        returned: str = get_named_type(fields[name].type).name
        return returned

    def _add(self, coordinate: Coordinate, places: Iterable[Coordinate | str]) -> None:
        known = self.found.setdefault(coordinate, [])
        for place in places:
            requirement = self._security.get(place)
            if requirement is not None and requirement not in known:
                known.append(requirement)


class _FieldRemover(Visitor):
    """Removes denied fields; what is left empty asks for `__typename`."""

    def __init__(
        self,
        type_info: TypeInfo,
        schema: GraphQLSchema,
        denied: Mapping[Coordinate, DeniedField],
    ) -> None:
        super().__init__()
        self._type_info = type_info
        self._schema = schema
        self._denied = denied

    def enter_field(self, node: FieldNode, *_: object) -> Any:  # noqa: ANN401 (visitor actions)
        parent = self._type_info.get_parent_type()
        name = node.name.value
        if parent is None or name.startswith("__"):
            return None
        concrete = _object_types(parent, self._schema)
        allowed = [type_name for type_name in concrete if (type_name, name) not in self._denied]
        if len(allowed) == len(concrete):
            return None
        # The response key stays the client's: the plan must not take it for a key of its own.
        rest = _typename(node.alias) if node.alias is not None else None
        if not allowed:
            return rest or REMOVE
        selections = [
            _on_type(type_name, left)
            for type_name in concrete
            if (left := node if type_name in allowed else rest) is not None
        ]
        return InlineFragmentNode(
            type_condition=None,
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(selections)),
        )

    def leave_selection_set(self, node: SelectionSetNode, *_: object) -> SelectionSetNode | None:
        if node.selections:
            return None
        return SelectionSetNode(selections=(_typename(),))


def _object_types(parent: object, schema: GraphQLSchema) -> list[str]:
    if isinstance(parent, GraphQLObjectType):
        return [parent.name]
    if isinstance(parent, GraphQLInterfaceType):
        return sorted(possible.name for possible in schema.get_possible_types(parent))
    return []


def _on_type(type_name: str, node: FieldNode) -> InlineFragmentNode:
    return InlineFragmentNode(
        type_condition=NamedTypeNode(name=NameNode(value=type_name)),
        directives=(),
        selection_set=SelectionSetNode(selections=(node,)),
    )


def _typename(alias: NameNode | None = None) -> FieldNode:
    return FieldNode(
        name=NameNode(value="__typename"),
        alias=alias,
        arguments=(),
        directives=(),
        selection_set=None,
    )
