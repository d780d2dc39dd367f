"""Settings of `python -m router serve`, from environment variables that begin with ROUTER_.

Everything below the composition root takes plain arguments; only this module reads the
environment. The defaults are those of a bare router before unknown subgraphs.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, EnvSettingsSource, NoDecode, SettingsConfigDict

from router.errors import StartupError

PREFIX = "ROUTER_"

_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_UNITS_BYTES = {"": 1, "b": 1, "kib": 2**10, "mib": 2**20, "kb": 1000, "mb": 10**6}


def _seconds(value: object) -> object:
    if isinstance(value, float):
        return value
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*", str(value))
    if found is None:
        msg = "write a duration with its unit, like 500ms, 10s, 5m, 24h or 7d"
        raise ValueError(msg)
    return float(found.group(1)) * _UNITS_S[found.group(2)]


def _bytes(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d+)\s*([a-z]*)\s*", value.lower())
    if found is None or found.group(2) not in _UNITS_BYTES:
        msg = "write a size like 65536, 100KiB or 1MiB"
        raise ValueError(msg)
    return int(found.group(1)) * _UNITS_BYTES[found.group(2)]


def _rate(value: object) -> object:
    if not isinstance(value, str):
        return value
    if _is_off(value):
        return None
    found = re.fullmatch(r"\s*(\d+)/(\d+)(s|m|h|d)\s*", value)
    if found is None or not int(found.group(1)) or not int(found.group(2)):
        msg = "write a rate like 300/1m (so many in so long), or off"
        raise ValueError(msg)
    return int(found.group(1)), int(found.group(2)) * int(_UNITS_S[found.group(3)])


def _or_off(value: object) -> object:
    return None if isinstance(value, str) and _is_off(value) else value


def _is_off(text: str) -> bool:
    return text.strip().lower() in ("", "off", "none")


def _bytes_or_off(value: object) -> object:
    return None if isinstance(value, str) and _is_off(value) else _bytes(value)


def _list(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _origins(value: object) -> object:
    origins = _list(value)
    if isinstance(origins, tuple):
        for origin in origins:
            if origin != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/\s]+/?", origin):
                msg = (
                    f"{origin!r} is no origin; write https://app.example, http://localhost:5173, "
                    "or http://localhost:* for every port"
                )
                raise ValueError(msg)
    return origins


def _mapping(value: object) -> object:
    if not isinstance(value, str):
        return value
    pairs: dict[str, str] = {}
    for part in _list(value):  # type: ignore[attr-defined]
        name, separator, target = part.partition("=")
        if not separator or not name or not target:
            msg = "write NAME=VALUE,NAME=VALUE"
            raise ValueError(msg)
        pairs[name.strip()] = target.strip()
    return pairs


Duration = Annotated[float, BeforeValidator(_seconds), Field(gt=0)]
Size = Annotated[int, BeforeValidator(_bytes), Field(gt=0)]
OptionalSize = Annotated[int | None, BeforeValidator(_bytes_or_off)]
RateSetting = Annotated[tuple[int, int] | None, NoDecode, BeforeValidator(_rate)]
Limit = Annotated[Annotated[int, Field(ge=1)] | None, BeforeValidator(_or_off)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_list)]
Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)]
Pairs = Annotated[dict[str, str], NoDecode, BeforeValidator(_mapping)]
OptionalText = Annotated[str | None, BeforeValidator(_or_off)]
OptionalPath = Annotated[Path | None, BeforeValidator(_or_off)]


class SubgraphSettings(BaseModel):
    """How one subgraph is reached; what is left out is as for all subgraphs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = Field(default=None, description="Replaces the address in the supergraph.")
    timeout: Duration | None = Field(
        default=None, description="Longest wait for one answer (duration)."
    )
    retries: int | None = Field(default=None, ge=0, le=10, description="Repeats of a failed query.")
    max_connections: int | None = Field(default=None, ge=1, description="Connections at a time.")


class IssuerSettings(BaseModel):
    """One issuer of tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: OptionalText = Field(default=None, description="Required `iss`.")
    jwks_url: str = Field(description="Address of its public keys.")
    audience: OptionalText = Field(default=None, description="Required `aud`.")
    type: OptionalText = Field(default=None, description="Required `typ`.")
    revocations_url: OptionalText = Field(default=None, description="Its feed of ended sessions.")


class Structure(BaseModel):
    """The file that ROUTER_CONFIG names: settings that are lists and tables (YAML)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subgraphs: dict[str, SubgraphSettings] = Field(
        default_factory=dict, description="By name in the supergraph."
    )
    issuers: tuple[IssuerSettings, ...] = Field(
        default=(), description="Issuers of tokens, besides the one of ROUTER_JWKS_URL."
    )
    field_rate_limits: dict[str, RateSetting] = Field(
        default_factory=dict,
        description="Calls of a root field, like `Mutation.login: 10/1m`, by one user or address.",
    )

    @model_validator(mode="after")
    def _check_issuers(self) -> Self:
        if len(self.issuers) > 1 and any(issuer.issuer is None for issuer in self.issuers):
            msg = "several issuers are told apart by `issuer`"
            raise ValueError(msg)
        return self


