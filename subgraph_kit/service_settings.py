"""Settings that every subgraph has, to be mixed into its settings class.

    class TasksSettings(ServiceSettings, BaseSettings):
        model_config = SettingsConfigDict(env_prefix="TASKS_", enable_decoding=False, ...)

`enable_decoding=False` leaves the text of lists to the validators here: `a,b` instead of JSON.
"""

from ipaddress import ip_network
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, field_validator, model_validator

from subgraph_kit.settings_check import has_known_password


def _by_commas(value: object) -> object:
    if isinstance(value, str):
        return tuple(item.strip() for item in value.split(",") if item.strip())
    return value


PORT = "Port to listen on; 0 picks a free one."
"""Purpose of `port`, whose default each subgraph sets."""

TextList = Annotated[tuple[str, ...], BeforeValidator(_by_commas)]
"""Type of a settings field that takes `a,b`."""


class ServiceSettings(BaseModel):
    env: Literal["development", "production"] = Field(
        "development",
        description="`production` refuses generated keys and turns introspection off.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(ge=0, le=65535, description=PORT)
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
    jwt_issuer: str = Field(
        "http://127.0.0.1:8000",
        min_length=1,
        description="`iss` of tokens; the same in every component. Must be set in production.",
    )
    jwt_audience: str = Field(
        "tasks-api", min_length=1, description="`aud` of tokens; the same in every component."
    )
    trusted_proxies: TextList = Field(
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

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            ip_network(item, strict=False)
        return value

    @model_validator(mode="after")
    def _is_safe_in_production(self) -> Self:
        if self.is_production:
            prefix = self.model_config.get("env_prefix", "")
            if "jwt_issuer" not in self.model_fields_set:
                raise ValueError(f"{prefix}JWT_ISSUER must be set in production")  # noqa: EM102
            for name in ("database_url", "events_url"):
                if has_known_password(getattr(self, name).get_secret_value()):
                    message = f"{prefix}{name.upper()}: a known password is refused in production"
                    raise ValueError(message)
        return self

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def effective_log_format(self) -> Literal["text", "json"]:
        return self.log_format or ("json" if self.is_production else "text")
