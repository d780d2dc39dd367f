"""The command line. Exit codes: 0 good, 1 the answer is no, 2 wrong usage.

Each command imports what it needs when it runs, so that none waits for the others.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from router.checks.arguments import (
    CONFIGURATIONS,
    add_check_arguments,
    add_collection_arguments,
    add_diff_arguments,
)
from router.checks.errors import CheckInputError
from router.errors import ClientError, InvalidRequestError, RouterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphql import DocumentNode

    from router.composition import Composition, Contract
    from router.settings import RouterSettings
    from router.supergraph import Supergraph

GOOD, NO, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


class NoAnswerError(Exception):
    """What was asked for does not exist; the message is all there is to say."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except CheckInputError as error:
        print(f"router {options.command}: {error}", file=sys.stderr)
        return WRONG_USAGE
    except NoAnswerError as error:
        print(error, file=sys.stderr)
        return NO
    except RouterError as error:
        print(f"router {options.command}: {error}", file=sys.stderr)
        return NO
    except BrokenPipeError:
        sys.stderr.close()
        return NO
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    script = Path(sys.argv[0]).name
    parser = argparse.ArgumentParser(
        prog=script if script == "federated-router" else "python -m router",
        description="Compose, plan and serve federated GraphQL schemas.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    compose = commands.add_parser("compose", help="compose subgraphs to a supergraph")
    compose.add_argument(
        "configuration", nargs="?", metavar="YAML", help=f"default: {' or '.join(CONFIGURATIONS)}"
    )
    compose.add_argument("-o", "--output", metavar="FILE", help="write the supergraph there")
    compose.add_argument("--format", choices=("text", "json"), default="text")
    compose.add_argument("--hints", action="store_true", help="print hints too, not only how many")
    for option, purpose in (
        ("--include-tag", "of object and interface fields show only those with this @tag"),
        ("--exclude-tag", "hide whatever carries this @tag"),
    ):
        compose.add_argument(
            option, metavar="TAG", action="append", default=[], help=f"{purpose}; may be repeated"
        )
    compose.set_defaults(run=_compose)

    api_schema = commands.add_parser("api-schema", help="print what clients see")
    api_schema.add_argument(
        "supergraph", metavar="SUPERGRAPH", help="file, or - for standard input"
    )
    api_schema.set_defaults(run=_api_schema)

    plan = commands.add_parser("plan", help="print an operation's query plan")
    plan.add_argument("--format", choices=("text", "json", "mermaid"), default="text")
    plan.add_argument("--why", action="store_true", help="say why each fetch is needed")
    plan.set_defaults(run=_plan)
    _add_product_commands(commands, plan)

    explain = commands.add_parser("explain", help="say who answers a field, or what a code means")
    explain.add_argument("subject", metavar="TYPE|TYPE.FIELD|CODE")
    explain.add_argument("supergraph", metavar="SUPERGRAPH", nargs="?", help="file; not for codes")
    explain.set_defaults(run=_explain)

    check = commands.add_parser("check", help="judge schema changes by what clients send")
    add_check_arguments(check)
    check.set_defaults(run=_check)

    diff = commands.add_parser("diff", help="print what changed between two schemas")
    add_diff_arguments(diff)
    diff.set_defaults(run=_diff)

    collection = commands.add_parser("collection", help="print operations for Postman or Bruno")
    add_collection_arguments(collection)
    collection.set_defaults(run=_collection)

    init = commands.add_parser(
        "init", help="write a supergraph.yaml from the SDL files of a folder"
    )
    init.add_argument("folder", metavar="DIR", nargs="?", default=".", help="default: here")
    init.set_defaults(run=_init)

    dev = commands.add_parser("dev", help="compose and serve; again after each change")
    dev.add_argument(
        "sources",
        metavar="YAML|NAME=SOURCE",
        nargs="*",
        help=f"a supergraph.yaml (default: {' or '.join(CONFIGURATIONS)}), or for each subgraph "
        "NAME=URL, NAME=FILE@URL or NAME=MODULE:SCHEMA@URL",
    )
    dev.add_argument("--host", help="ROUTER_HOST")
    dev.add_argument("--port", type=int, help="ROUTER_PORT")
    dev.set_defaults(run=_dev)

    serve = commands.add_parser("serve", help="serve a supergraph")
    serve.add_argument("--supergraph", metavar="FILE", help="ROUTER_SUPERGRAPH")
    serve.add_argument("--host", help="ROUTER_HOST")
    serve.add_argument("--port", type=int, help="ROUTER_PORT")
    serve.add_argument("--workers", type=int, metavar="N", help="ROUTER_WORKERS")
    serve.set_defaults(run=_serve)
    return parser


def _add_product_commands(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], plan: argparse.ArgumentParser
) -> None:
    """What planning makes on the way from an operation to its plan, each to be printed alone."""
    graph = commands.add_parser("graph", help="print the graph that operations are planned on")
    graph.add_argument("supergraph", metavar="SUPERGRAPH", help="file, or - for standard input")
    graph.add_argument("--type", metavar="NAME", help="only what leads from and to this type")
    graph.set_defaults(run=_graph)

    normalize = commands.add_parser("normalize", help="print an operation as it is planned")
    paths = commands.add_parser("paths", help="print every way to each field of an operation")
    fetch_graph = commands.add_parser("fetch-graph", help="print who is asked for what, and why")
    for command in (normalize, paths, fetch_graph):
        command.set_defaults(run=_product)
    for command in (plan, normalize, paths, fetch_graph):
        command.add_argument("supergraph", metavar="SUPERGRAPH", help="file")
        command.add_argument("operation", metavar="OPERATION", help="file, or - for standard input")
        command.add_argument("--operation-name", metavar="NAME", help="where a file holds several")


