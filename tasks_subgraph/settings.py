"""Settings of the tasks subgraph, read from environment variables with the prefix `TASKS_`."""

import os
from datetime import timedelta
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from subgraph_kit.durations import Duration, parse_duration
from subgraph_kit.service_settings import PORT, ServiceSettings
from subgraph_kit.settings_check import read_settings

PREFIX = "TASKS_"

_MIN_CURSOR_KEY_CHARACTERS = 16


class TasksSettings(ServiceSettings, BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", env_ignore_empty=True, enable_decoding=False
    )

    port: int = Field(8001, ge=0, le=65535, description=PORT)
    jwks_url: str = Field(
        "http://127.0.0.1:8000/.well-known/jwks.json",
        description="Where auth publishes the keys that tokens are signed with.",
    )
    revocations_url: str = Field(
        "http://127.0.0.1:8000/revocations",
        description="Where auth publishes ended sessions and suspended or deleted users.",
    )
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

    @field_validator("cursor_key")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < _MIN_CURSOR_KEY_CHARACTERS:
            message = f"must have at least {_MIN_CURSOR_KEY_CHARACTERS} characters"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _has_a_cursor_key(self) -> Self:
        if self.is_production and self.cursor_key is None:
            raise ValueError("TASKS_CURSOR_KEY must be set in production")
        return self


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
