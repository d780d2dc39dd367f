"""`python3 -m devstack.install FOLDER REQUIREMENTS`: a virtual environment from pinned hashes.

Runs before anything is installed, so the standard library alone must do. A folder that is already
as the requirements say is left as it is.
"""

import argparse
import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

_BAR_WIDTH = 24
_LAST_LINES = 12
_OLDEST_PYTHON = (3, 11)


class InstallError(Exception):
    """The environment cannot be made."""

    def __init__(self, *, problem: str, advice: object) -> None:
        super().__init__(f"{problem}: {advice}")


def install(folder: Path, requirements: Path) -> None:
    """Make `folder` hold exactly what `requirements` pins.

    Raises:
        InstallError: With the reason, and what to do about it.
    """
    stamp = folder / f".installed-{requirements.stem}"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    try:
        python = _environment(folder)
        _pip_install(python, requirements)
        stamp.write_text(digest)
    except OSError as error:
        raise InstallError(
            problem=f"Cannot write {folder}", advice=error.strerror or error
        ) from error


def _environment(folder: Path) -> Path:
    python = folder / "bin" / "python"
    if _runs(python):
        return python
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise InstallError(
            problem=f"Python {version} cannot make virtual environments here",
            advice=f"run `apt-get install python{version}-venv` (Debian, Ubuntu) and start again",
        )
    shutil.rmtree(folder, ignore_errors=True)
    _say(f"Making {folder} with Python {sys.version.split()[0]}")
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(folder)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise InstallError(
            problem=f"Cannot make {folder}", advice=_last_words(made.stdout + made.stderr)
        )
    return python


def _runs(python: Path) -> bool:
    """Whether the environment is whole: a moved or half-made one has no working pip."""
    if not python.exists():
        return False
    check = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
    return check.returncode == 0


def _pip_install(python: Path, requirements: Path) -> None:
    total = len(re.findall(r"^[A-Za-z0-9]\S*==", requirements.read_text(), re.MULTILINE))
    command = [str(python), "-m", "pip", "install", "--require-hashes", "--no-deps"]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    command += ["-r", str(requirements)]
    output: list[str] = []
    seen = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        for line in pip.stdout or ():
            output.append(line.rstrip())
            word, _, rest = line.strip().partition(" ")
            if word in {"Collecting", "Requirement"}:
                seen += 1
                name = rest.removeprefix("already satisfied: ").split("==")[0].split(" ")[0]
                _progress(seen, total, name)
            elif word == "Installing":
                _progress(total, total, "writing files")
    _progress_end()
    if pip.returncode != 0:
        raise InstallError(
            problem=f"pip could not install {requirements.name}", advice=_what_helps(output)
        )


def _what_helps(output: list[str]) -> str:
    if any("NewConnectionError" in line or "ConnectTimeoutError" in line for line in output):
        return "no package index answers; check the network (`pip config list`) and start again"
    return "\n".join(output[-_LAST_LINES:])


def _progress(done: int, total: int, name: str) -> None:
    if not sys.stderr.isatty():
        if done == total and name == "writing files":
            _say(f"Installing {total} packages")
        return
    filled = _BAR_WIDTH * done // max(total, done)
    bar = "#" * filled + "." * (_BAR_WIDTH - filled)
    sys.stderr.write(f"\r\x1b[KInstalling [{bar}] {done}/{max(total, done)} {name}")
    sys.stderr.flush()


def _progress_end() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


def _last_words(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m devstack.install")
    parser.add_argument("folder", type=Path)
    parser.add_argument("requirements", type=Path)
    options = parser.parse_args()
    if sys.version_info < _OLDEST_PYTHON:
        _say(f"This needs Python 3.11 or newer, and {sys.executable} is {sys.version.split()[0]}.")
        _say("Name another one: make up PYTHON=/path/to/python3.11")
        return 1
    try:
        install(options.folder, options.requirements)
    except InstallError as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _progress_end()
        _say("Stopped; the next start goes on from here.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
