"""Identify: request id, client address and viewer of a request."""

from __future__ import annotations

import os
import re
from itertools import count
from typing import TYPE_CHECKING

from router.policies.identity import ANONYMOUS, Identity

if TYPE_CHECKING:
    from router.observations import Observations
    from router.pipeline.request import Caller
    from router.policies.policy_set import PolicySet

# Unique, not secret: drawing every id from the system's randomness costs a system call a request.
_PROCESS = os.urandom(8).hex()
_count = count(10**15)

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:\-]{1,128}")


def identify(caller: Caller, policies: PolicySet, observations: Observations) -> Identity | None:
    """Name the client's address and, unless a new token has to be verified, the viewer.

    A bad token is not refused: it makes the request anonymous, and fields that need a viewer tell
    why there is none.

    Returns:
        None when `verify` has to look at the token.
    """
    observations.has_arrived = True
    observations.client_address = policies.trusted_proxies.client_address(
        caller.peer, caller.headers.get(b"x-forwarded-for")
    )
    if policies.authentication is None:
        return ANONYMOUS
    authorization = caller.headers.get(b"authorization")
    if authorization is None:
        return ANONYMOUS
    return policies.authentication.known(authorization)


async def verify(caller: Caller, policies: PolicySet) -> Identity:
    """The viewer of a token that was not seen before."""
    if policies.authentication is None:
        return ANONYMOUS
    return await policies.authentication.identity(caller.headers[b"authorization"])


def request_id(header: bytes | None) -> str:
    """The client's request id if it is a harmless word, else one of our own."""
    if header is not None and _REQUEST_ID.fullmatch(header):
        return header.decode("ascii")
    return f"{_PROCESS}{next(_count)}"
