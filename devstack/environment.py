"""`make environment`: `.env.example`, every variable with its purpose, unit and default.

Made from the settings classes of the components, so that it cannot say something else than they do.
"""

import textwrap
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from devstack.stack import CHECKOUT

ENV_EXAMPLE = CHECKOUT / ".env.example"

_WIDTH = 98
_HEAD = """\
# Variables of the three components; written by `make environment`.
#
# Copy to .env and take the leading "# " from the lines you need. Docker Compose and `make up` read
# that file; what the shell says wins over it, and it wins over what `make up` invents (databases,
# broker, keys, wide limits). A variable with one of these prefixes that is not in this list stops
# the start.
"""


def environment(*, check: bool) -> int:
    """Write `.env.example`, or with `check` say whether it is stale."""
    wanted = env_example()
    if check:
        if not ENV_EXAMPLE.exists() or ENV_EXAMPLE.read_text() != wanted:
            print(".env.example is stale: run `make environment` and commit it.")
            return 1
        return 0
    ENV_EXAMPLE.write_text(wanted)
    return 0


def env_example() -> str:
    from auth_subgraph.settings import AuthSettings  # noqa: PLC0415
    from tasks_subgraph.settings import TasksSettings  # noqa: PLC0415

    from router.settings import RouterSettings  # noqa: PLC0415

    sections = [_HEAD]
    classes: tuple[tuple[str, type[BaseSettings]], ...] = (
        ("auth", AuthSettings),
        ("tasks", TasksSettings),
        ("router", RouterSettings),
    )
    for title, settings in classes:
        sections.append(f"\n# {title}\n")
        sections.extend(variable_lines(settings))
    return "".join(sections)


def variable_lines(settings: type[BaseSettings]) -> list[str]:
    """One commented block for each variable of a settings class."""
    prefix = str(settings.model_config.get("env_prefix", ""))
    blocks = []
    for name, field in settings.model_fields.items():
        purpose = textwrap.wrap(field.description or "", _WIDTH)
        value = "" if _is_required(field) else _text(field.get_default(call_default_factory=True))
        note = ["Required."] if _is_required(field) else []
        lines = [f"# {line}\n" for line in [*purpose, *note]]
        blocks.append("".join([*lines, f"# {(prefix + name).upper()}={value}\n", "\n"]))
    return blocks


def _is_required(field: FieldInfo) -> bool:
    return field.default is PydanticUndefined and field.default_factory is None


def _text(value: Any) -> str:  # noqa: ANN401 - a default may be anything
    if value is None or isinstance(value, SecretStr):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list | frozenset):
        return ",".join(_text(item) for item in value)
    return str(value)
