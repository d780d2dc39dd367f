"""The page at `/` and its files, as a browser asks for them."""

import re
from pathlib import Path

import httpx
import pytest

from router import Router, RouterOptions
from router.server.surroundings import GraphiQL, surroundings
from tests.router.policies.accounts_supergraph import accounts_supergraph
from tests.support.asgi import running


def client_of(graphiql: GraphiQL | None) -> httpx.AsyncClient:
    application = surroundings(lambda: True, None, "text/plain", graphiql)
    transport = httpx.ASGITransport(application)
    return httpx.AsyncClient(transport=transport, base_url="http://router")


async def test_the_page_names_only_files_that_are_served_beside_it() -> None:
    async with client_of(GraphiQL()) as client:
        page = await client.get("/")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["cache-control"] == "no-cache"
        assert page.headers["x-frame-options"] == "DENY"
        assert 'name="graphql-endpoint" content="graphql"' in page.text
        links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert len(links) > 3
        for link in links:
            assert link.startswith("./graphiql/")
            assert (await client.get(f"/{link}")).is_success


async def test_files_with_a_hash_are_kept_for_ever_and_compressed() -> None:
    async with client_of(GraphiQL()) as client:
        page = await client.get("/")
        (script,) = re.findall(r'<script [^>]*src="\./([^"]+)"', page.text)
        answer = await client.get(f"/{script}", headers={"accept-encoding": "gzip"})
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-encoding"] == "gzip"
        plain = await client.get(f"/{script}", headers={"accept-encoding": "identity"})
        assert plain.text == answer.text
        assert "content-encoding" not in plain.headers


async def test_licence_texts_are_served() -> None:
    async with client_of(GraphiQL()) as client:
        for name, words in (("licences.md", "MIT"), ("notices.txt", "SIL Open Font License")):
            assert words in (await client.get(f"/graphiql/{name}")).text


async def test_the_page_learns_another_endpoint() -> None:
    async with client_of(GraphiQL(endpoint='/api/"graph')) as client:
        page = await client.get("/")
    assert 'name="graphql-endpoint" content="api/&quot;graph"' in page.text


async def test_the_first_visit_can_show_a_file_of_the_graph(tmp_path: Path) -> None:
    tour = tmp_path / "tour.graphql"
    tour.write_text("query Tour { __typename }")
    async with client_of(GraphiQL(tour)) as client:
        assert (await client.get("/graphiql/welcome.graphql")).text == tour.read_text()


@pytest.mark.parametrize(
    "path",
    [
        "/graphiql/none.js",
        "/graphiql/%2e%2e",
        "/graphiql/%2e%2e%2findex.html",
        "/graphiql/none%00.js",
        f"/graphiql/{'long' * 1000}.js",
    ],
)
async def test_nothing_else_is_served(path: str) -> None:
    async with client_of(GraphiQL()) as client:
        assert (await client.get(path)).status_code == 404


async def test_a_router_without_graphiql_has_no_page() -> None:
    async with client_of(None) as client:
        assert (await client.get("/")).status_code == 404
        assert (await client.get("/graphiql/icon.svg")).status_code == 404


@pytest.mark.parametrize(
    ("endpoint", "location"), [("/graphql", "./"), ("/api/v1/graphql", "./../../")]
)
async def test_a_browser_that_opens_the_endpoint_is_sent_to_the_page(
    endpoint: str, location: str
) -> None:
    visit = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    options = RouterOptions(graphiql=GraphiQL(endpoint=endpoint), path=endpoint)
    async with running(Router(accounts_supergraph(), {}, options)) as client:
        answer = await client.get(endpoint, headers=visit)
        assert (answer.status_code, answer.headers["location"]) == (302, location)
        query = await client.get(endpoint, params={"query": "{ __typename }"}, headers=visit)
        assert query.json() == {"data": {"__typename": "Query"}}
        assert (await client.get(endpoint)).status_code == 400
    async with running(Router(accounts_supergraph(), {})) as client:
        assert (await client.get("/graphql", headers=visit)).status_code == 400
