"""Composition root of `serve` and `create-admin`: settings in, services or ASGI application out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

import structlog
from fastapi import FastAPI

from auth_subgraph.api.context import Context
from auth_subgraph.api.credential_rule import OneCredentialMutation
from auth_subgraph.api.schema import schema
from auth_subgraph.domain.accounts import User
from auth_subgraph.domain.passwords import PasswordRules
from auth_subgraph.domain.problems import Rejected
from auth_subgraph.domain.sessions import SessionPolicy
from auth_subgraph.domain.signing_keys import ring_of
from auth_subgraph.http.jwks import jwks_routes
from auth_subgraph.http.revocations import revocation_routes
from auth_subgraph.migrations import FOLDER
from auth_subgraph.persistence.attempts import DatabaseAttempts
from auth_subgraph.persistence.key_file import new_signing_key, read_key_file, write_key_file
from auth_subgraph.services.account import AccountService
from auth_subgraph.services.administration import AdministrationService
from auth_subgraph.services.directory import Directory
from auth_subgraph.services.limits import Attempts, Limits
from auth_subgraph.services.login import LoginService
from auth_subgraph.services.passwords import PasswordHasher
from auth_subgraph.services.registration import RegistrationService
from auth_subgraph.services.revocation_feed import RevocationFeed
from auth_subgraph.services.session_tokens import SessionTokens
from auth_subgraph.services.sessions import SessionService
from auth_subgraph.services.signing import Keys, TokenSigner
from auth_subgraph.services.token_check import TokenCheckService
from auth_subgraph.services.wiring import Services
from auth_subgraph.settings import AuthSettings
from subgraph_kit.application import SubgraphApplication
from subgraph_kit.client_address import TrustedProxies
from subgraph_kit.cursors import CursorCodec
from subgraph_kit.database import Database
from subgraph_kit.graphql_endpoint import GraphQLEndpoint
from subgraph_kit.health import health_routes
from subgraph_kit.metrics import metrics_routes
from subgraph_kit.request_context import RequestContext, RequestReader
from subgraph_kit.schema_version import migrated
from subgraph_kit.tokens import Authenticator, TokenVerifier

log = structlog.get_logger()


class StartError(Exception):
    """The service cannot start; the text says why in one sentence."""


def create_app(settings: AuthSettings) -> SubgraphApplication:
    """Wire everything; connections are made when first used, closed with the application.

    Raises:
        KeyFileError: The signing keys cannot be read or made.
    """
    keys = open_keys(settings)
    verifier = TokenVerifier(keys, issuer=settings.jwt_issuer, audience=settings.jwt_audience)
    signer = open_signer(settings, keys)
    database = open_database(settings)
    # Revocations must get out however many requests wait for a connection.
    database_of_feed = open_database(settings, name="auth-revocations", pool_size=1)
    hasher = open_hasher(settings)
    attempts = open_attempts(settings, database)
    services = build_services(settings, database, hasher, signer, verifier, attempts)
    cursors = CursorCodec(keys.cursor_secret())

    def context(request: RequestContext) -> Context:
        return Context(request, services, cursors)

    endpoint = GraphQLEndpoint(
        schema,
        service="auth",
        requests=RequestReader(Authenticator(verifier), TrustedProxies(settings.trusted_proxies)),
        context=context,
        is_introspection_allowed=not settings.is_production,
        extra_rules=[OneCredentialMutation],
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        hasher.close()
        await attempts.close()
        await database_of_feed.close()
        await database.close()

    return SubgraphApplication(
        endpoint,
        health_routes({"database": database.ping, "migrations": migrated(database, FOLDER)}),
        metrics_routes(),
        jwks_routes(keys),
        revocation_routes(RevocationFeed(database_of_feed, signer)),
        lifespan=lifespan,
    )


def build_services(
    settings: AuthSettings,
    database: Database,
    hasher: PasswordHasher,
    signer: TokenSigner,
    verifier: TokenVerifier,
    attempts: Attempts,
) -> Services:
    session_tokens = SessionTokens(
        signer,
        SessionPolicy(
            access_token_ttl=settings.access_token_ttl,
            refresh_token_ttl=settings.refresh_token_ttl,
            session_max_age=settings.session_max_age,
            refresh_reuse_grace=settings.refresh_reuse_grace,
            max_per_user=settings.sessions_max_per_user,
        ),
    )
    limits = Limits(
        login_failures_per_account_address=settings.login_failures_per_account_ip,
        login_failures_per_account=settings.login_failures_per_account,
        logins_per_address=settings.login_per_ip,
        registrations_per_address=settings.register_per_ip,
        refreshes_per_address=settings.refresh_per_ip,
    )
    rules = PasswordRules(
        min_length=settings.password_min_length,
        max_length=settings.password_max_length,
        common=_common_passwords(),
    )
    return Services(
        directory=Directory(database, attempts),
        registration=RegistrationService(database, hasher, rules, session_tokens, attempts, limits),
        login=LoginService(database, hasher, session_tokens, attempts, limits),
        sessions=SessionService(database, session_tokens, attempts, limits),
        account=AccountService(database, hasher, rules, session_tokens, attempts),
        administration=AdministrationService(database, session_tokens),
        token_check=TokenCheckService(database, verifier, attempts),
    )


def open_attempts(settings: AuthSettings, database: Database) -> Attempts:
    if settings.rate_limit_url is None:
        return DatabaseAttempts(database)
    # Loaded where it is used: most installations count in the database.
    from auth_subgraph.persistence.shared_attempts import SharedAttempts  # noqa: PLC0415

    return SharedAttempts(settings.rate_limit_url.get_secret_value())


def open_database(
    settings: AuthSettings, *, name: str = "auth", pool_size: int | None = None
) -> Database:
    return Database(
        settings.database_url.get_secret_value(),
        application_name=name,
        pool_size=pool_size or settings.db_pool_size,
    )


def open_signer(settings: AuthSettings, keys: Keys) -> TokenSigner:
    return TokenSigner(
        keys,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        access_token_ttl=settings.access_token_ttl,
    )


def open_hasher(settings: AuthSettings) -> PasswordHasher:
    return PasswordHasher(memory_kib=settings.argon2_memory_kib, time_cost=settings.argon2_time)


def open_keys(settings: AuthSettings) -> Keys:
    """The keys of the configured file; made in development when there are none.

    Raises:
        KeyFileError: The file cannot be read or made.
    """
    path = settings.jwt_private_key_file
    if path is None:
        log.warning("signing with a key made up now: tokens end with this process")
        return Keys(ring_of([new_signing_key()]))
    if not settings.is_production and not path.exists():
        write_key_file(path, ring_of([new_signing_key()]))
        log.info("made a signing key", file=str(path))
    return Keys(read_key_file(path), path)


async def make_first_administrator(settings: AuthSettings) -> None:
    """Use BOOTSTRAP_ADMIN_* once, on a database without any account.

    Raises:
        StartError: The address or password does not satisfy the rules.
    """
    email, password = settings.bootstrap_admin_email, settings.bootstrap_admin_password
    if email is None or password is None:
        return
    async with registration(settings) as service:
        outcome = await service.create_administrator(
            email=email, username=None, password=password.get_secret_value(), only_if_first=True
        )
    if isinstance(outcome, Rejected):
        problem = outcome.problems[0]
        name = f"AUTH_BOOTSTRAP_ADMIN_{problem.path[-1].upper()}"
        message = f"{name}: {problem.text('en')}"
        raise StartError(message)
    if outcome is not None:
        log.info("made the first administrator", username=outcome.username)


async def create_administrator(
    settings: AuthSettings, email: str, username: str | None, password: str
) -> User | Rejected:
    """What `create-admin` does."""
    async with registration(settings) as service:
        outcome = await service.create_administrator(
            email=email, username=username, password=password
        )
    assert outcome is not None  # noqa: S101 - only the first administrator may be left out
    return outcome


@asynccontextmanager
async def registration(settings: AuthSettings) -> AsyncIterator[RegistrationService]:
    """The one use case that the command line needs; no token is signed."""
    keys = Keys(ring_of([new_signing_key()]))
    verifier = TokenVerifier(keys, issuer=settings.jwt_issuer, audience=settings.jwt_audience)
    database, hasher = open_database(settings), open_hasher(settings)
    attempts = open_attempts(settings, database)
    services = build_services(
        settings, database, hasher, open_signer(settings, keys), verifier, attempts
    )
    try:
        yield services.registration
    finally:
        hasher.close()
        await attempts.close()
        await database.close()


def _common_passwords() -> frozenset[str]:
    listed = files("auth_subgraph") / "data" / "common_passwords.txt"
    return frozenset(listed.read_text("utf-8").split())
