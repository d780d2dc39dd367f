"""`python -m devstack up|demo|schema|environment|secrets`."""

import argparse
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
DEFAULT_DATA_DIR = CHECKOUT / ".data"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m devstack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("up", help="start everything and stay until Ctrl-C")
    command.add_argument("--data", type=Path, default=DEFAULT_DATA_DIR, metavar="FOLDER")
    command.add_argument(
        "--end-with-parent", action="store_true", help="stop everything when the caller ends"
    )
    command = commands.add_parser("demo", help="the tour of the README, against a running stack")
    command.add_argument("--url", default=None, help="of the router; default: this checkout's")
    command.add_argument("--data", type=Path, default=DEFAULT_DATA_DIR, metavar="FOLDER")
    commands.add_parser("secrets", help="make what docker-compose.yml needs: .env, .secrets/")
    for name, purpose in (
        ("schema", "write the files of schema/ from the code of the subgraphs"),
        ("environment", "write .env.example from the settings classes"),
    ):
        command = commands.add_parser(name, help=purpose)
        command.add_argument("--check", action="store_true", help="write nothing, fail when stale")
    return _run(parser.parse_args(arguments))


def _run(options: argparse.Namespace) -> int:
    """Each command imports what it needs: the launcher is to be quick."""
    match options.command:
        case "up":
            from devstack.up import up  # noqa: PLC0415

            return up(options.data, ends_with_parent=options.end_with_parent)
        case "demo":
            from devstack.demo import demo  # noqa: PLC0415

            return demo(options.url, options.data)
        case "secrets":
            from devstack.compose_secrets import make_secrets  # noqa: PLC0415

            return make_secrets(CHECKOUT)
        case "schema":
            from devstack.schema_files import schema  # noqa: PLC0415

            return schema(check=options.check)
        case _:
            from devstack.environment import environment  # noqa: PLC0415

            return environment(check=options.check)


if __name__ == "__main__":
    sys.exit(main())
