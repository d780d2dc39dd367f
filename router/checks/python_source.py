"""The Python file and line that a Strawberry schema makes a field from.

Nothing of Strawberry is imported: its schema object hangs each definition on the types of
graphql-core that it builds, under `extensions`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema

from router.checks.errors import CheckInputError
from router.checks.modules import import_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFINITION = "strawberry-definition"


@dataclass(frozen=True, slots=True)
class PythonLine:
    path: str
    line: int


def python_lines(reference: str) -> Mapping[str, PythonLine]:
    """Coordinates of types and fields to where Python defines them.

    Args:
        reference: Like "tasks_subgraph.api.schema:schema".

    Raises:
        CheckInputError: It cannot be imported, or is no Strawberry schema.
    """
    built = getattr(import_schema(reference), "_schema", None)
    if not isinstance(built, GraphQLSchema):
        msg = f"{reference} is no Strawberry schema"
        raise CheckInputError(msg)
    found: dict[str, PythonLine] = {}
    for type_ in built.type_map.values():
        definition = type_.extensions.get(_DEFINITION)
        origin = getattr(definition, "origin", None) or getattr(definition, "wrapped_cls", None)
        if inspect.isclass(origin):
            _add_type(found, type_, origin)
    return found


def _add_type(found: dict[str, PythonLine], type_: Any, origin: type) -> None:  # noqa: ANN401
    # A field may come from a base class or a mixin: the nearest one wins.
    members: dict[str, PythonLine] = {}
    for owner in reversed(origin.__mro__):
        members |= _members(owner)
    own = _class_line(origin)
    if own is not None:
        found[type_.name] = own
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        for name, field in type_.fields.items():
            definition = field.extensions.get(_DEFINITION)
            line = members.get(getattr(definition, "python_name", name))
            if line is not None:
                found[f"{type_.name}.{name}"] = line


def _class_line(owner: type) -> PythonLine | None:
    try:
        file = inspect.getsourcefile(owner)
        _, line = inspect.getsourcelines(owner)
    except (OSError, TypeError):
        return None
    return PythonLine(_shown(file), line) if file is not None else None


def _members(owner: type) -> dict[str, PythonLine]:
    """Where a class's own attributes and methods stand; empty for classes without source."""
    at = _class_line(owner)
    if at is None or owner.__module__ == "builtins":
        return {}
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
    members: dict[str, PythonLine] = {}
    for statement in getattr(definition, "body", ()):
        match statement:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.AnnAssign(target=ast.Name(id=name))
                | ast.Assign(targets=[ast.Name(id=name)])
            ):
                members[name] = PythonLine(at.path, at.line + statement.lineno - 1)
    return members


def _shown(file: str) -> str:
    """Relative to the working directory when it is below it, as editors and CI want it."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file
