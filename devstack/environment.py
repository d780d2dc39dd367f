"""`make environment`: every variable with its purpose, unit and default, and every error code.

Made from the settings classes of the components, so that `.env.example` and docs/configuration.md
cannot say something else than they do. A default is written in the form that reads back as itself.
"""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from devstack.error_page import error_page
from devstack.product_values import ROUTER_VALUES
from devstack.stack import CHECKOUT
from subgraph_kit.durations import RateLimit

_WIDTH = 98
_ENV_HEAD = """\
# Variables of the three components; written by `make environment`.
#
# Copy to .env and take the leading "# " from the lines you need. `make up` reads that file; what
# the shell says wins over it, and it wins over what `make up` invents (databases, broker, keys,
# wide limits). docker-compose.yml sets what it needs itself. A variable with one of these prefixes
# that is not in this list stops the start.
"""
_DOCS_HEAD = """\
# Configuration

Each component reads variables with a prefix of its own, so that one `.env` serves all.
An unknown variable with such a prefix stops the start and is named with the nearest known one.
So does a value that cannot be used.
Durations carry a unit (`500ms`, `10s`, `15m`, `24h`, `7d`), sizes may (`100KiB`, `1MiB`).
Rates are a number in a duration: `300/1m`.

`make up` invents what it needs (databases, broker, keys, wide limits) and reads `.env`.
The defaults below are those of a component that is started alone.
This page is written by `make environment` from the settings classes.
"""


@dataclass(frozen=True, slots=True)
class Variable:
    """`default` is None where the variable is required."""

    name: str
    purpose: str
    default: str | None


_COMPOSE_HEAD = """
# ---- docker-compose.yml; `make secrets` writes the required ones into .env

"""

COMPOSE_VARIABLES = (
    Variable("POSTGRES_PASSWORD_AUTH", "Password of the database of auth.", None),
    Variable("POSTGRES_PASSWORD_TASKS", "Password of the database of tasks.", None),
    Variable("RABBITMQ_PASSWORD", "Password of the broker's user.", None),
    Variable("CURSOR_KEY", "Becomes TASKS_CURSOR_KEY.", None),
    Variable(
        "JWT_PRIVATE_KEY",
        "File that is mounted as AUTH_JWT_PRIVATE_KEY_FILE.",
        "./.secrets/jwt-private-key.pem",
    ),
    Variable("PUBLISH_ADDRESS", "Address of the host on which the router listens.", "127.0.0.1"),
    Variable("PUBLISH_PORT", "Port of the host on which the router listens.", "4000"),
    Variable("DEPLOYMENT_ENV", "Becomes ENV of all components.", "development"),
    Variable(
        "CORS_ORIGINS",
        "Becomes ROUTER_CORS_ORIGINS: the origins of your pages.",
        "http://localhost:*,http://127.0.0.1:*",
    ),
    Variable("TOKEN_ISSUER", "Becomes JWT_ISSUER of all components.", "http://auth:8000"),
    Variable("GRAPH_SUBNET", "Network of router and subgraphs.", "172.29.40.0/24"),
    Variable(
        "TRUSTED_PROXIES",
        "Becomes ROUTER_TRUSTED_PROXIES; with the profile tls set it to GRAPH_SUBNET.",
        "",
    ),
    Variable("PUBLIC_NAME", "Host name that the profile tls serves.", "localhost"),
    Variable("GRAFANA_PASSWORD", "Password of Grafana's user admin (profile monitoring).", None),
    Variable("IMAGE_TAG", "Tag of our three images.", "latest"),
    Variable("IMAGE_AUTH", "Image of auth.", "federated-tasks/auth"),
    Variable("IMAGE_TASKS", "Image of tasks.", "federated-tasks/tasks"),
    Variable("IMAGE_ROUTER", "Image of the router.", "federated-tasks/router"),
    Variable("PYTHON_IMAGE", "Image that ours are built on.", "python:3.11-slim"),
    Variable("POSTGRES_IMAGE", "Image of the databases.", "postgres:18-alpine"),
    Variable("RABBITMQ_IMAGE", "Image of the broker.", "rabbitmq:4-alpine"),
    Variable("PROMETHEUS_IMAGE", "Image of the profile monitoring.", "prom/prometheus:v3.5.0"),
    Variable("GRAFANA_IMAGE", "Image of the profile monitoring.", "grafana/grafana:12.1.0"),
    Variable("CADDY_IMAGE", "Image of the profile tls.", "caddy:2-alpine"),
)


