"""What of a subgraph's errors the client may see."""

from __future__ import annotations

from typing import Any

_PUBLIC_CODES = frozenset(
    {
        "BAD_USER_INPUT",
        "UNAUTHENTICATED",
        "FORBIDDEN",
        "NOT_FOUND",
        "RATE_LIMITED",
        "SUBGRAPH_UNAVAILABLE",
        "TIMEOUT",
    }
)
"""Codes by which a subgraph says that the message was written for the client."""

_PUBLIC_EXTENSIONS = (
    "code",
    "service",
    "argument",
    "reason",
    "requiredScopes",
    "retryAfter",
    "limit",
    "actual",
)


class SubgraphErrorMask:
    """Rewrites the errors of an answer before they are sent.

    Attributes:
        is_masking: Off: messages and extensions of subgraphs pass as they are.
    """

    __slots__ = ("is_masking",)

    def __init__(self, *, is_masking: bool) -> None:
        self.is_masking = is_masking

    def public(self, error: dict[str, Any], request_id: str) -> dict[str, Any]:
        """The error as the client gets it: path, code, service and request id always stay."""
        given = error.get("extensions")
        extensions: dict[str, Any] = given if isinstance(given, dict) else {}
        given_code = extensions.get("code")
        code = given_code if isinstance(given_code, str) else "INTERNAL_SERVER_ERROR"
        message = error.get("message")
        if not isinstance(message, str):
            message = "Internal server error"
        if self.is_masking:
            if code not in _PUBLIC_CODES:
                message = "Internal server error"
            extensions = {
                name: extensions[name] for name in _PUBLIC_EXTENSIONS if name in extensions
            }
        shown: dict[str, Any] = {"message": message}
        if "path" in error:
            shown["path"] = error["path"]
        shown["extensions"] = {
            **extensions,
            "code": code,
            "requestId": request_id,
        }
        return shown
