"""Identify: request id, client address and viewer of a request."""

from __future__ import annotations

import os
import re
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from router.policies.identity import ANONYMOUS, Identity

if TYPE_CHECKING:
    from router.observations import Observations
    from router.pipeline.request import Caller
    from router.policies.headers import ForwardedHeaders
    from router.policies.policy_set import PolicySet

# Unique, not secret: drawing every id from the system's randomness costs a system call a request.
_PROCESS = os.urandom(8).hex()
_count = count(1)

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:\-]{1,128}")


class Identified(NamedTuple):
    """Who asks, and what subgraphs are told of it."""

    identity: Identity
    forwarded: ForwardedHeaders


async def identify(caller: Caller, policies: PolicySet, observations: Observations) -> Identified:
    """Name the request, its client and its viewer.

    A bad token is not refused: it makes the request anonymous, and fields that need a viewer tell
    why there is none.
    """
    headers = caller.headers
    observations.client_address = policies.trusted_proxies.client_address(
        caller.peer, headers.get(b"x-forwarded-for")
    )
    identity = ANONYMOUS
    if policies.authentication is not None:
        authorization = headers.get(b"authorization")
        if authorization is not None:
            identity = policies.authentication.known(authorization) or (
                await policies.authentication.identity(authorization)
            )
            if identity.viewer is not None:
                observations.viewer = identity.viewer.user_id
    forwarded = policies.headers.headers(
        headers, observations.request_id, observations.client_address
    )
    return Identified(identity, forwarded)


def request_id(header: bytes | None) -> str:
    """The client's request id if it is a harmless word, else one of our own."""
    if header is not None and _REQUEST_ID.fullmatch(header):
        return header.decode("ascii")
    return f"{_PROCESS}{next(_count):016x}"
