"""GraphiQL as a person uses it, in a real Chromium, with nothing fetched from another host."""

import secrets
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from devstack.stack import Stack

CHROMIUM = shutil.which("chromium")
if CHROMIUM is None:
    pytest.skip("chromium is not installed", allow_module_level=True)

TIMEOUT_MS = 30_000
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


class Visit:
    """One first visit: an empty profile, every request and every complaint of the page recorded."""

    def __init__(self, browser: Browser, url: str) -> None:
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        context.set_default_timeout(TIMEOUT_MS)
        self.url = url
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda line: self.complaints.append(line.text) if line.type == "error" else None,
        )
        self.page.goto(url)
        expect(self.page.locator(".graphiql-query-editor .view-line").first).to_be_visible()

    def other_hosts(self) -> set[str]:
        urls = [urlsplit(url) for url in self.requested]
        own = urlsplit(self.url).netloc
        return {u.netloc for u in urls if u.scheme not in ("data", "blob") and u.netloc != own}

    def write_operation(self, text: str) -> None:
        """Replace what stands in the editor; the operation has a name, and the tab shows it."""
        self.page.evaluate(
            "(text) => globalThis.__MONACO.editor.getModels()"
            ".find((model) => model.uri.path.endsWith('operation.graphql')).setValue(text)",
            text,
        )
        name = text.split()[1]
        expect(self.page.locator(".graphiql-tab-active")).to_have_text(name)

    def run(self) -> dict[str, object]:
        """Run the operation; gives what the page got for it."""
        with self.page.expect_response(lambda answer: answer.request.method == "POST") as answer:
            self.page.get_by_label("Execute query").click()
        body: dict[str, object] = answer.value.json()
        return body


@pytest.fixture
def visit(browser: Browser, stack: Stack) -> Iterator[Visit]:
    visit = Visit(browser, f"{stack.router_url}/")
    yield visit
    visit.page.context.close()


def test_the_documentation_pane_shows_the_schema_and_a_query_runs(visit: Visit) -> None:
    visit.page.get_by_label("Show Documentation Explorer").click()
    documentation = visit.page.locator(".graphiql-doc-explorer")
    documentation.get_by_role("link", name="Query", exact=True).click()
    expect(documentation).to_contain_text("My tasks. Default order: newest first.")
    visit.write_operation("query Me { me { username } }")
    assert visit.run() == {"data": {"me": None}}
    expect(visit.page.locator(".result-window")).to_contain_text('"me": null')
    assert visit.other_hosts() == set()
    assert visit.complaints == []


def test_the_explorer_writes_a_query_by_clicking(visit: Visit) -> None:
    visit.write_operation("query Mine { __typename }")
    visit.page.get_by_label("Show GraphiQL Explorer").click()
    explorer = visit.page.locator(".graphiql-explorer-root")
    explorer.get_by_text("me", exact=True).click()
    explorer.get_by_text("username", exact=True).click()
    expect(visit.page.locator(".graphiql-query-editor")).to_contain_text("username")
    assert visit.run() == {"data": {"me": None}}
    assert visit.other_hosts() == set()


def test_the_tour_of_a_first_visit_leads_from_an_account_to_tasks_of_two_services(
    visit: Visit,
) -> None:
    expect(visit.page.locator(".graphiql-query-editor")).to_contain_text("mutation Register")
    name = f"u{secrets.token_hex(6)}"
    fields = f'email: "{name}@example.com", username: "{name}", password: "a long, quiet evening"'
    visit.write_operation(
        f"mutation Join {{ register(input: {{ {fields} }}) {{ tokens {{ accessToken }} }} }}"
    )
    token = visit.run()["data"]["register"]["tokens"]["accessToken"]  # type: ignore[index]
    expect(visit.page.get_by_label("Headers", exact=True)).to_contain_text(token[:30])
    visit.write_operation(
        'mutation Add { createTask(input: { title: "Rest" }) { task { title } } }'
    )
    assert visit.run() == {"data": {"createTask": {"task": {"title": "Rest"}}}}
    visit.write_operation("query Both { tasks { nodes { title owner { username } } } }")
    assert visit.run() == {
        "data": {"tasks": {"nodes": [{"title": "Rest", "owner": {"username": name}}]}}
    }
    assert visit.other_hosts() == set()
