"""`make schema`: the files of `schema/`, made from the code of the subgraphs."""

import difflib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from devstack.stack import CHECKOUT

SCHEMA_DIR = CHECKOUT / "schema"


def schema(*, check: bool) -> int:
    """Write the files, or with `check` say which of them are stale and how."""
    with tempfile.TemporaryDirectory() as folder:
        made = _make(Path(folder))
        if made is None:
            return 1
        stale = [path for path in made if not _is_same(path, SCHEMA_DIR / path.name)]
        if not check:
            for path in stale:
                (SCHEMA_DIR / path.name).write_text(path.read_text())
                print(f"schema/{path.name} written")
            return 0
        for path in stale:
            _print_difference(SCHEMA_DIR / path.name, path)
    if stale:
        print(f"{len(stale)} files of schema/ are stale: run `make schema` and commit them.")
    return 1 if stale else 0


def _make(folder: Path) -> list[Path] | None:
    """The schema files in `folder`; None after printing why a step failed."""
    (folder / "supergraph.yaml").write_text((SCHEMA_DIR / "supergraph.yaml").read_text())
    auth, tasks = folder / "auth.graphql", folder / "tasks.graphql"
    supergraph, api = folder / "supergraph.graphql", folder / "api.graphql"
    configuration = str(folder / "supergraph.yaml")
    exports = (
        (("auth_subgraph", "export-schema"), auth),
        (("tasks_subgraph", "export-schema"), tasks),
    )
    composing = ("router", "compose", configuration, "-o", str(supergraph))
    if not (
        all(_write(command, path) for command, path in exports)
        and _write(composing, None)
        and _write(("router", "api-schema", str(supergraph)), api)
    ):
        return None
    return [auth, tasks, supergraph, api]


def _write(command: Sequence[str], target: Path | None) -> bool:
    run = subprocess.run(
        [sys.executable, "-m", *command], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    if run.returncode != 0:
        print(f"python -m {' '.join(command)} failed:\n{run.stderr or run.stdout}")
        return False
    if target is not None:
        target.write_text(run.stdout)
    return True


def _is_same(made: Path, committed: Path) -> bool:
    return committed.exists() and committed.read_text() == made.read_text()


def _print_difference(committed: Path, made: Path) -> None:
    before = committed.read_text().splitlines() if committed.exists() else []
    name = f"schema/{committed.name}"
    for line in difflib.unified_diff(
        before, made.read_text().splitlines(), name, f"{name} (from the code)", lineterm="", n=2
    ):
        print(line)
