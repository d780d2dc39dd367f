"""Subgraphs written down in one text."""

import re

from router.composition import SubgraphDefinition

_HEADING = re.compile(r"^# subgraph (.*)\n", re.MULTILINE)


def read_subgraphs(text: str) -> list[SubgraphDefinition]:
    """Each part after a line `# subgraph NAME` is that subgraph's SDL."""
    _, *parts = _HEADING.split(text)
    return [
        SubgraphDefinition(name, f"http://{name}.example/graphql", sdl)
        for name, sdl in zip(parts[::2], parts[1::2], strict=True)
    ]
