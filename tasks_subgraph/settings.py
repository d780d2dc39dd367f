"""Settings of the tasks subgraph, read from environment variables with the prefix `TASKS_`."""

import os
from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from subgraph_kit.durations import Duration, parse_duration
from subgraph_kit.settings_check import has_known_password, read_settings

PREFIX = "TASKS_"

_MIN_CURSOR_KEY_CHARACTERS = 16


class TasksSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", env_ignore_empty=True)

    env: Literal["development", "production"] = Field(
        "development",
        description="`production` refuses generated keys and turns introspection off.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8001, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    worker_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port of the worker's health and metrics; without it they are not served.",
    )
    database_url: SecretStr = Field(
        description="Database of this service: postgresql+asyncpg://user:password@host:port/name."
    )
    db_pool_size: int = Field(5, ge=1, le=100, description="Database connections per process.")
    events_url: SecretStr = Field(
        SecretStr("nats://127.0.0.1:4222"),
        description="Broker of events: nats://… or amqp://…; used by the worker only.",
    )
    jwks_url: str = Field(
        "http://127.0.0.1:8000/.well-known/jwks.json",
        description="Where auth publishes the keys that tokens are signed with.",
    )
    revocations_url: str = Field(
        "http://127.0.0.1:8000/revocations",
        description="Where auth publishes ended sessions and suspended or deleted users.",
    )
    jwt_issuer: str = Field(
        "http://127.0.0.1:8000",
        min_length=1,
        description="`iss` of tokens; as in auth. Must be set in production.",
    )
    jwt_audience: str = Field("tasks-api", min_length=1, description="`aud` of tokens; as in auth.")
    jwks_cache_ttl: Duration = Field(
        timedelta(minutes=5), description="How long fetched keys count as fresh."
    )
    max_per_user: int = Field(
        10_000, ge=0, description="Tasks of one user, those in the trash included."
    )
    trash_retention_days: int = Field(
        30, ge=0, le=3650, description="Days after which a task in the trash is removed for good."
    )
    idempotency_ttl: Duration = Field(
        timedelta(hours=24), description="How long an idempotency key is remembered."
    )
    worker_interval: Duration = Field(
        parse_duration("60s"), description="Pause between two runs of each of the worker's jobs."
    )
    cursor_key: SecretStr | None = Field(
        None,
        description=(
            "Secret that signs the cursors of lists, 16 characters or more, the same in every "
            "process. Required in production; in development made up at each start when missing."
        ),
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Addresses or networks, by commas, whose X-Forwarded-For counts: the router's.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Lowest level of log records written."
    )
    log_format: Literal["text", "json"] | None = Field(
        None, description="Form of log records; by default text in development, else json."
    )

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("postgresql+asyncpg://", "postgresql://")):
            raise ValueError("must begin with postgresql+asyncpg://")
        return value

    @field_validator("events_url")
    @classmethod
    def _is_broker(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("nats://", "tls://", "amqp://", "amqps://")):
            raise ValueError("must begin with nats://, tls://, amqp:// or amqps://")
        return value

    @field_validator("cursor_key")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < _MIN_CURSOR_KEY_CHARACTERS:
            message = f"must have at least {_MIN_CURSOR_KEY_CHARACTERS} characters"
            raise ValueError(message)
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _are_networks(cls, value: object) -> object:
        if isinstance(value, str):
            value = tuple(item.strip() for item in value.split(",") if item.strip())
        if isinstance(value, tuple):
            for item in value:
                ip_network(item, strict=False)
        return value

    @model_validator(mode="after")
    def _is_safe_in_production(self) -> Self:
        if self.is_production:
            if self.cursor_key is None:
                raise ValueError("TASKS_CURSOR_KEY must be set in production")
            if "jwt_issuer" not in self.model_fields_set:
                raise ValueError("TASKS_JWT_ISSUER must be set in production")
            for name in ("database_url", "events_url"):
                if has_known_password(getattr(self, name).get_secret_value()):
                    message = f"TASKS_{name.upper()}: a known password is refused in production"
                    raise ValueError(message)
        return self

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def effective_log_format(self) -> Literal["text", "json"]:
        return self.log_format or ("json" if self.is_production else "text")


def load_settings() -> TasksSettings:
    """Read and check the environment.

    Raises:
        SettingsError: One line that names the first variable at fault.
    """
    return read_settings(
        TasksSettings,  # type: ignore[arg-type]  # all arguments come from the environment
        PREFIX,
        TasksSettings.model_fields,
        os.environ,  # noqa: TID251 - this is the settings module
    )
