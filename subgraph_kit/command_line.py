"""What the command lines of all subgraphs share.

Each command imports only what it needs: a migration should not wait for a web framework.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from subgraph_kit.logging import configure_logging
from subgraph_kit.settings_check import SettingsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import strawberry

    from subgraph_kit.application import SubgraphApplication
    from subgraph_kit.service_settings import ServiceSettings

log = structlog.get_logger()


class CommandError(Exception):
    """The command cannot do its work; the text says why in one sentence."""


def run_command(service: str, parser: argparse.ArgumentParser) -> int:
    """Run the command that the arguments name; returns the exit code."""
    arguments = parser.parse_args()
    configure_logging(service, level="warning")  # until the settings say otherwise
    try:
        return int(arguments.command(arguments))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, CommandError) as error:
        print(f"{service}: {error}", file=sys.stderr)
        return 1


def add_commands(
    parser: argparse.ArgumentParser,
    commands: dict[str, tuple[Callable[[argparse.Namespace], int], str]],
) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    """Commands without arguments, each with what it does; returns where to add further ones."""
    added = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (command, help_) in commands.items():
        added.add_parser(name, help=help_).set_defaults(command=command)
    return added


def log_as(service: str, settings: ServiceSettings) -> None:
    configure_logging(service, level=settings.log_level, log_format=settings.effective_log_format)


def serve_app(app: SubgraphApplication, settings: ServiceSettings) -> None:
    """Serve until SIGINT or SIGTERM."""
    import uvicorn  # noqa: PLC0415 - slow, and a wrong setting should be told at once

    log.info("serving", url=f"http://{settings.host}:{settings.port}/graphql")
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # `client_address` decides whom to believe
        timeout_graceful_shutdown=10,
    )


def migrate_database(settings: ServiceSettings, migrations: Path) -> None:
    """Bring the database to the newest version."""
    from subgraph_kit.migrations import upgrade  # noqa: PLC0415

    with database_named(settings):
        asyncio.run(upgrade(settings.database_url.get_secret_value(), migrations))


def print_sdl(schema: strawberry.Schema) -> None:
    from subgraph_kit.sdl import export_sdl  # noqa: PLC0415

    print(export_sdl(schema), end="")


@contextmanager
def database_named(settings: ServiceSettings) -> Iterator[None]:
    """Turn what is wrong with a database into one sentence that names the variable."""
    import asyncpg  # noqa: PLC0415

    try:
        yield
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        prefix = settings.model_config.get("env_prefix", "")
        reason = (str(error) or repr(error)).splitlines()[0]
        raise CommandError(f"{prefix}DATABASE_URL: {reason}") from error  # noqa: EM102
