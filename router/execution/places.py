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
        return [(*place, *own[2:]) for place in self._entities.get((own[0], own[1]), ())]

    def is_whole_call(self, path: JsonValue) -> bool:
        """Whether an error's path is that of a whole `_entities` field."""
        return path.__class__ is list and any(path == [call.key] for call in self._calls)

    def first(self) -> ConcretePath:
        """Where the first result stands."""
        if not self._fetch.entity_calls:
            return next(iter(self._root), ())
        return next((places[0] for places in self._entities.values()), ())

    @cached_property
    def _root(self) -> list[ConcretePath]:
        return [place for place, _ in locate_with_paths(self._tree, self._fetch.path)]

    @cached_property
    def _entities(self) -> dict[tuple[str | int, str | int], list[ConcretePath]]:
        """Places by (response key of the call, index of the representation)."""
        found: dict[tuple[str | int, str | int], list[ConcretePath]] = {}
        for call in self._calls:
            collected = call.collected
            indexes = {
                id(entity): index
                for entity, index in zip(collected.entities, collected.indexes, strict=True)
            }
            for path in call.planned.paths:
                for place, entity in locate_with_paths(self._tree, path):
                    index = indexes.get(id(entity))
                    if index is not None:
                        found.setdefault((call.key, index), []).append(place)
        return found


def _is_path(path: Iterable[JsonValue]) -> bool:
    return all(item.__class__ is str or item.__class__ is int for item in path)
