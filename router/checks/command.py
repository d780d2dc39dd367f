"""`router check`, `diff` and `collection`: from options to text on standard output."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from router.checks.check import Strictness, check
from router.checks.collection import collection
from router.checks.configuration import find_configuration, read_configuration
from router.checks.errors import CheckInputError
from router.checks.files import read_file
from router.checks.formats import FORMATS, coloured_text, text
from router.checks.operations import KnownOperation, read_operations, read_usage
from router.checks.python_source import PythonLine, python_lines
from router.checks.sources import (
    SchemaFile,
    Schemas,
    baseline,
    from_configuration,
    schemas_of_file,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from router.checks.report import Report

GOOD, NO = 0, 1


def run_check(options: argparse.Namespace) -> int:
    """Print the report; 1 when it refuses.

    Raises:
        CheckInputError: Something given cannot be used.
    """
    configuration = find_configuration(options.configuration)
    new = from_configuration(configuration)
    old = None
    if options.against is not None:
        old = baseline(options.against, configuration, _headers(options.header))
    reference = new if old is None else old
    operations = _known_operations(options, reference, configuration.parent / "operations")
    strictness = Strictness(options.allow_unused, _lint_levels(options.lint, configuration))
    python = _python_lines(options.python, configuration)
    return _print(check(new, old, operations, strictness, python), options, configuration)


def _python_lines(given: list[str], configuration: Path) -> dict[str, PythonLine]:
    """Of the schemas named by option, and of those that the configuration imports anyway."""
    found: dict[str, PythonLine] = {}
    for entry in read_configuration(configuration, read_file(configuration)):
        if entry.kind == "module":
            with suppress(CheckInputError):  # a schema of graphql-core has no lines to show
                found |= python_lines(entry.source)
    for reference in given:
        found |= python_lines(reference)
    return found


def _headers(given: list[str]) -> dict[str, str]:
    """`Name: value`, as curl takes them."""
    headers: dict[str, str] = {}
    for header in given:
        name, colon, value = header.partition(":")
        if not (name.strip() and colon):
            msg = f"--header {header!r}: write it as 'Name: value'"
            raise CheckInputError(msg)
        headers[name.strip()] = value.strip()
    return headers


def run_diff(options: argparse.Namespace) -> int:
    """Print the changes between two files; 1 when one is breaking."""
    old = schemas_of_file(Path(options.old))
    path = Path(options.new)
    named = {path.stem: SchemaFile(options.new, read_file(path))}
    new = replace(schemas_of_file(path), subgraphs=named)
    operations = _known_operations(options, old, None)
    return _print(check(new, old, operations, Strictness(options.allow_unused)), options, path)


def _known_operations(
    options: argparse.Namespace, schemas: Schemas, usual_folder: Path | None
) -> list[KnownOperation]:
    """What a folder holds and what routers have seen.

    Raises:
        CheckInputError: What was named is not there, or is something else.
    """
    operations: list[KnownOperation] = []
    folder = Path(options.operations) if options.operations else usual_folder
    if options.operations and folder is not None and not folder.is_dir():
        msg = f"{folder} is no folder"
        raise CheckInputError(msg)
    if schemas.api is not None and folder is not None and folder.is_dir():
        operations += read_operations(folder, schemas.api)
    return operations + read_usage([Path(file) for file in options.usage])


def run_collection(options: argparse.Namespace) -> int:
    """Print a folder of operations as a Postman collection."""
    folder = Path(options.operations)
    if not folder.is_dir():
        msg = f"{folder} is no folder"
        raise CheckInputError(msg)
    schema = schemas_of_file(Path(options.schema)).api
    assert schema is not None  # noqa: S101 (only what was composed can lack it)
    sys.stdout.write(collection(folder, schema, name=options.name, url=options.url))
    return GOOD


def _lint_levels(given: str | None, configuration: Path) -> Mapping[str, str]:
    file = Path(given) if given else configuration.parent / "lint.yaml"
    if given is None and not file.exists():
        return {}
    try:
        content: Any = yaml.safe_load(read_file(file)) or {}
        # YAML reads a bare `off` as false.
        return {str(r): "off" if level is False else str(level) for r, level in content.items()}
    except (yaml.YAMLError, AttributeError) as error:
        msg = f"{file} is not a list of rules and levels: {error}"
        raise CheckInputError(msg) from error


def _print(report: Report, options: argparse.Namespace, file: Path) -> int:
    is_coloured = options.color == "always" or (options.color == "auto" and sys.stdout.isatty())
    writer = coloured_text if is_coloured else text
    written = FORMATS.get(options.format, writer)(replace(report, file=file.as_posix()))
    sys.stdout.write(written)
    return NO if report.is_refused else GOOD
