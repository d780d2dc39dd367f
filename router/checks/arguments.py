"""Options of check, diff and collection; imports nothing, since every command builds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

FORMATS = ("text", "json", "github", "junit", "sarif")
CONFIGURATIONS = ("supergraph.yaml", "schema/supergraph.yaml")
"""Where a configuration is looked for when none is named."""


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "configuration", nargs="?", metavar="YAML", help=f"default: {' or '.join(CONFIGURATIONS)}"
    )
    parser.add_argument(
        "--against",
        metavar="FILE|REF|URL",
        help="an SDL file, a Git ref of this configuration, or an endpoint to introspect",
    )
    parser.add_argument(
        "--header",
        action="append",
        default=[],
        metavar="'NAME: VALUE'",
        help="sent to the endpoint of --against; may be repeated",
    )
    _add_known_operations(parser, folder="default: operations/ beside YAML")
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="MODULE:SCHEMA",
        help="a Strawberry schema to import, so that findings name the Python line too",
    )
    parser.add_argument("--lint", metavar="FILE", help="default: lint.yaml beside YAML, if any")
    _add_output(parser)


def add_diff_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", help="SDL file, supergraph or API schema")
    parser.add_argument("new", metavar="NEW", help="SDL file, supergraph or API schema")
    _add_known_operations(parser, folder="what clients send")
    _add_output(parser)


def add_collection_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("operations", metavar="DIR", help="folder of operations")
    parser.add_argument(
        "--schema", default="schema/api.graphql", metavar="FILE", help="SDL they are written for"
    )
    parser.add_argument("--name", default="Operations", help="what the collection is called")
    parser.add_argument("--url", default="http://localhost:4000/graphql", help="the endpoint")


def _add_known_operations(parser: argparse.ArgumentParser, *, folder: str) -> None:
    parser.add_argument("--operations", metavar="DIR", help=folder)
    parser.add_argument(
        "--usage",
        action="append",
        default=[],
        metavar="FILE|DIR",
        help="operations that a router has seen; may be repeated",
    )
    parser.add_argument(
        "--allow-unused",
        action="store_true",
        help="let breaking changes pass that no known operation would notice",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="of text"
    )
