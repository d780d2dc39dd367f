"""`make secrets` makes what is missing and changes nothing that is there."""

import re
import stat
from pathlib import Path

from devstack.compose_secrets import make_secrets
from devstack.environment import COMPOSE_VARIABLES
from devstack.stack import CHECKOUT


def test_all_required_variables_are_made_once(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CURSOR_KEY=mine\nPUBLISH_PORT=4001")
    make_secrets(tmp_path)
    made = (tmp_path / ".env").read_text()
    key = (tmp_path / ".secrets" / "jwt-private-key.pem").read_text()
    names = dict(line.split("=", 1) for line in made.splitlines())
    required = {variable.name for variable in COMPOSE_VARIABLES if variable.default is None}
    assert names["CURSOR_KEY"] == "mine"
    assert names["PUBLISH_PORT"] == "4001"
    assert required <= set(names)
    assert len(set(names.values())) == len(names)
    assert "PRIVATE KEY" in key
    make_secrets(tmp_path)
    assert (tmp_path / ".env").read_text() == made
    assert (tmp_path / ".secrets" / "jwt-private-key.pem").read_text() == key


def test_others_cannot_read_them(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / ".secrets").stat().st_mode) == 0o700


def test_required_means_the_same_in_the_compose_file() -> None:
    text = (CHECKOUT / "docker-compose.yml").read_text()
    required = {variable.name for variable in COMPOSE_VARIABLES if variable.default is None}
    assert set(re.findall(r"\$\{(\w+):\?", text)) == required
