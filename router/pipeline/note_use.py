"""Note the use: what the operation relies on and who sends it, for the usage file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from router.observations import OperationUse

if TYPE_CHECKING:
    from router.observations import Observations
    from router.pipeline.operation import Operation
    from router.pipeline.request import Caller

_CLIENT_HEADERS = (b"apollographql-client-name", b"graphql-client-name")
_CLIENT = re.compile(rb"[ -~]{1,64}")


def note_use(operation: Operation, caller: Caller, observations: Observations) -> None:
    """Tell telemetry of an operation whose coordinates are known."""
    client = ""
    for header in _CLIENT_HEADERS:
        given = caller.headers.get(header)
        if given is not None and _CLIENT.fullmatch(given):
            client = given.decode("ascii")
            break
    use = OperationUse(operation.hash, operation.name, client, operation.coordinates)
    observations.uses += (use,)
