"""Asks endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from router.checks.errors import CheckInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT_S = 30.0


def post_json(url: str, body: object, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 (JSON)
    """What an endpoint answers.

    Raises:
        CheckInputError: Nothing, or no JSON; the message says what to look at.
    """
    import httpx  # noqa: PLC0415 - half a second that files do not need

    if not url.startswith(("http://", "https://")):
        msg = f"{url} is no address: it must begin with http:// or https://"
        raise CheckInputError(msg)
    try:
        answer = httpx.post(
            url, json=body, headers=headers, timeout=_TIMEOUT_S, follow_redirects=True
        )
    except httpx.TimeoutException as error:
        msg = f"{url} gave no answer within {_TIMEOUT_S:.0f} s"
        raise CheckInputError(msg) from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        msg = f"{url} does not answer: {error}; is it running?"
        raise CheckInputError(msg) from error
    try:
        return answer.json()
    except ValueError as error:
        msg = f"{url} answers with status {answer.status_code} and no JSON; is the path right?"
        raise CheckInputError(msg) from error
