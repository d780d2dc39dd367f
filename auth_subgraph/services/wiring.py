"""The use cases of this service, wired once by a composition root."""

from dataclasses import dataclass

from auth_subgraph.services.account import AccountService
from auth_subgraph.services.administration import AdministrationService
from auth_subgraph.services.directory import Directory
from auth_subgraph.services.login import LoginService
from auth_subgraph.services.registration import RegistrationService
from auth_subgraph.services.sessions import SessionService
from auth_subgraph.services.token_check import TokenCheckService


@dataclass(frozen=True, slots=True)
class Services:
    directory: Directory
    registration: RegistrationService
    login: LoginService
    sessions: SessionService
    account: AccountService
    administration: AdministrationService
    token_check: TokenCheckService
