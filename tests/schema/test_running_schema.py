"""What the running router answers to introspection is what `router check` composes."""

from pathlib import Path

import pytest

from devstack.stack import Stack
from router.cli import main

CONFIGURATION = Path(__file__).parents[2] / "schema" / "supergraph.yaml"


def test_a_running_router_is_a_baseline(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    against = f"{stack.router_url}/graphql"
    assert main(["check", str(CONFIGURATION), "--against", against]) == 0
    assert capsys.readouterr().out == "Passed: 0 breaking, 0 dangerous, 0 safe changes.\n"