class RouterSettings(BaseSettings):
    """One field a variable; names in upper case with the prefix ROUTER_."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    env: Literal["development", "production"] = Field(
        "development",
        description="`production` switches introspection, GraphiQL, suggestions and explained "
        "costs off unless they are set, logs JSON, and refuses unsafe values.",
    )
    supergraph: Path = Field(
        Path("schema/supergraph.graphql"), description="Supergraph SDL file to serve."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(4000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(1, ge=1, le=64, description="Number of processes that serve the port.")
    config: OptionalPath = Field(
        None,
        description="YAML file with per-subgraph settings, further token issuers and rate limits "
        "of single fields; router/README.md shows one.",
    )
    path: str = Field("/graphql", pattern="^/.+", description="Path of the GraphQL endpoint.")
    supergraph_poll: Duration = Field(
        1.0, description="How often to look whether the supergraph file has changed (duration)."
    )

    subgraph_urls: Pairs = Field(
        default_factory=dict,
        description="Addresses that replace those in the supergraph: NAME=URL,NAME=URL.",
    )
    subgraph_timeout: Duration | None = Field(
        None,
        description="Longest wait for one answer of a subgraph (duration); default four fifths "
        "of ROUTER_TIMEOUT.",
    )
    subgraph_retries: int = Field(
        1,
        ge=0,
        le=10,
        description="How often a query that did not reach its subgraph is sent again. "
        "Mutations are sent once.",
    )
    subgraph_breaker_failures: Limit = Field(
        20,
        description="After so many failures in a row a subgraph is left alone for a while, or off.",
    )
    subgraph_breaker_pause: Duration = Field(
        1.0, description="How long it is left alone, before one request tries again (duration)."
    )
    subgraph_max_connections: int = Field(
        128, ge=1, description="Connections to one subgraph at a time."
    )
    subgraph_max_response: Size = Field(
        128 * 2**20, description="Largest answer of a subgraph; a larger one is given up (size)."
    )
    forward_headers: Names = Field(
        (
            "authorization",
            "accept-language",
            "user-agent",
            "traceparent",
            "tracestate",
            "baggage",
        ),
        description="Headers of the client that subgraphs get, separated by commas. "
        "X-Request-Id and X-Forwarded-For are always sent, as the router knows them.",
    )
    mask_subgraph_errors: bool = Field(
        default=True,
        description="Replace the messages of subgraph errors that are not made for clients; "
        "code, path, service and request id stay.",
    )

    override_labels: Names = Field(
        (), description="Labels of progressive @override that are on, separated by commas."
    )

    jwks_url: OptionalText = Field(
        None,
        description="Address of the token issuer's public keys. Without it tokens are forwarded "
        "and not checked.",
    )
    jwks_cache_ttl: Duration = Field(300.0, description="How long keys are kept (duration).")
    jwt_issuer: OptionalText = Field(None, description="Required `iss` of tokens.")
    jwt_audience: OptionalText = Field("tasks-api", description="Required `aud` of tokens, or off.")
    jwt_type: OptionalText = Field("at+jwt", description="Required `typ` of tokens, or off.")
    revocations_url: OptionalText = Field(
        None, description="Address of the issuer's feed of ended sessions, polled each second."
    )
    authorization: Literal["null", "refuse", "off"] = Field(
        "null",
        description="What @authenticated, @requiresScopes and @policy do once tokens are checked: "
        "`null` answers a denied field with null and an error, `refuse` refuses the operation, "
        "`off` leaves it to the subgraphs.",
    )

    max_depth: Limit = Field(50, description="Deepest nesting of fields, or off.")
    max_aliases: Limit = Field(200, description="Most aliases, fragments expanded, or off.")
    max_root_fields: Limit = Field(100, description="Most fields of the root type, or off.")
    max_tokens: Limit = Field(15_000, description="Most lexical tokens of a document, or off.")
    max_directives: Limit = Field(500, description="Most directives of an operation, or off.")
    max_fields: Limit = Field(
        20_000, description="Most fields of an operation, fragments expanded, or off."
    )
    max_cost: Limit = Field(
        None, description="Highest cost estimated from @cost and @listSize, or off."
    )
    explain_cost: bool = Field(
        default=True,
        description="Tell clients that send `x-explain-cost: 1` the estimated and the actual cost; "
        "false in production unless set.",
    )
    max_body: Size = Field(2**20, description="Largest body of a request (size).")
    single_mutations: Names = Field(
        (),
        description="Mutations of which a request may hold one in all, separated by commas: "
        "those that check a password or a token.",
    )
    timeout: Duration = Field(30.0, description="Longest time for one operation (duration).")
    max_concurrent_requests: int = Field(
        2000, ge=1, description="Requests answered at a time; more are refused with 503."
    )
    rate_limit_anonymous: RateSetting = Field(
        None, description="Requests of one address without a good token, like 300/1m, or off."
    )
    rate_limit_user: RateSetting = Field(
        None, description="Requests of one user, like 600/1m, or off."
    )
    rate_limit_url: str = Field(
        "memory://",
        description="Where requests are counted: memory:// (each process for itself), or "
        "valkey://HOST:PORT or redis://HOST:PORT for several processes together.",
    )
    trusted_proxies: Names = Field(
        (),
        description="Addresses or networks whose X-Forwarded-For counts, separated by commas.",
    )

    introspection: bool = Field(
        default=True, description="Answer __schema and __type; false in production unless set."
    )
    graphiql: bool = Field(
        default=True, description="Serve GraphiQL at /; false in production unless set."
    )
    graphiql_welcome: OptionalPath = Field(
        None, description="File with the text that GraphiQL shows at a first visit."
    )
    suggestions: bool = Field(
        default=True,
        description="Name similar fields in validation errors; false in production unless set.",
    )
    cors_origins: Origins = Field(
        (),
        description="Origins of pages that may read answers, separated by commas; "
        "`http://localhost:*` means every port.",
    )
    max_batch: int = Field(
        0, ge=0, description="Most operations in one JSON array; 0 refuses arrays."
    )
    apq: bool = Field(default=True, description="Clients may register operations by hash (APQ).")
    persisted_operations: OptionalPath = Field(
        None, description="Manifest of known operations, in the form of Apollo or of Relay."
    )
    persisted_operations_only: bool = Field(
        default=False, description="Answer operations of the manifest only."
    )
    compression_min: OptionalSize = Field(
        None, description="Compress answers from this size on (size), or off."
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level of log lines."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="Form of log lines; json in production unless set."
    )
    log_operations: bool = Field(default=True, description="Write one line for every operation.")
    usage_file: OptionalPath = Field(
        None,
        description="File that tells `check --usage` what clients send: hashes, names, coordinates "
        "and counts of operations, never variables. Routers on one machine may share it.",
    )
    usage_interval: Duration = Field(
        60.0, description="How often the usage file is written (duration)."
    )
    metrics: bool = Field(default=True, description="Serve Prometheus metrics at /metrics.")
    otel_exporter_otlp_endpoint: OptionalText = Field(
        None,
        description="Collector that gets traces over OTLP/HTTP, like http://collector:4318; needs "
        "the packages opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http.",
    )
    shutdown_timeout: Duration = Field(
        15.0, description="How long a stopping router waits for running requests (duration)."
    )

    @model_validator(mode="before")
    @classmethod
    def _production_defaults(cls, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("env") == "production":
            return {
                "introspection": False,
                "graphiql": False,
                "suggestions": False,
                "explain_cost": False,
                "log_format": "json",
                **values,
            }
        return values

    @model_validator(mode="after")
    def _check_safety(self) -> Self:
        if self.env == "production" and "*" in self.cors_origins:
            msg = "ROUTER_CORS_ORIGINS: * is refused in production"
            raise ValueError(msg)
        if self.persisted_operations_only and self.persisted_operations is None:
            msg = "ROUTER_PERSISTED_OPERATIONS_ONLY needs ROUTER_PERSISTED_OPERATIONS"
            raise ValueError(msg)
        if self.revocations_url is not None and self.jwks_url is None:
            msg = "ROUTER_REVOCATIONS_URL needs ROUTER_JWKS_URL"
            raise ValueError(msg)
        return self


def load_settings(**given: object) -> RouterSettings:
    """Read the environment; what the command line gives comes first.

    Raises:
        StartupError: Names the variable that is wrong, or the nearest one to an unknown name.
    """
    _refuse_unknown()
    try:
        return RouterSettings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        raise StartupError(_one_line(error)) from error


def load_structure(path: Path | None) -> Structure:
    """Read the YAML file; nothing for no path.

    Raises:
        StartupError: Names the file and the place in it that is wrong.
    """
    if path is None:
        return Structure()
    import yaml  # noqa: PLC0415 (most routers have no such file)

    try:
        return Structure.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except OSError as error:
        msg = f"ROUTER_CONFIG: {path}: {error.strerror}"
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        msg = f"ROUTER_CONFIG: {path} is not YAML: {' '.join(str(error).split())}"
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, detail['loc'])) or 'file'}: {detail['msg']}"
            for detail in error.errors()
        ]
        msg = f"ROUTER_CONFIG: {path}: {'; '.join(problems)}"
    raise StartupError(msg)


def _refuse_unknown() -> None:
    known = [PREFIX + name.upper() for name in RouterSettings.model_fields]
    for name in EnvSettingsSource(RouterSettings).env_vars:
        variable = name.upper()
        if variable.startswith(PREFIX) and variable not in known:
            near = get_close_matches(variable, known, n=1, cutoff=0.0)
            msg = f"{variable} is no setting; did you mean {near[0]}?"
            raise StartupError(msg)


def _one_line(error: ValidationError) -> str:
    problems = []
    for detail in error.errors():
        message = str(detail["msg"]).removeprefix("Value error, ")
        where = detail["loc"]
        problems.append(f"{PREFIX}{str(where[0]).upper()}: {message}" if where else message)
    return "; ".join(problems)
