"""At most one try at a credential in a request: aliases must not multiply guesses."""

from graphql import (
    ASTValidationRule,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

CREDENTIAL_MUTATIONS = frozenset({"login", "register", "refreshTokens"})


class OneCredentialMutation(ASTValidationRule):
    """Refuses the whole document, before any password is checked."""

    def enter_operation_definition(self, node: OperationDefinitionNode, *_place: object) -> None:
        if node.operation is not OperationType.MUTATION:
            return
        fields = self._credential_fields(node.selection_set, set())
        if len(fields) > 1:
            self.report_error(
                GraphQLError(
                    "At most one of login, register and refreshTokens is allowed in a request.",
                    fields,
                    extensions={"code": "BATCH_NOT_ALLOWED"},
                )
            )

    def _credential_fields(
        self, selection_set: SelectionSetNode, visited: set[str]
    ) -> list[FieldNode]:
        found: list[FieldNode] = []
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                if selection.name.value in CREDENTIAL_MUTATIONS:
                    found.append(selection)
            elif isinstance(selection, FragmentSpreadNode):
                fragment = self.context.get_fragment(selection.name.value)
                if fragment is not None and fragment.name.value not in visited:
                    visited.add(fragment.name.value)
                    found += self._credential_fields(fragment.selection_set, visited)
            elif isinstance(selection, InlineFragmentNode):
                found += self._credential_fields(selection.selection_set, visited)
        return found
