"""Subgraphs named on the command line, as the supergraph.yaml that would name them."""

from __future__ import annotations

from pathlib import Path

import yaml

from router.checks.errors import CheckInputError

_SDL_ENDINGS = (".graphql", ".graphqls", ".gql")
_URLS = ("http://", "https://")


def configuration_of(sources: list[str]) -> str:
    """YAML for NAME=URL, NAME=FILE@URL and NAME=MODULE:SCHEMA@URL; files become absolute.

    Raises:
        CheckInputError: One has another form.
    """
    subgraphs = dict(_subgraph(source) for source in sources)
    if len(subgraphs) < len(sources):
        raise CheckInputError("two sources have the same name")
    return yaml.safe_dump({"subgraphs": subgraphs}, sort_keys=False)


def _subgraph(text: str) -> tuple[str, dict[str, object]]:
    name, equals, source = text.partition("=")
    if not (name and equals and source):
        msg = f"{text} is neither a supergraph.yaml nor NAME=URL, NAME=FILE@URL, NAME=MODULE@URL"
        raise CheckInputError(msg)
    if source.startswith(_URLS):
        return name, {"schema": {"subgraph_url": source}}
    schema, _, url = source.rpartition("@")
    if not schema or not url.startswith(_URLS):
        msg = f"{text} does not say where {name} runs: {name}={source}@http://..."
        raise CheckInputError(msg)
    if schema.endswith(_SDL_ENDINGS) or Path(schema).is_file():
        return name, {"routing_url": url, "schema": {"file": str(Path(schema).absolute())}}
    return name, {"routing_url": url, "schema": {"module": schema}}
