"""What changed that graphql-core does not notice: root types, @oneOf and deprecations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    OperationType,
)

from router.checks.change import Change, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import GraphQLSchema


def unnoticed_changes(old: GraphQLSchema, new: GraphQLSchema) -> list[Change]:
    return [*_roots(old, new), *_one_of(old, new), *_deprecations(old, new)]


def _roots(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    for operation in OperationType:
        before, after = old.get_root_type(operation), new.get_root_type(operation)
        if before is None or (after and after.name == before.name):
            continue
        if after:
            message = f"{operation.value} is {after.name} now, no longer {before.name}."
            yield Change(Severity.BREAKING, "ROOT_TYPE_CHANGED", before.name, message)
        elif before.name in new.type_map:
            message = f"{before.name} is no longer the root type of {operation.value}."
            yield Change(Severity.BREAKING, "ROOT_TYPE_REMOVED", before.name, message)


def _one_of(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    for name, after in new.type_map.items():
        before = old.type_map.get(name)
        if not isinstance(before, GraphQLInputObjectType) or not isinstance(
            after, GraphQLInputObjectType
        ):
            continue
        if after.is_one_of and not before.is_one_of:
            message = f"{name} is @oneOf now: exactly one of its fields must be sent."
            yield Change(Severity.BREAKING, "ONE_OF_ADDED", name, message, is_input=True)
        elif before.is_one_of and not after.is_one_of:
            message = f"{name} is no longer @oneOf."
            yield Change(Severity.SAFE, "ONE_OF_REMOVED", name, message, is_input=True)


def _deprecations(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    reasons_before = reasons_of_deprecations(old)
    for coordinate, reason in reasons_of_deprecations(new).items():
        before = reasons_before.get(coordinate)
        if coordinate not in reasons_before or before == reason:
            continue
        if reason is None:
            code, message = "DEPRECATION_REMOVED", f"{coordinate} is no longer deprecated."
        elif before is None:
            code, message = "DEPRECATION_ADDED", f"{coordinate} is deprecated: {reason}"
        else:
            code, message = "DEPRECATION_CHANGED", f"{coordinate} is deprecated now for: {reason}"
        yield Change(Severity.SAFE, code, coordinate, message)


def reasons_of_deprecations(schema: GraphQLSchema) -> Mapping[str, str | None]:
    """Of everything that can be deprecated; None for what is not."""
    return dict(_reasons(schema))


def _reasons(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field.deprecation_reason
                for argument_name, argument in field.args.items():
                    coordinate = f"{type_.name}.{name}({argument_name}:)"
                    yield coordinate, argument.deprecation_reason
        elif isinstance(type_, GraphQLInputObjectType):
            for name, input_field in type_.fields.items():
                yield f"{type_.name}.{name}", input_field.deprecation_reason
        elif isinstance(type_, GraphQLEnumType):
            for name, value in type_.values.items():
                yield f"{type_.name}.{name}", value.deprecation_reason
