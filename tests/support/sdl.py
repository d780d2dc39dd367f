"""Compare SDL by what it says, not by how it is laid out."""

from dataclasses import fields, replace
from typing import Any

from graphql import DocumentNode, Node, StringValueNode, Visitor, parse, print_ast, visit


class _Sort(Visitor):
    """Sort every list of a document; `extend schema` and `schema` say the same here."""

    def leave(self, node: Node, *_: object) -> Node | None:
        changes: dict[str, Any] = {}
        if isinstance(node, StringValueNode):
            changes["block"] = False
        for field in fields(node):
            value = getattr(node, field.name)
            if isinstance(value, tuple) and all(isinstance(item, Node) for item in value):
                changes[field.name] = tuple(sorted(value, key=_sort_key))
        return replace(node, **changes) if changes else None


def _sort_key(node: Node) -> str:
    name = getattr(node, "name", None)
    return f"{name.value if name else ''} {print_ast(node)}"


def sorted_sdl(sdl: str) -> str:
    """The document with all its lists in one order, printed."""
    document = visit(parse(sdl, no_location=True), _Sort())
    assert isinstance(document, DocumentNode)
    return "\n\n".join(
        print_ast(definition)
        for definition in document.definitions
        if definition.kind not in {"schema_definition", "schema_extension"}
    )


def links(sdl: str) -> list[str]:
    """The `@link` directives, wherever the schema carries them."""
    document = visit(parse(sdl, no_location=True), _Sort())
    return [
        print_ast(directive)
        for definition in document.definitions
        if definition.kind in {"schema_definition", "schema_extension"}
        for directive in definition.directives
    ]
