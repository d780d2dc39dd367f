"""Logging, as the test's own for a while."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from subgraph_kit.logging import log_safely


@contextmanager
def own_logging() -> Iterator[None]:
    """Whatever is configured inside is as before afterwards."""
    root = logging.getLogger()
    before = (root.handlers, root.level)
    try:
        yield
    finally:
        root.handlers, root.level = before
        log_safely()
