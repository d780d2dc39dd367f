from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from router.errors import ClientError, StartupError
from router.policies.persisted_operations import PersistedOperations, load_manifest

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "{ version }"
HASH = sha256(TEXT.encode()).hexdigest()


def asked(digest: str = HASH) -> dict[str, object]:
    return {"persistedQuery": {"version": 1, "sha256Hash": digest}}


def refusal(
    persisted: PersistedOperations, query: str | None, extensions: dict[str, object] | None
) -> ClientError:
    with pytest.raises(ClientError) as caught:
        persisted.text(query, extensions)
    return caught.value


def test_an_operation_is_registered_by_its_hash() -> None:
    persisted = PersistedOperations()
    error = refusal(persisted, None, asked())
    assert (error.code, error.message, error.status) == (
        "PERSISTED_QUERY_NOT_FOUND",
        "PersistedQueryNotFound",
        200,
    )
    assert persisted.text(TEXT, asked()) == TEXT
    assert persisted.text(None, asked()) == TEXT


def test_a_wrong_hash_registers_nothing() -> None:
    persisted = PersistedOperations()
    assert refusal(persisted, "{ other }", asked()).code == "BAD_REQUEST"
    assert refusal(persisted, None, asked()).code == "PERSISTED_QUERY_NOT_FOUND"


def test_automatic_registration_can_be_off() -> None:
    persisted = PersistedOperations(is_automatic=False)
    assert refusal(persisted, TEXT, asked()).code == "PERSISTED_QUERY_NOT_SUPPORTED"
    assert persisted.text(TEXT, None) == TEXT


def test_a_manifest_can_be_all_there_is() -> None:
    persisted = PersistedOperations({HASH: TEXT}, is_required=True)
    assert persisted.text(None, asked()) == TEXT
    assert persisted.text(TEXT, None) == TEXT
    assert refusal(persisted, "{ me { id } }", None).code == "OPERATION_NOT_ALLOWED"
    other = sha256(b"{ me { id } }").hexdigest()
    assert refusal(persisted, "{ me { id } }", asked(other)).code == "OPERATION_NOT_ALLOWED"


def test_an_operation_of_the_manifest_is_named_by_its_id() -> None:
    persisted = PersistedOperations({"version-1": TEXT}, is_required=True)
    assert persisted.text(None, None, "version-1") == TEXT
    with pytest.raises(ClientError) as caught:
        persisted.text(None, None, "version-2")
    assert caught.value.code == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("persisted_query", ["x", {}, {"sha256Hash": 1}, []])
def test_a_malformed_extension_is_a_bad_request(persisted_query: object) -> None:
    error = refusal(PersistedOperations(), TEXT, {"persistedQuery": persisted_query})
    assert error.code == "BAD_REQUEST"


def test_manifests_of_apollo_and_relay_are_read(tmp_path: Path) -> None:
    apollo = tmp_path / "apollo.json"
    apollo.write_text(
        '{"format": "apollo-persisted-query-manifest", "version": 1, '
        '"operations": [{"id": "a", "name": "A", "type": "query", "body": "{ a }"}]}'
    )
    relay = tmp_path / "relay.json"
    relay.write_text('{"b": "{ b }"}')
    assert load_manifest(apollo) == {"a": "{ a }"}
    assert load_manifest(relay) == {"b": "{ b }"}


@pytest.mark.parametrize("content", ["[]", "3", '{"a": 1}', '{"operations": [{}]}', "no"])
def test_anything_else_stops_the_start(tmp_path: Path, content: str) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(content)
    with pytest.raises(StartupError, match="ROUTER_PERSISTED_OPERATIONS"):
        load_manifest(file)
    with pytest.raises(StartupError, match="No such file"):
        load_manifest(tmp_path / "gone.json")
