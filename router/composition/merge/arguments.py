"""Merges the arguments of a field or of an executable directive: only what all subgraphs know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from router.composition.codes import ErrorCode, HintCode
from router.composition.merge.applied_directives import merge_applied
from router.composition.merge.descriptions import merge_description
from router.composition.merge.merged_schema import MergeContext, Sources, differing
from router.composition.merge.type_references import merge_type_reference
from router.composition.subgraph.schema import use_of
from router.federation.document import ABSENT, Absent, InputValue
from router.federation.specification import FROM_CONTEXT
from router.federation.values import Value, print_value, same_value

if TYPE_CHECKING:
    from collections.abc import Mapping


class HasArguments(Protocol):
    arguments: dict[str, InputValue]
    offset: int


def merge_arguments(
    context: MergeContext, coordinate: str, sources: Sources[HasArguments]
) -> dict[str, InputValue]:
    """The arguments a client may give."""
    if not any(source.arguments for source in sources.values()):
        return {}
    merged: dict[str, InputValue] = {}
    for name in _names(sources):
        arguments = {
            index: found
            for index, source in sources.items()
            if (found := source.arguments.get(name)) is not None
        }
        argument_coordinate = f"{coordinate}({name}:)"
        if not _is_common(context, argument_coordinate, sources, arguments):
            continue
        merged[name] = merge_input_value(
            context,
            argument_coordinate,
            arguments,
            type_mismatch=ErrorCode.FIELD_ARGUMENT_TYPE_MISMATCH,
            default_mismatch=ErrorCode.FIELD_ARGUMENT_DEFAULT_MISMATCH,
        )
    return merged


def _names(sources: Sources[HasArguments]) -> Mapping[str, None]:
    return dict.fromkeys(name for source in sources.values() for name in source.arguments)


def _is_common(
    context: MergeContext,
    coordinate: str,
    sources: Sources[HasArguments],
    arguments: Sources[InputValue],
) -> bool:
    """Whether the argument stays; reports why it does not, or must and cannot."""
    contextual = [index for index, argument in arguments.items() if use_of(argument, FROM_CONTEXT)]
    plain = [index for index in arguments if index not in contextual]
    missing = [index for index in sources if index not in arguments]
    if contextual:
        required = [index for index in plain if arguments[index].is_required]
        if required:
            message = (
                f"{coordinate} is set from a context in {context.names(contextual)} "
                f"but required in {context.names(required)}"
            )
            code = ErrorCode.CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS
            context.error(code, message, arguments)
        return False
    if not missing:
        return True
    required = [index for index in plain if arguments[index].is_required]
    if required:
        message = (
            f"{coordinate} is required in {context.names(required)} "
            f"but does not exist in {context.names(missing)}"
        )
        context.error(
            ErrorCode.REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH, message, {**sources, **arguments}
        )
    else:
        message = f"{coordinate} is left out because {context.names(missing)} does not have it"
        context.hint(HintCode.INCONSISTENT_ARGUMENT_PRESENCE, message, arguments)
    return False


def merge_input_value(
    context: MergeContext,
    coordinate: str,
    sources: Sources[InputValue],
    *,
    type_mismatch: ErrorCode,
    default_mismatch: ErrorCode,
) -> InputValue:
    """One argument or input field."""
    first = next(iter(sources.values()))
    ref = merge_type_reference(context, coordinate, sources, "input", type_mismatch)
    return InputValue(
        first.name,
        ref,
        merge_default(context, coordinate, sources, default_mismatch),
        merge_applied(context, coordinate, sources),
        merge_description(context, coordinate, sources),
    )


def merge_default(
    context: MergeContext, coordinate: str, sources: Sources[InputValue], mismatch: ErrorCode
) -> Value | Absent:
    """A default all subgraphs agree on; without one in some subgraph there is none at all.

    Clients may only leave out what every subgraph can do without.
    """
    defaults = [source.default for source in sources.values()]
    given = [default for default in defaults if default is not ABSENT]
    if not given:
        return ABSENT
    shown = {index: shown_default(source) for index, source in sources.items()}
    if not all(same_value(default, given[0]) for default in given):
        message = f"{coordinate} has different defaults: {differing(context, shown)}"
        context.error(mismatch, message, sources)
    elif len(given) < len(defaults):
        message = f"{coordinate} has no default in the supergraph: {differing(context, shown)}"
        context.hint(HintCode.INCONSISTENT_DEFAULT_VALUE_PRESENCE, message, sources)
        return ABSENT
    return given[0]


def shown_default(element: InputValue) -> str:
    """For messages."""
    return "no default" if element.default is ABSENT else f"default {print_value(element.default)}"
