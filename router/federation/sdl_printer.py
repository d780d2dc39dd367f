"""Parts of SDL as text, for everything that prints a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql.language.block_string import is_printable_as_block_string, print_block_string

from router.federation.document import ABSENT
from router.federation.values import print_value

if TYPE_CHECKING:
    from router.federation.document import InputValue
    from router.federation.values import Value


def print_description(text: str | None, indent: str = "") -> str:
    """A description with the line end after it; nothing for none."""
    if not text:
        return ""
    if not is_printable_as_block_string(text):
        return f"{indent}{print_value(text)}\n"
    block = print_block_string(text)
    return "\n".join(f"{indent}{line}" if line else "" for line in block.split("\n")) + "\n"


def print_directive(name: str, arguments: dict[str, Value]) -> str:
    if not arguments:
        return f"@{name}"
    listed = ", ".join(f"{key}: {print_value(value)}" for key, value in arguments.items())
    return f"@{name}({listed})"


def print_input_value(value: InputValue) -> str:
    """An argument or input field without its directives."""
    default = "" if value.default is ABSENT else f" = {print_value(value.default)}"
    return f"{value.name}: {value.type}{default}"
