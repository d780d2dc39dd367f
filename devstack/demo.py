"""`make demo`: the tour of the README, against a running `make up`."""

import json
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
from rich.console import Console
from rich.json import JSON
from rich.panel import Panel
from rich.syntax import Syntax

from devstack.process import LOOPBACK
from devstack.settings import DEFAULT_PORTS, read_environment
from devstack.stack import CHECKOUT

REGISTER = """\
mutation Register($username: String!, $email: String!) {
  register(input: { username: $username, email: $email, password: "correct horse battery" }) {
    user { id username }
    userErrors { code path }
  }
}"""

LOGIN = """\
mutation Login($username: String!) {
  login(input: { identifier: $username, password: "correct horse battery" }) {
    tokens { accessToken tokenType expiresIn }
    userErrors { code }
  }
}"""

CREATE = """\
mutation Create($title: String!) {
  createTask(input: { title: $title }) {
    task { id title status }
    userErrors { code path }
  }
}"""

FROM_THE_USER = """\
{ me { username tasks(first: 5) { totalCount nodes { title owner { username } } } } }"""

FROM_THE_TASKS = """\
{ tasks { nodes { title owner { username } } } }"""

TITLES = ("Buy milk", "Pay the rent", "Купить билеты")


class _Tour:
    def __init__(self, url: str) -> None:
        self.console = Console(highlight=False)
        self._client = httpx.Client(base_url=url, timeout=15)
        self.token: str | None = None

    def step(self, heading: str, operation: str, /, **variables: str) -> dict[str, object]:
        """Send one operation, print it with its answer, give the answer's data."""
        self.console.rule(heading, align="left")
        self.console.print(Syntax(operation, "graphql", background_color="default", word_wrap=True))
        if variables:
            self.console.print(f"variables {json.dumps(variables, ensure_ascii=False)}")
        response = self._client.post(
            "/graphql",
            json={"query": operation, "variables": variables},
            headers={"authorization": f"Bearer {self.token}"} if self.token else {},
        )
        answer = response.json()
        self.console.print(JSON(json.dumps(answer, ensure_ascii=False)))
        if "errors" in answer or not answer.get("data"):
            raise SystemExit("The answer holds errors: the tour ends here.")
        data = answer["data"]
        if not isinstance(data, dict):
            raise SystemExit("The answer's data are no object: the tour ends here.")
        return data


def demo(url: str | None, data_dir: Path) -> int:
    """Register, log in, create three tasks, read them both ways, print the plan."""
    if url is None:
        port = read_environment(CHECKOUT / ".env").get("ROUTER_PORT", DEFAULT_PORTS["ROUTER_PORT"])
        url = f"http://{LOOPBACK}:{port}"
    tour = _Tour(url)
    username = f"demo_{secrets.token_hex(4)}"
    try:
        tour.step("A new user", REGISTER, username=username, email=f"{username}@example.com")
        answer = tour.step("logs in", LOGIN, username=username)
        tour.token = _access_token(answer)
        for title in TITLES:
            tour.step("creates a task", CREATE, title=title)
        tour.step("reads from the user to the tasks", FROM_THE_USER)
        tour.step("reads from the tasks to the user", FROM_THE_TASKS)
    except httpx.TransportError:
        tour.console.print(
            f"No router answers at {url}: run `make up` in another terminal, "
            "and name a port other than 4000: `make demo ROUTER_PORT=…`."
        )
        return 1
    return _print_plan(tour.console, data_dir)


def _access_token(login: dict[str, object]) -> str:
    match login:
        case {"login": {"tokens": {"accessToken": str(token)}}}:
            return token
    raise SystemExit("The login gave no token: the tour ends here.")


def _print_plan(console: Console, data_dir: Path) -> int:
    supergraph = data_dir / "supergraph.graphql"
    if not supergraph.exists():
        supergraph = CHECKOUT / "schema" / "supergraph.graphql"
    with tempfile.NamedTemporaryFile("w", suffix=".graphql") as operation:
        operation.write(FROM_THE_TASKS)
        operation.flush()
        plan = subprocess.run(
            [sys.executable, "-m", "router", "plan", str(supergraph), operation.name],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
    console.rule(
        "The query plan of the last one: one request to tasks, then one to auth", align="left"
    )
    console.print(Panel(plan.stdout.strip() or plan.stderr.strip(), expand=False))
    return plan.returncode
