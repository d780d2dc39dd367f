"""One fetch of a plan: what it sends for the response tree, and how its answer enters the tree.

An answer is read strictly first: one decoder checks the whole of it against the client's types and
makes the objects of the tree. Whatever it refuses (errors, a null in the wrong place, another
shape) is read leniently: as JSON, and from it into the same objects, place by place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from router.errors import SubgraphError
from router.execution.entity_call import CompiledCall, SentCall, sent_empty
from router.execution.layout import Source
from router.execution.locate import keys_of, locate
from router.execution.merge import compile_renames, copied
from router.execution.object_types import ObjectType
from router.execution.representations import is_left_out
from router.execution.tree import attribute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.execution.json_value import JsonObject, JsonValue
    from router.execution.layout import Layout
    from router.execution.locate import Keys
    from router.execution.merge import Addition, Merge
    from router.execution.ports import SubgraphResponse
    from router.execution.representations import FieldTypes
    from router.execution.sent_operation import SentOperation
    from router.planning.query_plan import Fetch

_decode = msgspec.json.Decoder().decode
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SURROGATES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
"""Pairs, halves, and other escapes, so that what follows an escaped backslash is left alone."""

GRAPHQL_RESPONSE = "application/graphql-response+json"
NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_ENTITY_TYPES = {dict, type(None)}


class Answer(msgspec.Struct, eq=False):
    """A subgraph's answer in GraphQL terms: at least one of data and errors is there.

    Attributes:
        data: Of the fetch's own class if it was read strictly; else JSON.
        errors: The subgraph's, as they came.
    """

    data: Any
    errors: Sequence[JsonObject]
    is_strict: bool


class CompiledFetch:
    """A fetch of a plan, for one layout of the response tree.

    Attributes:
        fetch: Of the plan.
        subgraph: Name as in the supergraph.
        calls: Its entity calls whose conditions hold.
        key_paths: Response keys that lead to the places where results are merged.
        selected_keys: Response keys that it fills there.
        renamed: Keys of the answer to keys of the response.
    """

    def __init__(
        self,
        fetch: Fetch,
        operation: SentOperation,
        layout: Layout,
        calls: Sequence[CompiledCall],
        merge: Merge,
    ) -> None:
        self.fetch = fetch
        self.subgraph = fetch.subgraph
        # Whoever looks deepest comes last: once the equal entities above are one object each, what
        # is in them is visited once.
        self.calls = sorted(calls, key=lambda item: max(len(path) for path in item.call.paths))
        self.renamed = {item.source: item.target for item in fetch.renames}
        paths = [path for call in fetch.entity_calls for path in call.paths]
        self.key_paths = tuple(keys_of(path) for path in (paths or [fetch.path]))
        self.selected_keys = tuple(self.renamed.get(key, key) for key in operation.selected_keys)
        self._merge = merge
        self._rename = compile_renames(fetch.renames)
        self._place = layout.find(fetch.path)[0]
        self._type: ObjectType | None = None
        self._add: Addition = merge.json
        if self._place is not None and not fetch.entity_calls:
            source = Source(fetch.id, -1)
            self._type = ObjectType.of_addition([self._place], source)
            self._add = merge.compile_addition(self._place, source)
        self._decode = self._decoder()

    def _decoder(self) -> Any:  # noqa: ANN401 - gives objects of generated classes
        """The strict reading of a whole answer; None if answers are read as JSON."""
        fetch = self.fetch
        if fetch.renames or any(call.contexts for call in fetch.entity_calls):
            return None
        if not fetch.entity_calls:
            if self._type is None or fetch.path:
                return None
            data: Any = self._type.struct
        else:
            data = msgspec.defstruct(
                "Results",
                [
                    (
                        attribute(call.call.response_key),
                        list[(call.struct or dict[str, Any]) | None],  # type: ignore[misc]
                        msgspec.field(name=call.call.response_key),
                    )
                    for call in self.calls
                ],
                gc=False,
            )
        errors = ("errors", list[dict[str, Any]] | None, None)
        envelope = msgspec.defstruct("Envelope", [("data", data), errors], gc=False)
        return msgspec.json.Decoder(envelope).decode

    def gather(self, root: JsonValue, *, is_regular: bool) -> tuple[list[SentCall], bool]:
        """What the entity calls send; nothing where all of them would ask for nothing.

        Also whether no entity was left out because something it needs is not known.
        """
        if len(self.fetch.entity_calls) == 1 and self.calls:
            sent, is_whole = self.calls[0].gather(root, is_regular=is_regular)
        else:
            sent, is_whole = self._gather_all(root, is_regular=is_regular)
        for item in sent:
            if item.collected.representations:
                return sent, is_whole
        return [], is_whole

    def _gather_all(self, root: JsonValue, *, is_regular: bool) -> tuple[list[SentCall], bool]:
        gathered = {id(call.call): call.gather(root, is_regular=is_regular) for call in self.calls}
        sent: list[SentCall] = []
        for call in self.fetch.entity_calls:
            if id(call) in gathered:
                sent += gathered[id(call)][0]
            elif not call.contexts:  # its conditions do not hold
                sent.append(sent_empty(call))
        return sent, all(is_whole for _, is_whole in gathered.values())

    def leaves_out(self, entity: JsonValue, place: Keys, field_types: FieldTypes) -> bool:
        """Whether an entity at a place is rightly not asked for."""
        return any(
            bool(item.call.contexts) or is_left_out(item.call, entity, field_types)
            for item in self.calls
            if any(keys_of(path) == place for path in item.call.paths)
        )

    def read(self, response: SubgraphResponse) -> Answer:
        """Read an answer.

        Raises:
            SubgraphError: It is not GraphQL.
        """
        if self._decode is not None and response.status == 200:
            try:
                answer = self._decode(response.body)
                return Answer(answer.data, answer.errors or (), is_strict=True)
            except NOT_JSON:
                pass
        return self._read_json(response)

    def _read_json(self, response: SubgraphResponse) -> Answer:
        status = response.status
        if status >= 500 and response.media_type != GRAPHQL_RESPONSE:
            msg = f"HTTP status {status}"
            raise self._invalid(msg)
        try:
            answer = _decode_json(response.body)
        except NOT_JSON as error:
            msg = f"HTTP status {status}, not JSON: {error}"
            raise self._invalid(msg) from error
        if answer.__class__ is not dict:
            msg = f"HTTP status {status}, not a JSON object"
            raise self._invalid(msg)
        data = answer.get("data")
        errors = answer.get("errors")
        if data.__class__ is dict and not errors:
            return Answer(data, [], is_strict=False)
        if data is not None and data.__class__ is not dict:
            msg = "`data` is not an object"
            raise self._invalid(msg)
        if data is None and not errors:
            msg = f"HTTP status {status}, neither data nor errors"
            raise self._invalid(msg)
        if errors.__class__ is not list or not all(item.__class__ is dict for item in errors):
            msg = "`errors` is not a list of objects"
            raise self._invalid(msg)
        return Answer(data, errors, is_strict=False)

    def merge(self, root: JsonValue, answer: Answer, sent: Sequence[SentCall]) -> bool:
        """Merge an answer's data into the tree.

        Args:
            root: Modified.
            answer: Its data are given up to the tree.
            sent: What was sent.

        Returns:
            Whether the tree is now as the plan promises.

        Raises:
            SubgraphError: An entity call's result does not match what was sent. Results of other
                calls are merged.
        """
        if not self.fetch.entity_calls:
            return self._merge_root(root, answer)
        is_regular = True
        problem: SubgraphError | None = None
        for item in sent:
            try:
                is_regular = self._merge_call(item, answer) and is_regular
            except SubgraphError as error:
                problem = error
        if problem is not None:
            raise problem
        return is_regular

    def _merge_root(self, root: JsonValue, answer: Answer) -> bool:
        if answer.is_strict:
            self._add(root, answer.data)
            return True
        if self._rename is not None:
            self._rename(answer.data)
        is_regular = True
        targets = {id(target): target for target in locate(root, self.fetch.path)}
        for target in targets.values():
            data = copied(answer.data) if len(targets) > 1 else answer.data
            if self._type is not None:
                data, is_strict = self._type.read_either_way(data)
                is_regular = is_regular and is_strict
            self._add(target, data)
        return is_regular

    def _merge_call(self, item: SentCall, answer: Answer) -> bool:
        count = len(item.collected.representations)
        if item.call is None or not count:
            return True
        if answer.is_strict:
            results = getattr(answer.data, attribute(item.key))
        else:
            results = answer.data.get(item.key)
        if results is None and answer.errors:
            return False
        if results.__class__ is not list or len(results) != count:
            found = len(results) if isinstance(results, list) else "no list of"
            msg = f"{found} entities for {count} representations"
            raise self._invalid(msg)
        if answer.is_strict and item.call.struct is not None:
            return item.call.take(results, item.collected)
        if not {*map(type, results)} <= _ENTITY_TYPES:
            msg = "an entity is not an object"
            raise self._invalid(msg)
        if self._rename is not None:
            for result in results:
                if result is not None:
                    self._rename(result)
        return item.call.take_json(results, item.collected)

    def _invalid(self, detail: str) -> SubgraphError:
        return SubgraphError(self.subgraph, "invalid_response", detail)


def _decode_json(body: bytes) -> JsonValue:
    """Decode JSON, also such as strict decoders refuse and JavaScript writes and reads.

    That is JSON after a byte order mark, and with halves of surrogate pairs: a program that cuts
    text after so many UTF-16 units cuts an emoji in two. A half becomes U+FFFD.
    """
    try:
        return _decode(body)
    except NOT_JSON:
        mended = _SURROGATES.sub(
            lambda found: b"\\ufffd" if found["half"] else found[0],
            body.removeprefix(_BYTE_ORDER_MARK),
        )
        if mended == body:
            raise
        return _decode(mended)
