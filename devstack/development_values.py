"""Settings of the parts that a checkout needs to run, and nobody should have to invent.

Keys and passwords are made once and kept in the data folder, readable by their owner alone. What
the shell or `.env` says wins over everything here.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from devstack.process import LOOPBACK
from devstack.product_values import ROUTER_VALUES

_WIDE_LIMIT = "100000/1m"


@dataclass(frozen=True, slots=True)
class Secrets:
    """Made for one data folder."""

    database_password: str
    cursor_key: str
    signing_key_file: str


def development_secrets(folder: Path) -> Secrets:
    """Read the secrets of a data folder; make them when there are none."""
    kept = folder / "secrets.json"
    if kept.exists():
        return Secrets(**json.loads(kept.read_text()))
    folder.mkdir(parents=True, exist_ok=True)
    key_file = folder / "jwt-private-key.pem"
    write_private(key_file, signing_key())
    made = Secrets(
        database_password=secrets.token_urlsafe(24),
        cursor_key=secrets.token_urlsafe(32),
        signing_key_file=str(key_file.absolute()),
    )
    write_private(kept, json.dumps(asdict(made), indent=2))
    return made


def development_values(
    values: Secrets, *, ports: Mapping[str, int], database_urls: Mapping[str, str], events_url: str
) -> dict[str, str]:
    """The variables of all parts.

    Args:
        values: Keys and passwords.
        ports: Of AUTH_PORT, TASKS_PORT, ROUTER_PORT.
        database_urls: Of "auth" and "tasks", in SQLAlchemy's form.
        events_url: Where the broker is.
    """
    auth = f"http://{LOOPBACK}:{ports['AUTH_PORT']}"
    tokens = {
        "JWKS_URL": f"{auth}/.well-known/jwks.json",
        "REVOCATIONS_URL": f"{auth}/revocations",
        "JWT_ISSUER": auth,
    }
    return {
        **{name: str(port) for name, port in ports.items()},
        "AUTH_DATABASE_URL": database_urls["auth"],
        "AUTH_EVENTS_URL": events_url,
        "AUTH_JWT_ISSUER": auth,
        "AUTH_JWT_PRIVATE_KEY_FILE": values.signing_key_file,
        "AUTH_TRUSTED_PROXIES": LOOPBACK,
        "AUTH_LOGIN_PER_IP": _WIDE_LIMIT,
        "AUTH_REGISTER_PER_IP": _WIDE_LIMIT,
        "AUTH_REFRESH_PER_IP": _WIDE_LIMIT,
        "TASKS_DATABASE_URL": database_urls["tasks"],
        "TASKS_EVENTS_URL": events_url,
        "TASKS_CURSOR_KEY": values.cursor_key,
        "TASKS_TRUSTED_PROXIES": LOOPBACK,
        **{f"TASKS_{name}": value for name, value in tokens.items()},
        **{f"ROUTER_{name}": value for name, value in tokens.items()},
        **ROUTER_VALUES,
        # The launcher turns the records of all parts into lines of one form.
        **{f"{component}_LOG_FORMAT": "json" for component in ("AUTH", "TASKS", "ROUTER")},
    }


def signing_key() -> str:
    # Needed once for a data folder, and slow to import.
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


def write_private(path: Path, content: str) -> None:
    """Write beside and rename, so that a kill leaves the whole file or none."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(content)
    unfinished.rename(path)
