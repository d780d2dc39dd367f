"""`python -m auth_subgraph serve | work | migrate | export-schema | create-admin | rotate-key`."""

import argparse
import asyncio
import getpass
import sys
import time

from subgraph_kit.command_line import (
    CommandError,
    add_commands,
    database_named,
    log_as,
    migrate_database,
    print_sdl,
    run_command,
    serve_app,
)


def main() -> int:
    return run_command("auth", _parser())


def serve(_arguments: argparse.Namespace) -> int:
    from auth_subgraph.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    log_as("auth", settings)

    from auth_subgraph.app import (  # noqa: PLC0415
        StartError,
        create_app,
        make_first_administrator,
    )
    from auth_subgraph.persistence.key_file import KeyFileError  # noqa: PLC0415

    try:
        app = create_app(settings)
        with database_named(settings):
            asyncio.run(make_first_administrator(settings))
    except (KeyFileError, StartError) as error:
        raise CommandError(error) from error
    serve_app(app, settings)
    return 0


def work(_arguments: argparse.Namespace) -> int:
    from auth_subgraph.settings import load_settings  # noqa: PLC0415
    from auth_subgraph.worker import run_worker  # noqa: PLC0415
    from subgraph_kit.worker import run_until_stopped  # noqa: PLC0415

    settings = load_settings()
    log_as("auth-worker", settings)
    run_until_stopped(lambda: run_worker(settings))
    return 0


def migrate(_arguments: argparse.Namespace) -> int:
    from auth_subgraph.migrations import FOLDER  # noqa: PLC0415
    from auth_subgraph.settings import load_settings  # noqa: PLC0415

    migrate_database(load_settings(), FOLDER)
    return 0


def export_schema(_arguments: argparse.Namespace) -> int:
    from auth_subgraph.api.schema import schema  # noqa: PLC0415

    print_sdl(schema)
    return 0


def create_admin(arguments: argparse.Namespace) -> int:
    from auth_subgraph.app import create_administrator  # noqa: PLC0415
    from auth_subgraph.domain.problems import Rejected  # noqa: PLC0415
    from auth_subgraph.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    password = _read_password(arguments.password_stdin)
    with database_named(settings):
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
        raise CommandError("AUTH_JWT_PRIVATE_KEY_FILE names no file, so there is no key to rotate")
    now = time.time()
    try:
        key = rotate_key_file(path, access_token_ttl=settings.access_token_ttl, now=now)
    except KeyFileError as error:
        raise CommandError(error) from error
    wait_s = (key.signs_from or now) - now
    print(f"The key {key.id} is published now and signs in {wait_s:.0f} s.")
    return 0


def _read_password(is_piped: bool) -> str:  # noqa: FBT001 - a flag of the command line
    if is_piped:
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise CommandError("the two passwords differ")
    return password


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m auth_subgraph", description="Auth subgraph.")
    commands = add_commands(
        parser,
        {
            "serve": (serve, "answer GraphQL requests"),
            "work": (work, "publish events, clean up"),
            "migrate": (migrate, "bring the database to the newest version"),
            "export-schema": (export_schema, "print the subgraph's SDL"),
            "rotate-key": (rotate_key, "publish the next signing key"),
        },
    )
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