def _compose(options: argparse.Namespace) -> int:
    from router.checks.configuration import find_configuration
    from router.checks.formats.composition import composition_record, findings_text
    from router.checks.subgraph_sources import load_subgraphs
    from router.composition import Contract, compose

    subgraphs = load_subgraphs(find_configuration(options.configuration))
    contract = Contract(frozenset(options.include_tag), frozenset(options.exclude_tag))
    composition = compose([subgraph.definition() for subgraph in subgraphs], contract=contract)
    for remark in _contract_remarks(contract, composition):
        print(remark, file=sys.stderr)
    if options.format == "json":
        print(_json(composition_record(composition)))
    else:
        text = findings_text(composition, subgraphs, shows_hints=options.hints)
        print(text, end="", file=sys.stderr)
        if composition.supergraph is not None and options.output is None:
            print(composition.supergraph, end="")
    if composition.supergraph is None:
        return NO
    if options.output is not None:
        try:
            Path(options.output).write_text(composition.supergraph, "utf-8")
        except OSError as error:
            msg = f"{options.output}: {error.strerror}"
            raise CheckInputError(msg) from error
    return GOOD


def _contract_remarks(contract: Contract, composition: Composition) -> Iterator[str]:
    from router.federation.values import print_value

    tags = sorted(contract.include | contract.exclude)
    if tags and any("INACCESSIBLE" in error.code for error in composition.errors):
        yield "What --include-tag and --exclude-tag hide counts as @inaccessible:"
    if composition.supergraph is None:
        return
    for use in (f"@tag(name: {print_value(tag)})" for tag in tags):
        if use not in composition.supergraph:
            yield f"warning: nothing carries {use}"


def _api_schema(options: argparse.Namespace) -> int:
    print(_supergraph(options.supergraph).api_sdl.rstrip("\n"))
    return GOOD


def _explain(options: argparse.Namespace) -> int:
    from router.checks.explain import explain_code, explain_coordinate, unknown_code

    if (meaning := explain_code(options.subject)) is not None:
        print(meaning)
    elif options.supergraph is None:
        msg = f"{unknown_code(options.subject)} (a type or field needs a supergraph)"
        raise CheckInputError(msg)
    else:
        print(explain_coordinate(_supergraph(options.supergraph), options.subject))
    return GOOD


def _graph(options: argparse.Namespace) -> int:
    from router.checks.explain import refuse_unknown
    from router.planning.products import print_graph

    supergraph = _supergraph(options.supergraph)
    if options.type is not None:
        refuse_unknown(supergraph, options.type)
    print(print_graph(supergraph, options.type).rstrip())
    return GOOD


def _product(options: argparse.Namespace) -> int:
    from router.planning import products

    printers = {
        "normalize": products.print_operation_normalized,
        "paths": products.print_paths,
        "fetch-graph": products.print_fetch_graph,
    }
    supergraph, document = _valid_operation(options)
    text = printers[options.command](supergraph, document, options.operation_name)
    print(text.rstrip())
    return GOOD


def _valid_operation(options: argparse.Namespace) -> tuple[Supergraph, DocumentNode]:
    """The supergraph and the document that a command names; the document fits the supergraph."""
    from router.pipeline.parse import parse
    from router.pipeline.validate import validate
    from router.policies.limits import Limits

    supergraph = _supergraph(options.supergraph)
    text = _read(options.operation)
    no_limits = Limits(max_tokens=None)
    try:
        parsed = parse(text, options.operation_name, no_limits)
        validate(parsed, supergraph.api_schema, hide_suggestions=False)
    except ClientError as error:
        raise NoAnswerError(_located(options.operation, text, error)) from error
    except InvalidRequestError as refusal:
        problems = [_located(options.operation, text, error) for error in refusal.errors]
        raise NoAnswerError("\n".join(problems)) from refusal
    return supergraph, parsed.document


