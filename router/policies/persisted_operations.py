"""Operations known by a hash or an id: automatic ones and those of a manifest file."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from router.cache.lru import LruCache
from router.errors import ClientError, StartupError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MAX_AUTOMATIC = 10_000
_MAX_AUTOMATIC_CHARACTERS = 16 * 2**20


class PersistedOperations:
    """Turns what a client sent in place of a text into the text.

    Attributes:
        is_automatic: Clients may register operations by their SHA-256 (Apollo's APQ protocol).
        is_required: Only operations of the manifest are answered.
    """

    __slots__ = ("_automatic", "_manifest", "_texts", "is_automatic", "is_required")

    def __init__(
        self,
        manifest: Mapping[str, str] | None = None,
        *,
        is_automatic: bool = True,
        is_required: bool = False,
    ) -> None:
        self._manifest = dict(manifest or {})
        self._texts = frozenset(self._manifest.values())
        self._automatic: LruCache[str, str] = LruCache(
            max_items=_MAX_AUTOMATIC, max_weight=_MAX_AUTOMATIC_CHARACTERS
        )
        self.is_automatic = is_automatic
        self.is_required = is_required

    def text(
        self,
        query: str | None,
        extensions: Mapping[str, Any] | None,
        document_id: str | None = None,
    ) -> str:
        """The text to execute.

        Raises:
            ClientError: PERSISTED_QUERY_NOT_FOUND, PERSISTED_QUERY_NOT_SUPPORTED,
                OPERATION_NOT_ALLOWED, or BAD_REQUEST.
        """
        persisted = extensions.get("persistedQuery") if extensions else None
        if persisted is not None:
            return self._by_hash(query, persisted)
        if document_id is not None:
            return self._by_id(document_id)
        if query is None:
            msg = "Bad request: `query` is missing."
            raise ClientError(msg, code="BAD_REQUEST")
        if self.is_required and query not in self._texts:
            raise _not_allowed()
        return query

    def _by_id(self, operation_id: str) -> str:
        text = self._manifest.get(operation_id)
        if text is None:
            raise _not_found()
        return text

    def _by_hash(self, query: str | None, persisted: object) -> str:
        if not isinstance(persisted, dict) or not isinstance(
            digest := persisted.get("sha256Hash"), str
        ):
            msg = "Bad request: `extensions.persistedQuery` needs a `sha256Hash`."
            raise ClientError(
                msg,
                code="BAD_REQUEST",
            )
        listed = self._manifest.get(digest) or self._manifest.get(f"sha256:{digest}")
        if listed is not None:
            return listed
        if self.is_required:
            raise _not_found() if query is None else _not_allowed()
        if not self.is_automatic or persisted.get("version") != 1:
            msg = "PersistedQueryNotSupported"
            raise ClientError(msg, code="PERSISTED_QUERY_NOT_SUPPORTED", status=200)
        if query is None:
            known = self._automatic.get(digest)
            if known is None:
                raise _not_found()
            return known
        if sha256(query.encode("utf-8", "surrogatepass")).hexdigest() != digest.lower():
            msg = "Bad request: `sha256Hash` is not the hash of `query`."
            raise ClientError(msg, code="BAD_REQUEST")
        self._automatic.put(digest, query, len(query))
        return query


def load_manifest(path: Path) -> dict[str, str]:
    """Read a manifest: Apollo's (`format`, `operations`) or Relay's (id to text).

    Raises:
        StartupError: The file is missing or of neither form.
    """
    try:
        content = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        msg = f"ROUTER_PERSISTED_OPERATIONS: {path}: {error.strerror}"
        raise StartupError(msg) from error
    except msgspec.DecodeError as error:
        msg = f"ROUTER_PERSISTED_OPERATIONS: {path} is not JSON"
        raise StartupError(msg) from error
    pairs: list[tuple[object, object]] = [(None, None)]
    if isinstance(content, dict) and isinstance(content.get("operations"), list):
        listed = [entry for entry in content["operations"] if isinstance(entry, dict)]
        pairs = [(entry.get("id"), entry.get("body")) for entry in listed]
    elif isinstance(content, dict):
        pairs = list(content.items())
    entries = {key: text for key, text in pairs if isinstance(key, str) and isinstance(text, str)}
    if len(entries) < len(pairs):
        msg = (
            f"ROUTER_PERSISTED_OPERATIONS: {path} is neither a manifest of Apollo's form "
            'nor an object {"id": "text"}'
        )
        raise StartupError(msg)
    return entries


def _not_found() -> ClientError:
    return ClientError("PersistedQueryNotFound", code="PERSISTED_QUERY_NOT_FOUND", status=200)


def _not_allowed() -> ClientError:
    return ClientError("Only persisted operations are answered here.", code="OPERATION_NOT_ALLOWED")
