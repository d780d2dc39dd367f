"""Operations compiled once and executed often.

graphql-core decides for every field of every object anew which fields are selected, what their
types are and how values become JSON. For one operation the answers are always the same, and on a
page of tasks finding them costs ten times what the values do. So they are found once: an operation
becomes a tree of slots (`Slot`: a field and where its value goes) and types that know how to put a
value into a slot (`Leaf`, `ListOf`, `ObjectOf`, `AbstractOf`). Executing it is walking that tree.

Two things keep the walk short:
- Values are put into their final place at once. Null propagation then needs no unwinding: each slot
  knows its target, the nearest place that may be null, and a failure writes null there.
- Nothing is awaited on the way. What a resolver returns unfinished is remembered together with its
  place and settled afterwards, all of it at once; only mutations go field by field.

The result is that of graphql-core, by a test that compares the two on random operations, except
that of several failures below one place that becomes null, more than one may be reported (the
specification allows both). Introspection, subscriptions and unknown operation names are left to
graphql-core: `compile_operation` answers None.

Source: GraphQL specification, October 2021, section 6.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    get_variable_values,
    print_ast,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import (
    VariableValues,
    VariableValuesOrErrors,
    VariableValueSource,
)

from subgraph_kit.execution.compiler import MAX_INT, MIN_INT, Compiler, condition_variables
from subgraph_kit.execution.run import Run

if TYPE_CHECKING:
    from subgraph_kit.execution.plan import ObjectOf

_MAX_VARIANTS = 16
_MAX_VARIABLE_ERRORS = 50


def compile_operation(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None
) -> "CompiledOperation | None":
    """Compile an operation of a valid document; None when graphql-core has to execute it."""
    operations = [
        definition
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
        and (
            operation_name is None or (definition.name and definition.name.value == operation_name)
        )
    ]
    if len(operations) != 1 or operations[0].operation is OperationType.SUBSCRIPTION:
        return None
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    root_type = schema.get_root_type(operations[0].operation)
    root_fields = set(_root_fields(operations[0].selection_set, fragments))
    if root_type is None or not root_fields.isdisjoint(("__schema", "__type")):
        return None
    return CompiledOperation(schema, operations[0], fragments, root_type)


class CompiledOperation:
    """One operation, ready to run with any variables."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDefinitionNode],
        root_type: GraphQLObjectType,
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = fragments
        self._root_type = root_type
        self._conditions = tuple(sorted(set(condition_variables(operation, fragments))))
        self._variables = {
            definition.variable.name.value: definition
            for definition in operation.variable_definitions or ()
        }
        self._plain_variables = tuple(_plain_variables(schema, self._variables))
        self._variants: dict[tuple[object, ...], ObjectOf] = {}

    async def execute(
        self, context: object, variables: Mapping[str, Any] | None
    ) -> ExecutionResult:
        """Run it.

        Args:
            context: What resolvers see as `info.context`.
            variables: As the client sent them.
        """
        values = self._coerced(variables or {})
        if isinstance(values, list):
            return ExecutionResult(None, values)
        run = Run(self._schema, self._operation, self._fragments, context, values)
        holder: dict[str, Any] = {"data": None}
        root = self._variant(values.coerced)
        if self._operation.operation is OperationType.MUTATION:
            await root.run_serially(run, holder)
        else:
            root.put(run, None, holder, "data", None, (holder, "data"))
            await run.settle()
        return ExecutionResult(holder["data"], run.errors or None)

    def _coerced(self, variables: Mapping[str, Any]) -> VariableValuesOrErrors:
        """The variables' values as their types say; most are that already."""
        plain = VariableValues({}, {})
        for name, signature, is_plain in self._plain_variables:
            value = variables.get(name)
            if is_plain(value):
                plain.sources[name] = VariableValueSource(signature, value)
                plain.coerced[name] = value
        others = [its for name, its in self._variables.items() if name not in plain.coerced]
        if not others:
            return plain
        values = get_variable_values(self._schema, others, dict(variables), _MAX_VARIABLE_ERRORS)
        if not isinstance(values, list):
            values.sources.update(plain.sources)
            values.coerced.update(plain.coerced)
        return values

    def _variant(self, variables: Mapping[str, Any]) -> "ObjectOf":
        """The tree for these values of the variables in `@skip` and `@include`."""
        key = tuple(variables.get(name) for name in self._conditions)
        root = self._variants.get(key)
        if root is None:
            compiler = Compiler(self._schema, self._fragments, variables)
            root = compiler.root(self._root_type, self._operation.selection_set)
            if len(self._variants) < _MAX_VARIANTS:
                self._variants[key] = root
        return root


def _plain_variables(
    schema: GraphQLSchema, definitions: Mapping[str, VariableDefinitionNode]
) -> Iterator[tuple[str, GraphQLVariableSignature, Callable[[object], bool]]]:
    for name, definition in definitions.items():
        is_plain = _IS_PLAIN.get(print_ast(definition.type).removesuffix("!"))
        signature = get_variable_signature(schema, definition)
        if is_plain is not None and not isinstance(signature, GraphQLError):
            yield name, signature, is_plain


def _are_objects(value: object) -> bool:
    return isinstance(value, list) and all(type(item) is dict for item in value)


def _is_text(value: object) -> bool:
    return type(value) is str


def _is_int(value: object) -> bool:
    return type(value) is int and MIN_INT <= value <= MAX_INT


_IS_PLAIN: Mapping[str, Callable[[object], bool]] = {
    "[_Any!]": _are_objects,  # graphql-core would look at each value of each to no other end
    "ID": _is_text,
    "String": _is_text,
    "Int": _is_int,
}
"""Which values of variables are as their type says without being coerced, by type."""


def _root_fields(
    selection_set: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[str]:
    for selection in selection_set.selections:
        if isinstance(selection, FieldNode):
            yield selection.name.value
        elif isinstance(selection, InlineFragmentNode):
            yield from _root_fields(selection.selection_set, fragments)
        elif isinstance(selection, FragmentSpreadNode):
            yield from _root_fields(fragments[selection.name.value].selection_set, fragments)
