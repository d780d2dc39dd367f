"""Operations from text to result; what depends on the text alone is done once and remembered.

A router sends the same few texts all day. Parsing, validating and compiling them takes
milliseconds, looking them up less than a microsecond, so a request usually begins with execution.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from inspect import isawaitable
from typing import Any

import strawberry
from graphql import (
    ArgumentNode,
    ASTValidationRule,
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSyntaxError,
    Node,
    ObjectFieldNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    Visitor,
    VisitorAction,
    execute,
    parse,
    specified_rules,
    validate,
    visit,
)
from strawberry.execution import optimized_is_awaitable

from subgraph_kit.execution.compiled_operation import CompiledOperation, compile_operation

_CACHED_DOCUMENTS = 512
_CACHED_TEXT_CHARACTERS = 8192
"""A parsed document takes about 50 times its text; this bounds the cache to some 200 MB at worst,
a few MB in practice."""
_MAX_TOKENS = 20_000
_MAX_VALIDATION_ERRORS = 20
_MAX_COMPILED = 16


@dataclass(slots=True)
class Document:
    """A parsed and validated text; with errors there is nothing to execute."""

    node: DocumentNode
    errors: Sequence[GraphQLError] = ()
    compiled: dict[str | None, CompiledOperation | None] = field(default_factory=dict)
    """By operation name; None where graphql-core has to execute it."""

    def kind(self, operation_name: str | None) -> str:
        """`query`, `mutation`, `subscription`, or `unknown` when there is no such operation."""
        for definition in self.node.definitions:
            if isinstance(definition, OperationDefinitionNode) and (
                operation_name is None
                or (definition.name is not None and definition.name.value == operation_name)
            ):
                return definition.operation.value
        return "unknown"


class Operations:
    """Executes texts against one schema."""

    def __init__(
        self, schema: strawberry.Schema, *, extra_rules: Iterable[type[ASTValidationRule]] = ()
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - Strawberry offers no other way to it
        self._executor_class = schema.execution_context_class
        self._rules = [*specified_rules, *extra_rules]
        self._cached_document = lru_cache(_CACHED_DOCUMENTS)(self._parse_and_validate)

    def document(self, text: str) -> Document:
        """Parse and validate, unless that was done before."""
        if len(text) > _CACHED_TEXT_CHARACTERS:
            return self._parse_and_validate(text)
        return self._cached_document(text)

    async def execute(
        self,
        document: Document,
        operation_name: str | None,
        variables: Mapping[str, Any] | None,
        context: object,
    ) -> ExecutionResult:
        """Execute an operation of a document without errors."""
        compiled = self._compiled(document, operation_name)
        if compiled is not None:
            return await compiled.execute(context, variables)
        outcome = execute(
            self._schema,
            document.node,
            context_value=context,
            variable_values=None if variables is None else dict(variables),
            operation_name=operation_name,
            executor_class=self._executor_class,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
        )
        return await outcome if isawaitable(outcome) else outcome

    def _compiled(self, document: Document, operation_name: str | None) -> CompiledOperation | None:
        if operation_name in document.compiled:
            return document.compiled[operation_name]
        compiled = compile_operation(self._schema, document.node, operation_name)
        if len(document.compiled) < _MAX_COMPILED:
            document.compiled[operation_name] = compiled
        return compiled

    def _parse_and_validate(self, text: str) -> Document:
        try:
            node = parse(text, max_tokens=_MAX_TOKENS)
            errors = validate(self._schema, node, self._rules, max_errors=_MAX_VALIDATION_ERRORS)
        except GraphQLSyntaxError as error:
            return Document(_NOTHING, [error])
        except RecursionError:
            return Document(_NOTHING, [GraphQLError("The document is nested too deeply.")])
        for wrong in errors:
            extensions = wrong.extensions or {}
            if extensions.get("code") == "BAD_USER_INPUT":
                wrong.extensions = {**extensions, "argument": _argument(node, wrong)}
        return Document(node, errors)


def _argument(document: DocumentNode, error: GraphQLError) -> str:
    """Where a literal is wrong: `filter.dueAt.from`, or the variable whose default it is."""
    (position,) = error.positions or (0,)
    names: list[str] = []

    class Names(Visitor):
        def enter(self, node: Node, *_: object) -> VisitorAction:
            if node.loc is None or not node.loc.start <= position < node.loc.end:
                return self.SKIP
            if isinstance(node, (ArgumentNode, ObjectFieldNode)):
                names.append(node.name.value)
            elif isinstance(node, VariableDefinitionNode):
                names.append(node.variable.name.value)
            return None

    visit(document, Names())
    return ".".join(names)


_NOTHING = DocumentNode(definitions=())
