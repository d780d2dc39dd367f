"""Subgraphs named on the command line, as the supergraph.yaml that would name them."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from router.checks.errors import CheckInputError

_SDL_ENDINGS = (".graphql", ".graphqls", ".gql")
_URLS = ("http://", "https://")
_HOST_AND_PORT = re.compile(r"[\w.-]+:\d+(?:/.*)?")


def configuration_of(sources: list[str]) -> str:
    """YAML for NAME=URL, NAME=FILE@URL and NAME=MODULE:SCHEMA@URL; files become absolute.

    Raises:
        CheckInputError: One has another form.
    """
    subgraphs: dict[str, dict[str, object]] = {}
    for source in sources:
        name, subgraph = _subgraph(source)
        if name in subgraphs:
            msg = f"two sources are called {name}"
            raise CheckInputError(msg)
        subgraphs[name] = subgraph
    return yaml.safe_dump({"subgraphs": subgraphs}, sort_keys=False)


def _subgraph(text: str) -> tuple[str, dict[str, object]]:
    name, equals, source = text.partition("=")
    if not (name and equals and source):
        msg = f"{text} is neither a supergraph.yaml nor NAME=URL, NAME=FILE@URL, NAME=MODULE@URL"
        raise CheckInputError(msg)
    if source.startswith(_URLS):
        return name, {"schema": {"subgraph_url": source}}
    if _HOST_AND_PORT.fullmatch(source):
        msg = f"{text} does not say how to reach {name}: {name}=http://{source}"
        raise CheckInputError(msg)
    schema, _, url = source.rpartition("@")
    if not schema or not url.startswith(_URLS):
        msg = f"{text} does not say where {name} runs: {name}={source}@http://..."
        raise CheckInputError(msg)
    if schema.endswith(_SDL_ENDINGS) or Path(schema).is_file():
        return name, {"routing_url": url, "schema": {"file": str(Path(schema).absolute())}}
    return name, {"routing_url": url, "schema": {"module": schema}}
