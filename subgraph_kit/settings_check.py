"""Settings that are wrong stop a start with one line that names the variable."""

import difflib
from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import ValidationError


class SettingsError(Exception):
    """A variable is missing, wrong or unknown; the text names it."""


SettingsT = TypeVar("SettingsT")

_KNOWN_PASSWORDS = frozenset(
    ("admin", "auth", "changeme", "demo", "example", "guest", "password", "postgres", "rabbitmq",
     "root", "secret", "tasks", "test")
)  # fmt: skip


def has_known_password(url: str) -> bool:
    """Whether the password inside a URL is one that everybody tries first."""
    return (urlsplit(url).password or "").lower() in _KNOWN_PASSWORDS


def read_settings(
    make: Callable[[], SettingsT], prefix: str, fields: Iterable[str], variables: Iterable[str]
) -> SettingsT:
    """Make the settings, or say which variable is at fault.

    Args:
        make: The settings class.
        prefix: Of its variables, such as `TASKS_`.
        fields: Names of its fields.
        variables: Names of all variables that are set.

    Raises:
        SettingsError: One line about the first variable at fault.
    """
    known = {f"{prefix}{name.upper()}" for name in fields}
    for name in sorted(variables):
        if name.upper().startswith(prefix) and name.upper() not in known:
            nearest = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0)
            raise SettingsError(f"{name} is no setting; did you mean {nearest[0]}?")  # noqa: EM102
    try:
        return make()
    except ValidationError as error:
        raise SettingsError(_first_fault(error, prefix)) from None


def _first_fault(error: ValidationError, prefix: str) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    name = f"{prefix}{str(first['loc'][0]).upper()}" if first["loc"] else prefix.rstrip("_")
    if first["type"] == "missing":
        return f"{name} is required"
    return f"{name}: {first['msg'].removeprefix('Value error, ')}"
