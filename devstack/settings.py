"""The launcher's view of the environment: the shell's variables over those of `.env`.

The launcher checks nothing here: each component refuses what it does not know, with its name.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

DEFAULT_PORTS: Mapping[str, int] = {"AUTH_PORT": 8000, "TASKS_PORT": 8001, "ROUTER_PORT": 4000}


def read_environment(env_file: Path) -> dict[str, str]:
    """All variables of this process, completed by those of `env_file` where there is one."""
    from_file = dotenv_values(env_file) if env_file.exists() else {}
    return {
        **{name: value for name, value in from_file.items() if value is not None},
        **os.environ,  # noqa: TID251 - this is the launcher's settings module
    }
