"""`make secrets`: what docker-compose.yml needs and nobody should have to invent.

Passwords go into `.env`, the signing key into a file that is mounted as a secret. What is there
already is never changed: databases keep the password with which they were made.
"""

import secrets
from pathlib import Path

from devstack.development_values import signing_key, write_private

_PASSWORDS = (
    "POSTGRES_PASSWORD_AUTH",
    "POSTGRES_PASSWORD_TASKS",
    "RABBITMQ_PASSWORD",
    "CURSOR_KEY",
    "GRAFANA_PASSWORD",
)


def make_secrets(checkout: Path) -> int:
    """Complete `.env` and `.secrets/` of a checkout."""
    env_file = checkout / ".env"
    text = env_file.read_text() if env_file.exists() else ""
    present = {line.partition("=")[0].strip() for line in text.splitlines()}
    missing = [name for name in _PASSWORDS if name not in present]
    if missing:
        separator = "" if not text or text.endswith("\n") else "\n"
        added = "".join(f"{name}={secrets.token_urlsafe(32)}\n" for name in missing)
        write_private(env_file, text + separator + added)
        print(f".env: {', '.join(missing)} added")
    folder = checkout / ".secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    key_file = folder / "jwt-private-key.pem"
    if not key_file.exists():
        write_private(key_file, signing_key())
        # Mounted as it is, and read by the service's user; the folder keeps others out.
        key_file.chmod(0o644)
        print(".secrets/jwt-private-key.pem made")
    return 0
