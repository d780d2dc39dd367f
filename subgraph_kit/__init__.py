"""Mechanism that every subgraph shares; nothing of any domain.

Importing any of it makes logging safe, whoever logs before `configure_logging` or without it.
"""

import structlog

from subgraph_kit.logging import log_safely

if not structlog.is_configured():
    log_safely()
