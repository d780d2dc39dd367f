"""Checks a query plan without the planner: is it valid, is everything there in time, is all asked?

Fetches are played through on shapes instead of data. It shares no code with the planner.
"""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    parse,
    print_ast,
    validate,
)

from router.planning.query_plan import (
    LIST,
    ContextSource,
    EntityCall,
    Fetch,
    QueryPlan,
    Rename,
    Representation,
    RequiredField,
    RequiredSelection,
    ResponsePath,
    TypeCondition,
)
from tests.router.planning.plan_reader import OperationReader
from tests.router.planning.plan_shapes import (
    Entry,
    PlanError,
    Shape,
    arguments_of,
    entries_of,
    lookup,
    merge,
    response_key_of,
    shapes_at,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from router.supergraph import SubgraphType, Supergraph


class PlanChecker:
    """Checks plans for one supergraph."""

    def __init__(self, supergraph: Supergraph, schemas: Mapping[str, GraphQLSchema]) -> None:
        self._supergraph = supergraph
        self._api = supergraph.api_schema
        self._schemas = schemas

    def check(self, plan: QueryPlan, document: str | DocumentNode) -> None:
        """Raise PlanError for a plan that may answer wrongly, whatever its Boolean variables are.

        Args:
            plan: Of the document's only operation.
            document: Valid against the API schema.
        """
        parsed = parse(document) if isinstance(document, str) else document
        for fetch in plan.fetches:
            problems = validate(self._schemas[fetch.subgraph], parse(fetch.operation))
            if problems:
                msg = f"{fetch.subgraph} refuses {fetch.operation}: {problems}"
                raise PlanError(msg)
            if any(other >= fetch.id for other in fetch.depends_on):
                msg = f"fetch {fetch.id} comes before one it depends on"
                raise PlanError(msg)
        names = sorted(_condition_variables(parsed))
        for values in product((True, False), repeat=min(len(names), 4)):
            _Play(self._supergraph, self._schemas, dict(zip(names, values, strict=False))).run(
                plan, parsed
            )


class _Play:
    """One run through a plan with the Boolean variables set."""

    def __init__(
        self,
        supergraph: Supergraph,
        schemas: Mapping[str, GraphQLSchema],
        variables: Mapping[str, bool],
    ) -> None:
        self._supergraph = supergraph
        self._schemas = schemas
        self._variables = variables
        self._root = Shape()
        self._before: dict[int, set[int]] = {}
        self._filled: set[str] = set()

    def run(self, plan: QueryPlan, document: DocumentNode) -> None:
        for fetch in plan.fetches:
            before = set(fetch.depends_on)
            for other in fetch.depends_on:
                before |= self._before[other]
            self._before[fetch.id] = before
            if self._holds((item.variable, item.value) for item in fetch.conditions):
                self._fetch(fetch)
        self._check_order(plan)
        operation = next(
            item for item in document.definitions if isinstance(item, OperationDefinitionNode)
        )
        fragments = {
            item.name.value: item
            for item in document.definitions
            if isinstance(item, FragmentDefinitionNode)
        }
        root = self._supergraph.root_types[operation.operation.value]
        reader = OperationReader(self._supergraph, fragments, self._is_included)
        reader.check(self._root, [root], [operation.selection_set], root)

    def _check_order(self, plan: QueryPlan) -> None:
        mutations = [item.id for item in plan.fetches if item.operation_kind == "mutation"]
        for first, second in pairwise(mutations):
            missing = [
                item.id
                for item in plan.fetches
                if (item.id == first or first in self._before[item.id])
                and item.id < second
                and item.id not in self._before[second]
            ]
            if missing:
                msg = f"mutation {second} does not wait for {missing}"
                raise PlanError(msg)

    def _fetch(self, fetch: Fetch) -> None:
        schema = self._schemas[fetch.subgraph]
        self._filled = {item.name for call in fetch.entity_calls for item in call.contexts}
        operation: Any = parse(fetch.operation).definitions[0]
        if not fetch.entity_calls:
            root = schema.get_root_type(operation.operation)
            result = Shape()
            self._select(result, operation.selection_set, root, schema, fetch.id)
            self._rename(result, fetch.renames)
            for shape, _ in self._targets(fetch.path, fetch):
                merge(shape, result)
            return
        by_key = {response_key_of(node): node for node in operation.selection_set.selections}
        for call in fetch.entity_calls:
            if not self._holds((item.variable, item.value) for item in call.conditions):
                continue
            self._check_contexts(fetch, call, by_key[call.response_key])
            for path in call.paths:
                for shape, types in self._targets(path, fetch):
                    self._enter(fetch, call, by_key[call.response_key], shape, types)

    def _enter(
        self, fetch: Fetch, call: EntityCall, node: FieldNode, shape: Shape, types: Iterable[str]
    ) -> None:
        schema = self._schemas[fetch.subgraph]
        told = any(self._is_told(shape, type_name, fetch) for type_name in shape.types)
        for type_name in list(types):
            if told and self._supergraph.kinds[type_name] == "interface":
                continue
            form = next((item for item in call.requires if type_name in item.types), None)
            if form is None:
                continue
            self._check_key(form, type_name, fetch)
            for item in form.selections:
                self._check_required(item, shape, type_name, fetch)
            result = Shape()
            target = form.typename or type_name
            declared = schema.get_type(target)
            self._select(result, _selection_set(node), declared, schema, fetch.id)
            self._rename(result, fetch.renames)
            if (
                form.typename is not None
                and declared is not None
                and not is_abstract_type(declared)
            ):
                result = Shape({type_name: result.types.pop(target)})
            merge(shape, result)

    def _check_contexts(self, fetch: Fetch, call: EntityCall, node: FieldNode) -> None:
        """Each contextual argument takes its value from the nearest object that sets it."""
        variables = {item.name: item for item in call.contexts}
        used = set()
        for view, selected in _fields_of_types(self._supergraph, fetch.subgraph, node):
            given = {item.name.value: item.value for item in selected.arguments or ()}
            for argument in view.fields[selected.name.value].context_arguments:
                value: Any = given.get(argument.name)
                if value is None or value.name.value not in variables:
                    msg = f"fetch {fetch.id} does not fill {selected.name.value}({argument.name}:)"
                    raise PlanError(msg)
                used.add(value.name.value)
                (path,) = call.paths
                sources = variables[value.name.value].sources
                found = [
                    (source.depth, self._check_source(source, path, fetch)) for source in sources
                ]
                if found != self._setters(path, argument.context, fetch):
                    msg = f"fetch {fetch.id} takes {argument.name} from {found}"
                    raise PlanError(msg)
        if used != variables.keys():
            msg = f"fetch {fetch.id} fills {sorted(variables.keys() - used)} for nothing"
            raise PlanError(msg)

    def _check_source(self, source: ContextSource, path: ResponsePath, fetch: Fetch) -> list[str]:
        """The object types that hand the value down."""
        end = source.depth
        while isinstance(path[end], TypeCondition):
            end += 1
        handing = set()
        for shape, types in self._targets(path[:end], fetch):
            for type_name in types:
                if not source.types or type_name in source.types:
                    handing.add(type_name)
                    for item in source.selections:
                        self._check_required(item, shape, type_name, fetch)
        return sorted(handing)

    def _setters(
        self, path: ResponsePath, context: str, fetch: Fetch
    ) -> list[tuple[int, list[str]]]:
        setting = self._supergraph.contexts[context]
        found: list[tuple[int, list[str]]] = []
        ends = [index for index, item in enumerate(path) if isinstance(item, str) and item != LIST]
        for depth in reversed(ends):
            end = depth
            while end and isinstance(path[end - 1], TypeCondition):
                end -= 1
            types = {
                name
                for _, names in self._targets(path[:depth], fetch)
                for name in names
                if self._supergraph.kinds[name] == "object"
            }
            if types & setting:
                found.append((end, sorted(types & setting)))
            if types <= setting:
                return found
        msg = f"fetch {fetch.id}: nothing above {path} sets {context}"
        raise PlanError(msg)

    def _is_told(self, shape: Shape, type_name: str, fetch: Fetch) -> bool:
        """Whether the object type is known by now, which replaces an @interfaceObject's name."""
        return self._supergraph.kinds[type_name] == "object" and any(
            entry.fetches & self._before[fetch.id] for entry in shape.types[type_name].values()
        )

    def _check_key(self, form: Representation, type_name: str, fetch: Fetch) -> None:
        target = form.typename or type_name
        view = self._supergraph.subgraphs[fetch.subgraph].types.get(target)
        sent = {item.name for item in form.selections if isinstance(item, RequiredField)}
        keys = [] if view is None else [key for key in view.keys if key.is_resolvable]
        if not any(
            {item.name for item in key.fields if hasattr(item, "name")} <= sent for key in keys
        ):
            msg = f"{fetch.subgraph} cannot resolve {target} by {sorted(sent)}"
            raise PlanError(msg)

    def _check_required(
        self, item: RequiredSelection, shape: Shape, type_name: str, fetch: Fetch
    ) -> None:
        if not isinstance(item, RequiredField):
            if type_name in item.types:
                for inner in item.selections:
                    self._check_required(inner, shape, type_name, fetch)
            return
        entry = self._lookup(shape, type_name, item.response_key)
        if entry is None or not entry.fetches & self._before[fetch.id]:
            what = f"{type_name}.{item.response_key}"
            msg = f"fetch {fetch.id} needs {what}, which is not there in time"
            raise PlanError(msg)
        if entry.meaning[0] != item.name:
            msg = f"{item.response_key} is {entry.meaning[0]}, not {item.name}"
            raise PlanError(msg)
        if item.selections and entry.below is not None:
            for below_type in entry.below.types:
                for inner in item.selections:
                    self._check_required(inner, entry.below, below_type, fetch)

    def _targets(self, path: ResponsePath, fetch: Fetch) -> list[tuple[Shape, Iterable[str]]]:
        """Shapes at a path, each with the types that its conditions let through."""
        found: list[tuple[Shape, list[str]]] = [(self._root, list(self._root.types))]
        for segment in path:
            if segment == LIST:
                continue
            if isinstance(segment, TypeCondition):
                found = [
                    (shape, [name for name in types if name in segment.types])
                    for shape, types in found
                ]
                continue
            below: dict[int, Shape] = {}
            for shape, types in found:
                for type_name in types:
                    entries = entries_of(self._supergraph, shape, type_name, segment)
                    in_time = [item for item in entries if item.fetches & self._before[fetch.id]]
                    if entries and not in_time:
                        msg = f"fetch {fetch.id} goes to {segment} too early"
                        raise PlanError(msg)
                    below |= {id(item.below): item.below for item in in_time if item.below}
            found = [(shape, list(shape.types)) for shape in below.values()]
        return [(shape, types) for shape, types in found]

    def _lookup(self, shape: Shape, type_name: str, key: str) -> Entry | None:
        return lookup(self._supergraph, shape, type_name, key)

    def _select(
        self,
        shape: Shape,
        selection_set: SelectionSetNode,
        parent: Any,
        schema: GraphQLSchema,
        fetch: int,
    ) -> None:
        """Everything a subgraph would answer for a selection set."""
        possible = schema.get_possible_types(parent) if is_abstract_type(parent) else [parent]
        for concrete in possible:
            entries = shape.types.setdefault(concrete.name, {})
            for node in self._fields(selection_set, concrete, schema):
                meaning = (node.name.value, arguments_of(node, self._filled))
                entry = entries.setdefault(response_key_of(node), Entry(meaning, set()))
                entry.fetches.add(fetch)
                if node.selection_set is not None:
                    declared = get_named_type(concrete.fields[node.name.value].type)
                    entry.below = entry.below or Shape()
                    self._select(entry.below, node.selection_set, declared, schema, fetch)

    def _fields(
        self, selection_set: SelectionSetNode, concrete: Any, schema: GraphQLSchema
    ) -> Iterator[FieldNode]:
        for node in selection_set.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                declared = schema.get_type(condition.name.value) if condition else concrete
                if declared is concrete or (
                    is_abstract_type(declared) and schema.is_sub_type(declared, concrete)
                ):
                    yield from self._fields(node.selection_set, concrete, schema)

    def _rename(self, shape: Shape, renames: Iterable[Rename]) -> None:
        for rename in renames:
            for target in shapes_at(shape, [item for item in rename.path if item != LIST]):
                for entries in target.types.values():
                    if rename.source in entries:
                        entries[rename.target] = entries.pop(rename.source)

    def _holds(self, conditions: Iterable[tuple[str, bool]]) -> bool:
        return all(self._variables[variable] is value for variable, value in conditions)

    def _is_included(self, node: Any) -> bool:
        for directive in node.directives or ():
            if directive.name.value in ("include", "skip"):
                value = directive.arguments[0].value
                holds = (
                    value.value if hasattr(value, "value") else self._variables[value.name.value]
                )
                if holds is not (directive.name.value == "include"):
                    return False
        return True


def _fields_of_types(
    supergraph: Supergraph, subgraph: str, node: FieldNode
) -> Iterator[tuple[SubgraphType, FieldNode]]:
    """The fields directly below an `_entities` field, with the type each belongs to."""
    for fragment in _selection_set(node).selections:
        if isinstance(fragment, InlineFragmentNode) and fragment.type_condition is not None:
            view = supergraph.subgraphs[subgraph].types[fragment.type_condition.name.value]
            for field in fragment.selection_set.selections:
                if isinstance(field, FieldNode) and field.name.value in view.fields:
                    yield view, field


def _condition_variables(document: DocumentNode) -> set[str]:
    text = print_ast(document)
    names: set[str] = set()
    for word in ("@include(if: $", "@skip(if: $"):
        for part in text.split(word)[1:]:
            names.add(part.split(")")[0])
    return names


def _selection_set(node: FieldNode) -> SelectionSetNode:
    if node.selection_set is None:
        msg = f"{node.name.value} selects nothing"
        raise PlanError(msg)
    return node.selection_set
