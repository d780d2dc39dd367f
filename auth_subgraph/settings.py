"""Settings of the auth subgraph, read from environment variables with the prefix `AUTH_`."""

import os
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from subgraph_kit.durations import Duration, Rate, parse_duration, parse_rate
from subgraph_kit.settings_check import has_known_password, read_settings

PREFIX = "AUTH_"


class AuthSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", env_ignore_empty=True)

    env: Literal["development", "production"] = Field(
        "development",
        description="`production` refuses generated keys and turns introspection off.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
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
        description="Broker that events go to: nats://… or amqp://…; used by the worker only.",
    )
    jwt_private_key_file: Path | None = Field(
        None,
        description=(
            "File with the key that signs tokens: a PEM private key on the curve P-256, or the "
            "JWK set that rotate-key makes of it. Required in production; in development a "
            "missing file is made, and without a name the key lives as long as the process."
        ),
    )
    jwt_issuer: str = Field(
        "http://127.0.0.1:8000",
        min_length=1,
        description="`iss` of tokens; the same in every verifier. Must be set in production.",
    )
    jwt_audience: str = Field(
        "tasks-api", min_length=1, description="`aud` of tokens; the same in every verifier."
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
    login_failures_per_account_ip: Annotated[Rate, NoDecode] = Field(
        parse_rate("5/15m"), description="Failed log-ins for one account from one address."
    )
    login_failures_per_account: Annotated[Rate, NoDecode] = Field(
        parse_rate("50/1h"),
        description="Failed log-ins for one account from addresses it never logged in from.",
    )
    login_per_ip: Annotated[Rate, NoDecode] = Field(
        parse_rate("10/1m"), description="Log-ins tried by one address."
    )
    register_per_ip: Annotated[Rate, NoDecode] = Field(
        parse_rate("10/1h"), description="Registrations tried by one address."
    )
    refresh_per_ip: Annotated[Rate, NoDecode] = Field(
        parse_rate("60/1m"), description="Refreshes tried by one address."
    )
    bootstrap_admin_email: str | None = Field(
        None, description="E-mail of the administrator made at first start on an empty database."
    )
    bootstrap_admin_password: SecretStr | None = Field(
        None, description="Password of that administrator; remove both once it is made."
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Addresses or networks, by commas, whose X-Forwarded-For counts: the router's.",
    )
    worker_interval: Duration = Field(
        parse_duration("60s"), description="Pause between two runs of the worker's clean-up."
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
    def _fit_together(self) -> Self:
        if (self.bootstrap_admin_email is None) != (self.bootstrap_admin_password is None):
            raise ValueError(
                "AUTH_BOOTSTRAP_ADMIN_EMAIL and AUTH_BOOTSTRAP_ADMIN_PASSWORD go together"
            )
        if self.env == "production":
            if self.jwt_private_key_file is None:
                raise ValueError("AUTH_JWT_PRIVATE_KEY_FILE must be set in production")
            if "jwt_issuer" not in self.model_fields_set:
                raise ValueError("AUTH_JWT_ISSUER must be set in production")
            for name in ("database_url", "events_url"):
                if has_known_password(getattr(self, name).get_secret_value()):
                    message = f"AUTH_{name.upper()}: a known password is refused in production"
                    raise ValueError(message)
        return self

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def effective_log_format(self) -> Literal["text", "json"]:
        return self.log_format or ("json" if self.is_production else "text")


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
