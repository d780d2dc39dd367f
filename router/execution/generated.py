"""Python functions made from lines of code, for what runs once per object of every answer.

Of anybody's text the code holds only names and response keys, as literals made by `repr()`; every
other value is passed in by name.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType

    from router.execution.json_value import JsonValue


class FunctionCode:
    """Lines of one function under construction.

    Attributes:
        depth: Levels by which the next line is indented.
        names: What the code's names stand for.
    """

    def __init__(self, signature: str) -> None:
        self._name = signature.partition("(")[0]
        self._lines = [f"def {signature}:"]
        self.names: dict[str, Any] = {}
        self.depth = 1

    def line(self, text: str) -> None:
        """Add a line."""
        self._lines.append("    " * self.depth + text)

    def block(self, text: str) -> None:
        """Add a line that opens a block; the lines that follow stand in it."""
        self.line(text)
        self.depth += 1

    def value(self, value: JsonValue) -> str:
        """A name that stands for a value."""
        name = f"value_{len(self.names)}"
        self.names[name] = value
        return name

    def compile(self) -> Any:  # noqa: ANN401 - the caller knows the signature it wrote
        """The function."""
        exec(_compiled("\n".join(self._lines)), self.names)  # noqa: S102 - see the module's docstring
        return self.names[self._name]


@lru_cache(maxsize=1024)
def _compiled(text: str) -> CodeType:
    """Operations, and variants of one even more, have many functions in common."""
    return compile(text, "<generated>", "exec")
