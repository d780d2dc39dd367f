"""Resolving references of entities: all of a request at once, not one by one."""

from collections.abc import Sequence
from typing import Any, Protocol, cast

import strawberry
from graphql import GraphQLError
from strawberry.federation.schema import FederationAny
from strawberry.federation.schema_directives import Key
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.info import Info


class BatchedEntity(Protocol):
    """An entity type with the key `id` that is looked up many at a time."""

    async def resolve_references(self, info: Any, ids: Sequence[str]) -> Sequence[object | None]:  # noqa: ANN401
        """The entities with these ids, in their order; None for one that does not exist.

        A class method of the entity's type.
        """
        ...


class BatchingSchema(strawberry.federation.Schema):
    """A federated schema that asks an entity type once for all references to it.

    Strawberry itself resolves each reference by itself; with a DataLoader that is one statement
    too, but a task, a future and several callbacks for each reference. Types without
    `resolve_references` are resolved as Strawberry does.
    """

    async def entities_resolver(  # type: ignore[override]  # what is awaitable is awaited
        self, info: Info, representations: list[FederationAny]
    ) -> list[FederationAny]:
        """What `_entities` answers; an exception in the list is that entity's error alone."""
        found: list[object] = [None] * len(representations)
        places: dict[str, list[int]] = {}
        for place, representation in enumerate(cast("list[object]", representations)):
            type_name = _type_name(representation)
            if type_name is None:
                found[place] = _unusable("`__typename` or `id` is missing.")
            elif type_name in places:
                places[type_name].append(place)
            else:
                places[type_name] = [place]
        for type_name, its_places in places.items():
            its = [cast("dict[str, str]", representations[place]) for place in its_places]
            entities = await self._resolve(info, type_name, its)
            for place, entity in zip(its_places, entities, strict=True):
                found[place] = entity
        return cast("list[FederationAny]", found)

    async def _resolve(
        self, info: Info, type_name: str, representations: Sequence[dict[str, str]]
    ) -> Sequence[object]:
        known = self.schema_converter.type_map.get(type_name)
        definition = known.definition if known is not None else None
        if not isinstance(definition, StrawberryObjectDefinition) or not any(
            isinstance(directive, Key) for directive in definition.directives or ()
        ):
            return [_unusable("`__typename` is no entity here.")] * len(representations)
        if hasattr(definition.origin, "resolve_references"):
            entity_type = cast("BatchedEntity", definition.origin)
            return await entity_type.resolve_references(
                info, [its["id"] for its in representations]
            )
        copies = [cast("FederationAny", dict(its)) for its in representations]
        return super().entities_resolver(info, copies)


def _type_name(representation: object) -> str | None:
    """Of what a representation speaks; None when it cannot be used."""
    if not isinstance(representation, dict) or not isinstance(representation.get("id"), str):
        return None
    type_name = representation.get("__typename")
    return type_name if isinstance(type_name, str) else None


def _unusable(reason: str) -> GraphQLError:
    return GraphQLError(
        f"A representation cannot be used. {reason}",
        extensions={"code": "BAD_USER_INPUT", "argument": "representations"},
    )