def environment(*, check: bool) -> int:
    """Write the files, or with `check` say which are stale."""
    stale = 0
    for path, wanted in _files().items():
        if path.exists() and path.read_text() == wanted:
            continue
        if check:
            stale += 1
            print(f"{path.relative_to(CHECKOUT)} is stale: run `make environment` and commit it.")
        else:
            path.write_text(wanted)
            print(f"{path.relative_to(CHECKOUT)} written")
    return 1 if stale else 0


def variables(settings: type[BaseSettings]) -> Iterator[Variable]:
    """The variables of a settings class, in its order."""
    prefix = str(settings.model_config.get("env_prefix", ""))
    for name, field in settings.model_fields.items():
        default = None if field.is_required() else default_text(field)
        yield Variable((prefix + name).upper(), field.description or "", default)


def default_text(field: FieldInfo) -> str:
    """A field's default as one writes it into a variable.

    Raises:
        ValueError: No form of it reads back as the default.
    """
    default = field.get_default(call_default_factory=True)
    if default is None or default in ("", (), {}):
        return ""
    # The type checker cannot know a type that is only made here.
    form: Any = Annotated[field.annotation, Field(), *field.metadata]
    reader: TypeAdapter[Any] = TypeAdapter(form)
    for text in _forms(default):
        try:
            if reader.validate_python(text) == default:
                return text
        except ValidationError:
            continue
    raise ValueError(f"{default!r} cannot be written as a variable")  # noqa: EM102 - ours alone


def _forms(value: Any) -> Iterator[str]:  # noqa: ANN401 - a default may be anything
    """How a value may be written, the most readable form first."""
    if isinstance(value, bool):
        yield str(value).lower()
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    if isinstance(value, int) and value > 0 and value % 2**20 == 0:
        yield f"{value // 2**20}MiB"
    if isinstance(value, int | float):
        yield f"{value:g}" if abs(value) < 1_000_000 else str(value)
        yield _duration(float(value))
    if isinstance(value, timedelta):
        yield _duration(value.total_seconds())
    if isinstance(value, RateLimit):
        yield f"{value.limit}/{_duration(value.period_s)}"
    if isinstance(value, tuple | list) and len(value) == 2 and isinstance(value[1], int):
        yield f"{value[0]}/{_duration(value[1])}"
    if isinstance(value, tuple | list | frozenset):
        yield ",".join(str(item) for item in value)
    if isinstance(value, Mapping):
        yield ",".join(f"{key}={item}" for key, item in value.items())
    yield str(value)


def _duration(seconds: float) -> str:
    for unit, length_s in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        if seconds >= length_s and seconds % length_s == 0:
            return f"{seconds / length_s:g}{unit}"
    return f"{seconds * 1000:g}ms"


def _files() -> dict[Path, str]:
    from auth_subgraph.settings import AuthSettings  # noqa: PLC0415
    from router.settings import RouterSettings  # noqa: PLC0415
    from tasks_subgraph.settings import TasksSettings  # noqa: PLC0415

    example, page = [_ENV_HEAD], [_DOCS_HEAD]
    for title, settings in (
        ("auth", AuthSettings),
        ("tasks", TasksSettings),
        ("router", RouterSettings),
    ):
        example.append(f"\n# ---- {title}\n\n")
        page.append(f"\n## {title}\n\n| variable | default | purpose |\n|---|---|---|\n")
        for variable in variables(settings):
            example.append(_example_block(variable, ROUTER_VALUES.get(variable.name)))
            page.append(_table_row(variable))
    example.append(_COMPOSE_HEAD)
    example.extend(_example_block(variable) for variable in COMPOSE_VARIABLES)
    return {
        CHECKOUT / ".env.example": "".join(example),
        CHECKOUT / "docs" / "configuration.md": "".join(page),
        CHECKOUT / "docs" / "errors.md": error_page(),
    }


def _example_block(variable: Variable, product_value: str | None = None) -> str:
    note = "" if variable.default is not None else " Required."
    value = variable.default or ""
    if product_value is not None:
        note = f" `make up` and docker-compose.yml set this; alone: {value or 'none'}."
        value = product_value
    purpose = textwrap.wrap(variable.purpose + note, _WIDTH)
    lines = [f"# {line}\n" for line in purpose]
    return "".join([*lines, f"# {variable.name}={value}\n\n"])


def _table_row(variable: Variable) -> str:
    if variable.default is None:
        default = "required"
    else:
        default = f"`{variable.default}`" if variable.default else "none"
    purpose = variable.purpose.replace("|", "\\|")
    return f"| `{variable.name}` | {default} | {purpose} |\n"
