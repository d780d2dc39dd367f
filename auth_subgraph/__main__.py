"""Command line of the auth subgraph: `python -m auth_subgraph serve|work|migrate|…`."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from auth_subgraph.settings import AuthSettings, load_settings
from subgraph_kit.logging import configure_logging
from subgraph_kit.settings_check import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

MIGRATIONS = Path(__file__).parent / "migrations"


def main() -> int:
    """Run one command; returns the exit code."""
    arguments = _parser().parse_args()
    if arguments.command == "export-schema":
        return _export_schema()
    try:
        settings = load_settings()
    except SettingsError as error:
        return _fail(str(error), exit_code=2)
    configure_logging("auth", level=settings.log_level, log_format=settings.effective_log_format)
    run: Callable[[AuthSettings, argparse.Namespace], int] = arguments.run
    return run(settings, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m auth_subgraph", description="Accounts, sessions and keys of the task graph."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="answer requests").set_defaults(run=_serve)
    commands.add_parser("work", help="publish events and clean up").set_defaults(run=_work)
    commands.add_parser("migrate", help="bring the database up to date").set_defaults(run=_migrate)
    commands.add_parser("export-schema", help="print the SDL")
    return parser


def _serve(settings: AuthSettings, _arguments: argparse.Namespace) -> int:
    import uvicorn  # noqa: PLC0415 - other commands start faster without it

    from auth_subgraph.app import StartError, create_app  # noqa: PLC0415
    from auth_subgraph.persistence.key_file import KeyFileError  # noqa: PLC0415

    try:
        app = create_app(settings)
    except (KeyFileError, StartError) as error:
        return _fail(str(error))
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )
    return 0


def _work(settings: AuthSettings, _arguments: argparse.Namespace) -> int:
    from auth_subgraph.worker import run_worker  # noqa: PLC0415
    from subgraph_kit.worker import run_until_stopped  # noqa: PLC0415

    run_until_stopped(lambda: run_worker(settings))
    return 0


def _migrate(settings: AuthSettings, _arguments: argparse.Namespace) -> int:
    from subgraph_kit.migrations import upgrade  # noqa: PLC0415

    try:
        asyncio.run(upgrade(settings.database_url.get_secret_value(), MIGRATIONS))
    except OSError as error:
        return _fail(f"AUTH_DATABASE_URL: the database cannot be reached: {error}")
    return 0


def _export_schema() -> int:
    from auth_subgraph.api.schema import schema  # noqa: PLC0415
    from subgraph_kit.sdl import export_sdl  # noqa: PLC0415

    sys.stdout.write(export_sdl(schema))
    return 0


def _fail(reason: str, exit_code: int = 1) -> int:
    print(f"auth: {reason}", file=sys.stderr)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
