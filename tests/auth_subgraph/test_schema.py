"""The SDL: what is committed is what the code says, and says the same as the contract."""

from pathlib import Path

import pytest

from auth_subgraph.api.schema import schema
from auth_subgraph.migrations import FOLDER
from auth_subgraph.persistence.tables import metadata
from subgraph_kit.migrations import pending_changes
from subgraph_kit.schema_version import newest_revision
from subgraph_kit.sdl import export_sdl
from tests.auth_subgraph.graph import AuthGraph
from tests.support.sdl import links, sorted_sdl

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT.parent / "shared" / "contract" / "auth.graphql"


def test_the_committed_sdl_is_the_exported_one() -> None:
    assert (ROOT / "schema" / "auth.graphql").read_text("utf-8") == export_sdl(schema)


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract is not beside this checkout")
def test_the_sdl_says_the_same_as_the_contract() -> None:
    contract, exported = CONTRACT.read_text("utf-8"), export_sdl(schema)
    assert sorted_sdl(exported) == sorted_sdl(contract)
    assert links(exported) == links(contract)


async def test_migrations_make_the_tables_that_the_code_uses(auth: AuthGraph) -> None:
    url = auth.settings.database_url.get_secret_value()
    assert await pending_changes(url, metadata) == []
    version = await auth.database.fetch_value("SELECT version_num FROM alembic_version")
    assert version == newest_revision(FOLDER)
