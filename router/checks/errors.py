"""What stops a check before it has an answer."""

from __future__ import annotations

from router.errors import RouterError


class CheckInputError(RouterError):
    """A file, Git ref or address that the check was given cannot be used; the message says why."""
