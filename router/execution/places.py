"""Where in the response the results of a fetch stand, for the paths of its errors."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from router.execution.locate import locate_with_paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from router.execution.entity_call import SentCall
    from router.execution.json_value import JsonValue
    from router.execution.locate import ConcretePath
    from router.planning.query_plan import Fetch


class Places:
    """The places that a fetch's answer fills; found when first asked for.

    To be used before the answer is merged: the entities are known by the objects that were there
    when their representations were sent.
    """

    def __init__(self, fetch: Fetch, tree: JsonValue, calls: Sequence[SentCall]) -> None:
        self._fetch = fetch
        self._tree = tree
        self._calls = calls

    def of(self, path: JsonValue, renamed: Mapping[str, str]) -> list[ConcretePath]:
        """What the path of an error means in the response; nothing if it names no place.

        An error of an entity strikes every place that used its representation.

        Args:
            path: As the subgraph sent it.
            renamed: Keys of the subgraph's answer to keys of the response.
        """
        if path.__class__ is not list or not path or not _is_path(path):
            return []
        own = [renamed.get(item, item) if isinstance(item, str) else item for item in path]
        if not self._fetch.entity_calls:
            return [(*place, *own) for place in self._root]
        if len(own) < 2:
            return []
        places, index = self._entities.get(own[0], ()), own[1]
        if index.__class__ is not int or not 0 <= index < len(places):
            return []
        return [(*place, *own[2:]) for place in places[index]]

    def is_whole_call(self, path: JsonValue) -> bool:
        """Whether an error's path is that of a whole `_entities` field."""
        return path.__class__ is list and any(path == [call.key] for call in self._calls)

    def all(self) -> list[ConcretePath]:
        """Where results stand."""
        if not self._fetch.entity_calls:
            return self._root
        return [place for call in self._entities.values() for places in call for place in places]

    @cached_property
    def _root(self) -> list[ConcretePath]:
        return [place for place, _ in locate_with_paths(self._tree, self._fetch.path)]

    @cached_property
    def _entities(self) -> dict[str | int, list[list[ConcretePath]]]:
        """By response key of a call, for each of its representations the places that used it."""
        found: dict[str | int, list[list[ConcretePath]]] = {}
        for call in self._calls:
            collected = call.collected
            places = found[call.key] = [[] for _ in collected.representations]
            used = dict(zip(map(id, collected.entities), collected.indexes, strict=True))
            for path in call.planned.paths:
                for place, entity in locate_with_paths(self._tree, path):
                    index = used.get(id(entity))
                    if index is not None:
                        places[index].append(place)
        return found


def _is_path(path: Iterable[JsonValue]) -> bool:
    return all(item.__class__ is str or item.__class__ is int for item in path)
