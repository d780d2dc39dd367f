"""Supergraphs for tests, from the SDL of their subgraphs."""

from __future__ import annotations

from router.composition import SubgraphDefinition, compose
from router.supergraph import Supergraph, load_supergraph

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: '
    '["@key", "@external", "@requires", "@provides", "@override", "@interfaceObject", '
    '"@shareable"])\n'
)


def supergraph_of(**subgraphs: str) -> Supergraph:
    composition = compose(
        [SubgraphDefinition(name, f"http://{name}", LINK + sdl) for name, sdl in subgraphs.items()]
    )
    assert composition.supergraph is not None, composition.errors
    return load_supergraph(composition.supergraph)
