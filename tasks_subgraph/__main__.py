"""`python -m tasks_subgraph serve | work | migrate | export-schema | dead-letters`."""

import argparse
import asyncio
import sys
from uuid import UUID

from subgraph_kit.command_line import (
    add_commands,
    database_named,
    log_as,
    migrate_database,
    print_sdl,
    run_command,
    serve_app,
)


def main() -> int:
    return run_command("tasks", _parser())


def serve(_arguments: argparse.Namespace) -> int:
    from tasks_subgraph.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    log_as("tasks", settings)

    from tasks_subgraph.app import create_app  # noqa: PLC0415

    serve_app(create_app(settings), settings)
    return 0


def work(_arguments: argparse.Namespace) -> int:
    from subgraph_kit.worker import run_until_stopped  # noqa: PLC0415
    from tasks_subgraph.settings import load_settings  # noqa: PLC0415
    from tasks_subgraph.worker import run_worker  # noqa: PLC0415

    settings = load_settings()
    log_as("tasks-worker", settings)
    run_until_stopped(lambda: run_worker(settings))
    return 0


def migrate(_arguments: argparse.Namespace) -> int:
    from tasks_subgraph.migrations import FOLDER  # noqa: PLC0415
    from tasks_subgraph.settings import load_settings  # noqa: PLC0415

    migrate_database(load_settings(), FOLDER)
    return 0


def export_schema(_arguments: argparse.Namespace) -> int:
    from tasks_subgraph.api.schema import schema  # noqa: PLC0415

    print_sdl(schema)
    return 0


def dead_letters(arguments: argparse.Namespace) -> int:
    from subgraph_kit.database import Database  # noqa: PLC0415
    from subgraph_kit.inbox import list_dead_letters, replay_dead_letters  # noqa: PLC0415
    from tasks_subgraph.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    log_as("tasks-dead-letters", settings)

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

    with database_named(settings):
        asyncio.run(run(arguments.replay))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tasks_subgraph", description="Tasks subgraph.")
    commands = add_commands(
        parser,
        {
            "serve": (serve, "answer GraphQL requests"),
            "work": (work, "publish and consume events, run the jobs"),
            "migrate": (migrate, "bring the database to the newest version"),
            "export-schema": (export_schema, "print the subgraph's SDL"),
        },
    )
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
