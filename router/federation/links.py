"""`@link`: which specifications a schema uses, and what it calls their elements.

Source: https://specs.apollo.dev/link/v1.0
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from router.federation.values import EnumText, Value

_VERSION = re.compile(r"v(\d+)\.(\d+)\Z")
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*\Z")


class LinkError(Exception):
    """A use of `@link` that cannot be understood.

    Attributes:
        is_bad_url: The url is no specification url; otherwise another argument is wrong.
    """

    def __init__(self, message: str, *, is_bad_url: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.is_bad_url = is_bad_url


@dataclass(frozen=True, slots=True)
class Import:
    """`{name: "@key", as: "@pk"}`: both with the @ of directives."""

    name: str
    alias: str

    @property
    def is_directive(self) -> bool:
        return self.name.startswith("@")


@dataclass(frozen=True, slots=True)
class Link:
    """One `@link`.

    Attributes:
        identity: The url without the version.
        name: Of the specification, "federation".
        prefix: What elements that are not imported are prefixed with.
    """

    url: str
    identity: str
    name: str
    version: tuple[int, int]
    prefix: str
    imports: tuple[Import, ...] = ()
    purpose: str | None = None
    offset: int = -1

    def directive(self, name: str) -> str:
        """What this schema calls the directive `@name` of the specification."""
        for element in self.imports:
            if element.name == f"@{name}":
                return element.alias[1:]
        return self.prefix if name == self.name else f"{self.prefix}__{name}"

    def type(self, name: str) -> str:
        for element in self.imports:
            if element.name == name:
                return element.alias
        return f"{self.prefix}__{name}"


@dataclass(slots=True)
class Links:
    """All links of a schema, by identity."""

    by_identity: dict[str, Link] = field(default_factory=dict)

    def source_of_directive(self, name: str) -> tuple[Link, str] | None:
        """Which link brings `@name`, and its name in that specification.

        An imported name goes before a prefixed one. None: the schema's own directive.
        """
        for link in self.by_identity.values():
            for element in link.imports:
                if element.is_directive and element.alias == f"@{name}":
                    return link, element.name[1:]
        for link in self.by_identity.values():
            if name == link.prefix:
                return link, link.name
            if name.startswith(f"{link.prefix}__"):
                return link, name.removeprefix(f"{link.prefix}__")
        return None


def parse_link(arguments: dict[str, Value], offset: int) -> Link:
    """Read the arguments of one `@link`.

    Raises:
        LinkError: An argument has the wrong form.
    """
    url = arguments.get("url")
    if not isinstance(url, str) or isinstance(url, EnumText):
        msg = "@link needs a string as url"
        raise LinkError(msg, is_bad_url=False)
    identity, name, version = _parse_url(url)
    prefix = arguments.get("as") or name
    if not isinstance(prefix, str) or not _NAME.match(prefix):
        msg = f'@link(url: "{url}"): as must be a name'
        raise LinkError(msg)
    purpose = arguments.get("for")
    if purpose is not None and not (
        isinstance(purpose, EnumText) and purpose in {"SECURITY", "EXECUTION"}
    ):
        msg = f'@link(url: "{url}"): for must be SECURITY or EXECUTION'
        raise LinkError(msg)
    imports = _parse_imports(arguments.get("import"), url)
    return Link(url, identity, name, version, prefix, imports, purpose, offset)


def _parse_url(url: str) -> tuple[str, str, tuple[int, int]]:
    try:
        parts = urlsplit(url)
    except ValueError:
        msg = f'Invalid url "{url}" in @link'
        raise LinkError(msg, is_bad_url=True) from None
    if not parts.scheme:
        msg = f'"{url}" in @link is no url'
        raise LinkError(msg, is_bad_url=True)
    *before, last = parts.path.rstrip("/").split("/")
    match = _VERSION.match(last)
    if match is None:
        msg = f'"{url}" in @link must end with a version of the form v1.2'
        raise LinkError(msg, is_bad_url=True)
    name = before[-1] if before else ""
    if not _NAME.match(name):
        msg = f'"{url}" in @link names no specification'
        raise LinkError(msg, is_bad_url=True)
    identity = f"{parts.scheme}://{parts.netloc}{'/'.join(before)}"
    return identity, name, (int(match[1]), int(match[2]))


def _parse_imports(value: Value, url: str) -> tuple[Import, ...]:
    if value is None:
        return ()
    items = value if isinstance(value, list) else [value]
    return tuple(_parse_import(item, url) for item in items)


def _parse_import(item: Value, url: str) -> Import:
    if isinstance(item, str) and not isinstance(item, EnumText):
        name, alias = item, item
    elif isinstance(item, dict) and isinstance(item.get("name"), str):
        name, alias = item["name"], item.get("as") or item["name"]
        unknown = sorted(item.keys() - {"name", "as"})
        if unknown:
            msg = f'@link(url: "{url}"): unknown field "{unknown[0]}" in an import'
            raise LinkError(msg)
    else:
        msg = f'@link(url: "{url}"): an import must be a string or {{name: "...", as: "..."}}'
        raise LinkError(msg)
    if not isinstance(alias, str) or not all(
        _NAME.match(n.removeprefix("@")) for n in (name, alias)
    ):
        msg = f'@link(url: "{url}"): an import must name a type or a @directive'
        raise LinkError(msg)
    if name.startswith("@") != alias.startswith("@"):
        kind, wanted = ("directive", "start") if name.startswith("@") else ("type", "not start")
        msg = (
            f'@link(url: "{url}"): {kind} "{name}" is imported as "{alias}", '
            f"which must {wanted} with @"
        )
        raise LinkError(msg)
    return Import(name, alias)
