"""The virtual environment of a newcomer: made once, and a clear word when it cannot be."""

import importlib.machinery
import importlib.util
import subprocess
from pathlib import Path

import pytest

from devstack.install import InstallError, install


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("")
    return path


def test_an_environment_is_made_once_and_says_what_cannot_be_installed(
    tmp_path: Path, requirements: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "venv", requirements)
    assert (tmp_path / "venv" / "bin" / "pip").exists()
    without_hash = tmp_path / "others.txt"
    without_hash.write_text("nothing-like-this==1\n")
    with pytest.raises(InstallError, match="require"):
        install(tmp_path / "venv", without_hash)
    pinned = tmp_path / "pinned.txt"
    pinned.write_text(f"nothing-like-this==1 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nobody listens there
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(InstallError, match="no package index answers"):
        install(tmp_path / "venv", pinned)
    monkeypatch.setattr(subprocess, "Popen", lambda *_args, **_kwargs: pytest.fail("ran pip"))
    install(tmp_path / "venv", requirements)


def test_a_missing_venv_module_names_the_package(
    tmp_path: Path, requirements: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec

    def without_ensurepip(name: str) -> importlib.machinery.ModuleSpec | None:
        return None if name == "ensurepip" else find_spec(name)

    monkeypatch.setattr(importlib.util, "find_spec", without_ensurepip)
    with pytest.raises(InstallError, match=r"apt-get install python3\.\d+-venv"):
        install(tmp_path / "venv", requirements)
    assert not (tmp_path / "venv").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, requirements: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InstallError, match="Cannot make"):
        install(tmp_path / "file" / "venv", requirements)
