"""What every subgraph knows about a request before it looks at the operation."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from subgraph_kit.client_address import TrustedProxies
from subgraph_kit.errors import ForbiddenError, TokenProblem, UnauthenticatedError
from subgraph_kit.messages import Language, negotiate_language
from subgraph_kit.tokens import Authenticator, Viewer

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_MAX_USER_AGENT = 256


@dataclass(slots=True)
class RequestContext:
    identity: Viewer | TokenProblem
    language: Language
    request_id: str
    client_address: str
    user_agent: str | None

    @property
    def viewer(self) -> Viewer | None:
        """The caller; None when no token was sent or the one sent is no good."""
        return self.identity if isinstance(self.identity, Viewer) else None

    def require_viewer(self) -> Viewer:
        """The caller.

        Raises:
            UnauthenticatedError: There is none; says why.
        """
        if isinstance(self.identity, TokenProblem):
            raise UnauthenticatedError(self.identity)
        return self.identity

    def require_scope(self, scope: str) -> Viewer:
        """The caller, who holds `scope`.

        Raises:
            UnauthenticatedError: There is no caller.
            ForbiddenError: The token lacks the scope.
        """
        viewer = self.require_viewer()
        if scope not in viewer.scopes:
            msg = f"This needs the scope {scope}."
            raise ForbiddenError(msg, [[scope]])
        return viewer


class RequestReader:
    """Makes the context of a request from its headers."""

    def __init__(self, authenticator: Authenticator, trusted_proxies: TrustedProxies) -> None:
        self._authenticator = authenticator
        self._trusted_proxies = trusted_proxies

    async def read(self, headers: Iterable[tuple[bytes, bytes]], peer: str) -> RequestContext:
        """Verify the token and read what else the headers say.

        Args:
            headers: As in an ASGI scope: lower-case names.
            peer: Address of the connection's other end.

        Raises:
            UnavailableError: A token was sent and cannot be checked yet.
        """
        values: dict[bytes, str] = {}
        for name, value in headers:
            if name in _HEADERS:
                text = value.decode("latin-1")
                values[name] = f"{values[name]}, {text}" if name in values else text
        request_id = values.get(b"x-request-id", "")
        user_agent = values.get(b"user-agent")
        return RequestContext(
            identity=await self._authenticator.identify(values.get(b"authorization")),
            language=negotiate_language(values.get(b"accept-language")),
            request_id=request_id if _REQUEST_ID.fullmatch(request_id) else uuid4().hex,
            client_address=self._trusted_proxies.client_address(
                peer, values.get(b"x-forwarded-for")
            ),
            user_agent=user_agent[:_MAX_USER_AGENT] if user_agent else None,
        )


_HEADERS = frozenset(
    (b"authorization", b"accept-language", b"x-request-id", b"x-forwarded-for", b"user-agent")
)
