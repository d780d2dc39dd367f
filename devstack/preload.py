"""What all parts import, imported once: the fork server loads this module before it forks them.

The libraries take seconds to import in each process of their own, and milliseconds here. The parts
stay processes apart: each is forked from the server, whose death is theirs, and whose own comes
with the launcher's.
"""

import contextlib
import gc
import importlib
import os
import signal

from devstack.process import die_with_parent

MODULES = (
    "alembic.command",
    "subgraph_kit.migrations",
    "auth_subgraph.app",
    "auth_subgraph.worker",
    "tasks_subgraph.app",
    "tasks_subgraph.worker",
    "router.composition",
    "router.app",
    "router.settings",
    "uvicorn",
    "uvloop",
    "httptools",
)

os.setsid()  # Ctrl-C in the terminal is for the launcher
die_with_parent(os.getppid(), signal.SIGKILL)
for name in MODULES:
    # A part that cannot be imported says so itself, with its name before the line.
    with contextlib.suppress(Exception):
        importlib.import_module(name)
gc.collect()
gc.freeze()  # the collector of a fork leaves shared pages alone