def _plan(options: argparse.Namespace) -> int:
    from router.planning import Planner
    from router.planning.plan_mermaid import plan_mermaid
    from router.planning.plan_text import print_plan

    supergraph, document = _valid_operation(options)
    plan = Planner(supergraph).plan(document, options.operation_name)
    if options.format == "json":
        print(_json(plan.to_json()))
    elif options.format == "mermaid":
        print(plan_mermaid(plan).rstrip())
    else:
        print(print_plan(plan, why=options.why).rstrip())
    return GOOD


def _check(options: argparse.Namespace) -> int:
    from router.checks.command import run_check

    return run_check(options)


def _diff(options: argparse.Namespace) -> int:
    from router.checks.command import run_diff

    return run_diff(options)


def _collection(options: argparse.Namespace) -> int:
    from router.checks.command import run_collection

    return run_collection(options)


def _init(options: argparse.Namespace) -> int:
    from router.dev.find_subgraphs import starting_configuration

    folder = Path(options.folder)
    if not folder.is_dir():
        msg = f"{folder} is no folder"
        raise CheckInputError(msg)
    file = folder / "supergraph.yaml"
    text = starting_configuration(folder)
    try:
        with file.open("x", encoding="utf-8") as output:
            output.write(text)
    except OSError as error:
        msg = f"{file}: {error.strerror}"
        raise CheckInputError(msg) from error
    print(f"{file} names {text.count('routing_url')} subgraphs; write where each one runs")
    for line in text.splitlines():
        if line.startswith("# Left out"):
            print(line.removeprefix("# "))
    return GOOD


def _dev(options: argparse.Namespace) -> int:
    import tempfile
    import threading

    from router.checks.configuration import find_configuration
    from router.checks.files import read_file
    from router.dev.develop import Composer
    from router.dev.sources import configuration_of

    with tempfile.TemporaryDirectory(prefix="router-dev-") as folder:
        supergraph = Path(folder) / "supergraph.graphql"
        if len(options.sources) > 1 or "=" in "".join(options.sources):
            configuration = Path(folder) / "supergraph.yaml"
            configuration.write_text(configuration_of(options.sources), "utf-8")
        else:
            configuration = find_configuration(*options.sources)
        read_file(configuration)
        composer = Composer(
            configuration, supergraph, say=lambda line: print(f"router dev: {line}", flush=True)
        )
        composer.wait_for_supergraph()
        threading.Thread(target=composer.keep_looking, daemon=True).start()
        return _run(supergraph=str(supergraph), host=options.host, port=options.port)


def _serve(options: argparse.Namespace) -> int:
    return _run(
        supergraph=options.supergraph,
        host=options.host,
        port=options.port,
        workers=options.workers,
    )


def _run(**given: object) -> int:
    from functools import partial

    from router.app.build import build_router
    from router.server.run import run
    from router.settings import load_settings

    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    run(
        partial(build_router, settings),
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        shutdown_timeout_s=settings.shutdown_timeout,
        announce=partial(_announce, settings),
    )
    return GOOD


def _announce(settings: RouterSettings, url: str) -> None:
    """Say where the router listens; among JSON lines as one of them."""
    line = f"{settings.supergraph} at {url}{settings.path}"
    if settings.log_format == "text":
        print(f"router: {line}", flush=True)
    else:
        from router.telemetry.logging import configure_logging

        configure_logging(settings.log_level, settings.log_format)
        logging.getLogger("router").info(line)


def _supergraph(path: str) -> Supergraph:
    from router.supergraph import SupergraphError, load_supergraph

    try:
        return load_supergraph(_read(path))
    except SupergraphError as error:
        msg = f"{_shown(path)}: {str(error).removeprefix('supergraph: ')}"
        raise SupergraphError(msg) from error


def _read(path: str) -> str:
    from router.checks.files import read_file

    if path == "-":
        return sys.stdin.read()
    return read_file(Path(path))


def _shown(path: str) -> str:
    return "standard input" if path == "-" else path


def _json(value: object) -> str:
    import json

    return json.dumps(value, indent=2, ensure_ascii=False)


def _located(path: str, text: str, error: ClientError) -> str:
    from router.checks.files import located

    message = f"{error.code}: {error.message}"
    if not error.locations:
        return f"{_shown(path)}: {message}"
    at = error.locations[0]
    return located(_shown(path), text, at["line"], at["column"], message)
