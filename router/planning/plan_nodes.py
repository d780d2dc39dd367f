"""The nodes of a query plan: which subgraph is asked for what, and what has to wait for what.

A plan is a graph of fetches. A fetch starts as soon as the fetches it depends on are done; the
Sequence/Parallel tree of Apollo's format is derived from it for display (`plan_text`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OperationKind = Literal["query", "mutation", "subscription"]

LIST = "@"
"""Path segment: every item of the list found here, nested lists flattened one level a segment."""


@dataclass(frozen=True, slots=True)
class TypeCondition:
    """Path segment: only objects whose `__typename` is missing or one of these (sorted)."""

    types: tuple[str, ...]


PathSegment = str | TypeCondition
ResponsePath = tuple[PathSegment, ...]
"""Response keys, `LIST` and type conditions, from the root: ("tasks", "@", "owner")."""


@dataclass(frozen=True, slots=True)
class RequiredField:
    """Copy one field from an entity of the response into its representation.

    Attributes:
        name: Key in the representation: the subgraph's field name.
        response_key: Key in the response tree; another than `name` where the router made an alias.
        selections: What to copy of the value; empty for leaves. Lists are copied item by item.
    """

    name: str
    response_key: str
    selections: tuple[RequiredSelection, ...] = ()


@dataclass(frozen=True, slots=True)
class RequiredFragment:
    """Copy these only from objects whose `__typename` is one of `types` (sorted object types)."""

    types: tuple[str, ...]
    selections: tuple[RequiredSelection, ...]


RequiredSelection = RequiredField | RequiredFragment


@dataclass(frozen=True, slots=True)
class Representation:
    """How to make `{__typename, ...}` from an entity of one group of types.

    Attributes:
        types: Object types it applies to (sorted); an entity of none of the types is left out.
        typename: Sent as `__typename` in place of the entity's own (an `@interfaceObject`'s
            interface name); None sends the entity's own.
        selections: One key plus this fetch's `@requires`; `__typename` is not listed.
        key_count: So many of the first selections are the key: an entity where one of them is
            null or absent is left out. Nulls in the rest are sent as they are.
    """

    types: tuple[str, ...]
    typename: str | None
    selections: tuple[RequiredSelection, ...]
    key_count: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """It runs only if the Boolean variable has this value."""

    variable: str
    value: bool


@dataclass(frozen=True, slots=True)
class ContextSource:
    """Objects above an entity that hand a value down to it.

    Attributes:
        depth: So many segments of the call's path lead to them; 0 is the root of the response.
        types: Object types that hand it down (sorted); empty for any.
        selections: Where the value is, from the object on; an object with a single field is
            replaced by the field's value, in lists item by item.
    """

    depth: int
    types: tuple[str, ...]
    selections: tuple[RequiredSelection, ...]


@dataclass(frozen=True, slots=True)
class ContextVariable:
    """A variable of an entity call that takes its value from above each entity.

    Entities with different values are sent in `_entities` fields of their own, each with variables
    of its own. An entity whose value is absent, or null where the type is non-null, is left out.

    Attributes:
        type: As declared in the operation.
        sources: Nearest first; the first whose types hold the object's `__typename` counts.
    """

    name: str
    type: str
    sources: tuple[ContextSource, ...]


@dataclass(frozen=True, slots=True)
class EntityCall:
    """One `_entities` field of a fetch.

    Attributes:
        response_key: "_entities", or an alias where a fetch has several calls.
        variable: Name of the variable that takes the representations.
        requires: Tried in order; the first whose `types` hold the entity's `__typename` forms it.
        paths: Where the entities stand in the response; results are merged there.
        conditions: All must hold, else no representations are collected: the call is sent with
            an empty list, or the fetch left out when every call of it is empty.
        contexts: Variables filled from above the entities; a call with some has one path.
    """

    response_key: str
    variable: str
    requires: tuple[Representation, ...]
    paths: tuple[ResponsePath, ...]
    conditions: tuple[Condition, ...] = ()
    contexts: tuple[ContextVariable, ...] = ()


@dataclass(frozen=True, slots=True)
class Rename:
    """Rename a key in a fetch's result before it is merged.

    Attributes:
        path: From the root of the fetch's result (for an entity call: from the entity, after the
            call's response key) to the objects that hold the key.
        source: Key in the subgraph's answer: an alias made by the router, no other key of the
            operation or the plan.
        target: Key in the response tree.
    """

    path: ResponsePath
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request to one subgraph.

    Attributes:
        id: Index in `QueryPlan.fetches`.
        subgraph: Name as in the supergraph's `join__Graph`.
        operation: Text sent; complete with variable definitions, minified.
        operation_kind: Mutations are sent once and never retried or shared.
        variables: Names of the client's variables that the operation uses.
        entity_calls: Empty for a fetch of root fields.
        path: For root fields: where the result is merged; () except after re-entry through a
            field that returns a root type.
        depends_on: Ids of the fetches whose results this one needs, or must come after.
        conditions: All must hold, else nothing is sent and nothing is merged.
        renames: Applied to the result in order.
        reason: Why it is needed, for `plan --why`: the key or the `@requires`.
    """

    id: int
    subgraph: str
    operation: str
    operation_kind: OperationKind
    variables: tuple[str, ...] = ()
    entity_calls: tuple[EntityCall, ...] = ()
    path: ResponsePath = ()
    depends_on: tuple[int, ...] = ()
    conditions: tuple[Condition, ...] = ()
    renames: tuple[Rename, ...] = ()
    reason: str = ""
