"""What a configuration depends on, in a form that is equal as long as nothing has changed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from router.checks.configuration import read_configuration
from router.checks.errors import CheckInputError
from router.checks.files import read_file
from router.checks.subgraph_sources import sdl_of_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.checks.configuration import SubgraphEntry


def fingerprint(configuration: Path) -> tuple[str, ...]:
    """Of the configuration, its files, the Python files of its modules and what endpoints say.

    What cannot be read counts as empty: composing says what is wrong with it.
    """
    try:
        text = read_file(configuration)
        entries = read_configuration(configuration, text)
    except CheckInputError as error:
        return (str(error),)
    return (text, *(part for entry in entries for part in _parts(entry, configuration.parent)))


def _parts(entry: SubgraphEntry, folder: Path) -> Iterator[str]:
    match entry.kind:
        case "file":
            yield _state(folder / entry.source)
        case "module":
            yield from (_state(file) for file in _python_files(entry.source))
        case "subgraph_url":
            try:
                yield sdl_of_endpoint(entry.source)
            except CheckInputError:
                yield ""
        case "sdl":
            pass


def _python_files(reference: str) -> list[Path]:
    """The package that holds a module, all of it: a schema is made of many modules."""
    top = reference.partition(":")[0].partition(".")[0]
    found = importlib.util.find_spec(top)  # finds, does not import
    if found is None:
        return []
    folders = [Path(folder) for folder in found.submodule_search_locations or ()]
    files = sorted(file for folder in folders for file in folder.rglob("*.py"))
    return files or ([Path(found.origin)] if found.origin else [])


def _state(path: Path) -> str:
    try:
        state = path.stat()
    except OSError:
        return f"{path}: not there"
    return f"{path}: {state.st_mtime_ns} {state.st_size}"
