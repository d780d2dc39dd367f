"""`python -m auth_subgraph serve | work | migrate | export-schema | create-admin | rotate-key`.

Each command imports only what it needs: a migration should not wait for a web framework.
"""

import argparse
import asyncio
import getpass
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from subgraph_kit.logging import configure_logging
from subgraph_kit.settings_check import SettingsError


class _CommandError(Exception):
    """The command cannot do its work; the text says why in one sentence."""


def main() -> int:
    """Run one command; returns the exit code."""
    arguments = _parser().parse_args()
    configure_logging("auth", level="warning")  # until the settings say otherwise
    try:
        return int(arguments.command(arguments))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, _CommandError) as error:
        print(f"auth: {error}", file=sys.stderr)
        return 1


def serve(_arguments: argparse.Namespace) -> int:
    from auth_subgraph.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    configure_logging("auth", level=settings.log_level, log_format=settings.effective_log_format)

    import uvicorn  # noqa: PLC0415 - slow, and a wrong setting should be told at once

    from auth_subgraph.app import (  # noqa: PLC0415
        StartError,
        create_app,
        make_first_administrator,
    )
    from auth_subgraph.persistence.key_file import KeyFileError  # noqa: PLC0415

    try:
        app = create_app(settings)
        with _database_named():
            asyncio.run(make_first_administrator(settings))
    except (KeyFileError, StartError) as error:
        raise _CommandError(error) from error
    log = structlog.get_logger()
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
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )
    return 0


def work(_arguments: argparse.Namespace) -> int:
    from auth_subgraph.settings import load_settings  # noqa: PLC0415
    from auth_subgraph.worker import run_worker  # noqa: PLC0415
    from subgraph_kit.worker import run_until_stopped  # noqa: PLC0415

    settings = load_settings()
    configure_logging(
        "auth-worker", level=settings.log_level, log_format=settings.effective_log_format
    )
    run_until_stopped(lambda: run_worker(settings))
    return 0


def migrate(_arguments: argparse.Namespace) -> int:
    from auth_subgraph.migrations import FOLDER  # noqa: PLC0415
    from auth_subgraph.settings import load_settings  # noqa: PLC0415
    from subgraph_kit.migrations import upgrade  # noqa: PLC0415

    url = load_settings().database_url.get_secret_value()
    with _database_named():
        asyncio.run(upgrade(url, FOLDER))
    return 0


def export_schema(_arguments: argparse.Namespace) -> int:
    from auth_subgraph.api.schema import schema  # noqa: PLC0415
    from subgraph_kit.sdl import export_sdl  # noqa: PLC0415

    print(export_sdl(schema), end="")
    return 0


def create_admin(arguments: argparse.Namespace) -> int:
    from auth_subgraph.app import create_administrator  # noqa: PLC0415
    from auth_subgraph.domain.problems import Rejected  # noqa: PLC0415
    from auth_subgraph.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    password = _read_password(arguments.password_stdin)
    with _database_named():
        outcome = asyncio.run(
            create_administrator(settings, arguments.email, arguments.username, password)
        )
    if isinstance(outcome, Rejected):
        for problem in outcome.problems:
            print(f"auth: {problem.path[-1]}: {problem.text('en')}", file=sys.stderr)
        return 1
    print(f"Created the administrator {outcome.username} <{outcome.email}>.")
    return 0


def rotate_key(_arguments: argparse.Namespace) -> int:
    from auth_subgraph.persistence.key_file import KeyFileError  # noqa: PLC0415
    from auth_subgraph.services.signing import rotate_key_file  # noqa: PLC0415
    from auth_subgraph.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    path = settings.jwt_private_key_file
    if path is None:
        raise _CommandError("AUTH_JWT_PRIVATE_KEY_FILE names no file, so there is no key to rotate")
    now = time.time()
    try:
        key = rotate_key_file(path, access_token_ttl=settings.access_token_ttl, now=now)
    except KeyFileError as error:
        raise _CommandError(error) from error
    wait_s = (key.signs_from or now) - now
    print(f"The key {key.id} is published now and signs in {wait_s:.0f} s.")
    return 0


@contextmanager
def _database_named() -> Iterator[None]:
    """Turn what drivers raise about a database into one sentence that names the variable."""
    import asyncpg  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        yield
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise _CommandError(f"AUTH_DATABASE_URL: {reason}") from error  # noqa: EM102


def _read_password(is_piped: bool) -> str:  # noqa: FBT001 - a flag of the command line
    if is_piped:
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise _CommandError("the two passwords differ")
    return password


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m auth_subgraph", description="Auth subgraph.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, help_ in (
        ("serve", serve, "answer GraphQL requests"),
        ("work", work, "publish events, clean up"),
        ("migrate", migrate, "bring the database to the newest version"),
        ("export-schema", export_schema, "print the subgraph's SDL"),
        ("rotate-key", rotate_key, "publish the next signing key"),
    ):
        commands.add_parser(name, help=help_).set_defaults(command=command)
    admin = commands.add_parser("create-admin", help="create an administrator's account")
    admin.add_argument("--email", required=True)
    admin.add_argument("--username", help="made up when left out")
    admin.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    admin.set_defaults(command=create_admin)
    return parser


if __name__ == "__main__":
    sys.exit(main())
