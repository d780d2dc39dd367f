"""`router check`, `diff` and `collection`: from options to text on standard output."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from router.checks.check import Strictness, check
from router.checks.collection import collection
from router.checks.errors import CheckInputError
from router.checks.formats import FORMATS, coloured_text
from router.checks.operations import KnownOperation, read_operations, read_usage
from router.checks.python_source import PythonLine, python_lines
from router.checks.sources import (
    SchemaFile,
    Schemas,
    baseline,
    from_configuration,
    schema_of_file,
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
    configuration = Path(options.configuration)
    new = from_configuration(configuration)
    old = baseline(options.against, configuration) if options.against else None
    reference = new if old is None else old
    operations: list[KnownOperation] = []
    folder = Path(options.operations or configuration.parent / "operations")
    if options.operations and not folder.is_dir():
        msg = f"{folder} is no folder"
        raise CheckInputError(msg)
    if reference.api is not None and folder.is_dir():
        operations = read_operations(folder, reference.api)
    operations += read_usage([Path(file) for file in options.usage])
    strictness = Strictness(options.allow_unused, _lint_levels(options.lint, configuration))
    python: dict[str, PythonLine] = {}
    for module in options.python:
        python |= python_lines(module)
    return _print(check(new, old, operations, strictness, python), options.format)


def run_diff(options: argparse.Namespace) -> int:
    """Print the changes between two files; 1 when one is breaking."""
    old = Schemas(schema_of_file(Path(options.old)), {})
    path = Path(options.new)
    schema = schema_of_file(path)
    new = Schemas(schema, {path.stem: SchemaFile(options.new, path.read_text("utf-8"))})
    return _print(check(new, old, (), Strictness()), options.format)


def run_collection(options: argparse.Namespace) -> int:
    """Print a folder of operations as a Postman collection."""
    folder = Path(options.operations)
    if not folder.is_dir():
        msg = f"{folder} is no folder"
        raise CheckInputError(msg)
    schema = schema_of_file(Path(options.schema))
    sys.stdout.write(collection(folder, schema, name=options.name, url=options.url))
    return GOOD


def _lint_levels(given: str | None, configuration: Path) -> Mapping[str, str]:
    file = Path(given) if given else configuration.parent / "lint.yaml"
    if given is None and not file.exists():
        return {}
    try:
        content: Any = yaml.safe_load(file.read_text("utf-8")) or {}
        # YAML reads a bare `off` as false.
        return {str(r): "off" if level is False else str(level) for r, level in content.items()}
    except (OSError, yaml.YAMLError, AttributeError) as error:
        msg = f"{file} is not a list of rules and levels: {error}"
        raise CheckInputError(msg) from error


def _print(report: Report, output_format: str) -> int:
    is_terminal = output_format == "text" and sys.stdout.isatty()
    writer = coloured_text if is_terminal else FORMATS[output_format]
    sys.stdout.write(writer(report))
    return NO if report.is_refused else GOOD
