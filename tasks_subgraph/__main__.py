"""`python -m tasks_subgraph serve | work | migrate | export-schema | dead-letters`.

Each command imports only what it needs: a migration should not wait for a web framework.
"""

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING
from uuid import UUID

from subgraph_kit.settings_check import SettingsError

if TYPE_CHECKING:
    from tasks_subgraph.settings import TasksSettings


def main() -> int:
    arguments = _parser().parse_args()
    try:
        return int(arguments.command(arguments))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"tasks: {error}", file=sys.stderr)
        return 1


def serve(_arguments: argparse.Namespace) -> int:
    import uvicorn  # noqa: PLC0415

    from tasks_subgraph.app import SERVICE, create_app  # noqa: PLC0415
    from tasks_subgraph.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    _configure_logging(settings, SERVICE)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    return 0


def work(_arguments: argparse.Namespace) -> int:
    from subgraph_kit.worker import run_until_stopped  # noqa: PLC0415
    from tasks_subgraph.settings import load_settings  # noqa: PLC0415
    from tasks_subgraph.worker import run_worker  # noqa: PLC0415

    settings = load_settings()
    _configure_logging(settings, "tasks-worker")
    run_until_stopped(lambda: run_worker(settings))
    return 0


def migrate(_arguments: argparse.Namespace) -> int:
    from subgraph_kit.migrations import upgrade  # noqa: PLC0415
    from tasks_subgraph.migrations import FOLDER  # noqa: PLC0415
    from tasks_subgraph.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    _configure_logging(settings, "tasks-migrate")
    asyncio.run(upgrade(settings.database_url.get_secret_value(), FOLDER))
    return 0


def export_schema(_arguments: argparse.Namespace) -> int:
    from subgraph_kit.sdl import export_sdl  # noqa: PLC0415
    from tasks_subgraph.api.schema import schema  # noqa: PLC0415

    print(export_sdl(schema), end="")
    return 0


def dead_letters(arguments: argparse.Namespace) -> int:
    from subgraph_kit.database import Database  # noqa: PLC0415
    from subgraph_kit.inbox import list_dead_letters, replay_dead_letters  # noqa: PLC0415
    from tasks_subgraph.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    _configure_logging(settings, "tasks-dead-letters")

    async def run(replay: list[UUID] | None) -> None:
        database = Database(
            settings.database_url.get_secret_value(), application_name="tasks-dead-letters"
        )
        try:
            if replay is not None:
                count = await replay_dead_letters(database, replay or None)
                print(f"{count} put back; the worker tries them now")
                return
            for letter in await list_dead_letters(database):
                print(f"{letter.event_id}  {letter.type}  {letter.dead_at:%Y-%m-%d %H:%M:%S}")
                print(f"    after {letter.attempts} tries: {letter.last_error}")
        finally:
            await database.close()

    asyncio.run(run(arguments.replay))
    return 0


def _configure_logging(settings: "TasksSettings", service: str) -> None:
    from subgraph_kit.logging import configure_logging  # noqa: PLC0415

    configure_logging(service, level=settings.log_level, log_format=settings.effective_log_format)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tasks_subgraph", description="Tasks subgraph.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, help_ in (
        ("serve", serve, "answer GraphQL requests"),
        ("work", work, "publish and consume events, run the jobs"),
        ("migrate", migrate, "bring the database to the newest version"),
        ("export-schema", export_schema, "print the subgraph's SDL"),
    ):
        commands.add_parser(name, help=help_).set_defaults(command=command)
    dead = commands.add_parser("dead-letters", help="list events that were given up")
    dead.add_argument(
        "--replay",
        nargs="*",
        type=UUID,
        metavar="EVENT_ID",
        help="try these again; all without ids",
    )
    dead.set_defaults(command=dead_letters)
    return parser


if __name__ == "__main__":
    sys.exit(main())
