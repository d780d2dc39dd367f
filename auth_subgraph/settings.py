"""Settings of the auth subgraph, read from environment variables with the prefix `AUTH_`."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from subgraph_kit.broker import subscriptions
from subgraph_kit.durations import Duration, Rate, parse_duration, parse_rate
from subgraph_kit.service_settings import PORT, ServiceSettings, TextList
from subgraph_kit.settings_check import read_settings

PREFIX = "AUTH_"


class AuthSettings(ServiceSettings, BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", env_ignore_empty=True, enable_decoding=False
    )

    port: int = Field(8000, ge=0, le=65535, description=PORT)
    events_queues: TextList = Field(
        ("tasks.auth-events=user.deleted",),
        description=(
            "Who counts on events of this service, as queue=type by commas: RabbitMQ gets these "
            "queues before anything is published, so that a consumer may start later."
        ),
    )
    jwt_private_key_file: Path | None = Field(
        None,
        description=(
            "File with the key that signs tokens: a PEM private key on the curve P-256, or the "
            "JWK set that rotate-key makes of it. Required in production; in development a "
            "missing file is made, and without a name the key lives as long as the process."
        ),
    )
    access_token_ttl: Duration = Field(
        timedelta(minutes=15), description="Life of an access token."
    )
    refresh_token_ttl: Duration = Field(
        timedelta(days=7), description="Life of a session that is not refreshed."
    )
    session_max_age: Duration = Field(
        timedelta(days=30), description="Life of a session however often it is refreshed."
    )
    refresh_reuse_grace: Duration = Field(
        timedelta(seconds=10),
        description="How long after its use a refresh token may come again (second tab).",
    )
    sessions_max_per_user: int = Field(
        20, ge=1, le=1000, description="Sessions of a user; a further login ends the oldest."
    )
    password_min_length: int = Field(
        8, ge=8, le=64, description="Characters; choose 15 where no second factor exists."
    )
    password_max_length: int = Field(128, ge=64, le=1024, description="Characters.")
    argon2_memory_kib: int = Field(
        19456, ge=8, le=1_048_576, description="Memory of one password hash, KiB."
    )
    argon2_time: int = Field(2, ge=1, le=20, description="Passes of one password hash.")
    login_failures_per_account_ip: Rate = Field(
        parse_rate("5/15m"), description="Failed log-ins for one account from one address."
    )
    login_failures_per_account: Rate = Field(
        parse_rate("50/1h"),
        description="Failed log-ins for one account from addresses it never logged in from.",
    )
    login_per_ip: Rate = Field(parse_rate("10/1m"), description="Log-ins tried by one address.")
    register_per_ip: Rate = Field(
        parse_rate("10/1h"), description="Registrations tried by one address."
    )
    refresh_per_ip: Rate = Field(parse_rate("60/1m"), description="Refreshes tried by one address.")
    rate_limit_url: SecretStr | None = Field(
        None,
        description=(
            "Where attempts are counted: valkey://… or redis://… for several replicas; the "
            "database when empty."
        ),
    )
    bootstrap_admin_email: str | None = Field(
        None, description="E-mail of the administrator made at first start on an empty database."
    )
    bootstrap_admin_password: SecretStr | None = Field(
        None, description="Password of that administrator; remove both once it is made."
    )
    worker_interval: Duration = Field(
        parse_duration("60s"), description="Pause between two runs of the worker's clean-up."
    )

    @field_validator("rate_limit_url")
    @classmethod
    def _is_valkey(cls, value: SecretStr | None) -> SecretStr | None:
        schemes = ("valkey://", "valkeys://", "redis://", "rediss://", "unix://")
        if value is not None and not value.get_secret_value().startswith(schemes):
            raise ValueError("must begin with valkey://, valkeys://, redis:// or rediss://")
        return value

    @field_validator("events_queues")
    @classmethod
    def _are_bindings(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        subscriptions(value)
        return value

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if (self.bootstrap_admin_email is None) != (self.bootstrap_admin_password is None):
            raise ValueError(
                "AUTH_BOOTSTRAP_ADMIN_EMAIL and AUTH_BOOTSTRAP_ADMIN_PASSWORD go together"
            )
        if self.is_production and self.jwt_private_key_file is None:
            raise ValueError("AUTH_JWT_PRIVATE_KEY_FILE must be set in production")
        return self


def load_settings() -> AuthSettings:
    """Read and check the environment.

    Raises:
        SettingsError: One line that names the first variable at fault.
    """
    return read_settings(
        AuthSettings,  # type: ignore[arg-type]  # all arguments come from the environment
        PREFIX,
        AuthSettings.model_fields,
        os.environ,  # noqa: TID251 - this is the settings module
    )
