"""Explain: why a fetch is in the plan, and what would remove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.federation.field_set import print_field_set
from router.planning.plan_json import path_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from router.planning.fetch_graph import Part
    from router.planning.selection_tree import Tree


def explain(parts: Iterable[Part]) -> str:
    """One sentence for each part of a request, each once."""
    return "; ".join(dict.fromkeys(_sentence(part) for part in parts))


def _sentence(part: Part) -> str:
    fields = _listed(_top_fields(part.tree))
    entry = part.way.entry
    if entry is None:
        if not part.path:
            return f"root fields {fields}"
        where = ".".join(path_json(part.path))
        return f"root fields {fields} at {where}, where the query type is entered again"
    type_name = entry.move.target.type_name
    text = f"{type_name}.{fields} by the key {entry.key.text!r}"
    sources = _listed(sorted({other.subgraph for other in part.depends_on}))
    if entry.required_by is None:
        return f"{text}; {sources} would save it by resolving or providing {fields}"
    if entry.contexts:
        names = _listed(context.argument.context for context in entry.contexts)
        text += f", with arguments of {entry.required_by} from the context {names}"
    if not entry.requires:
        return text
    required = print_field_set(entry.requires)
    text += f" and {required!r}, which {entry.required_by} requires"
    if any(other.subgraph == part.subgraph for other in part.depends_on):
        return f"{text}; without that @requires {part.subgraph} would answer it before"
    return text


def _top_fields(tree: Tree) -> Iterator[str]:
    for field in tree.fields.values():
        if field.name != "__typename" or len(tree.fields) == 1:
            yield field.name
    for fragment in tree.fragments.values():
        yield from _top_fields(fragment)


def _listed(names: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(names)) or ["__typename"]
    if len(distinct) == 1:
        return distinct[0]
    return f"{{{', '.join(distinct)}}}"
