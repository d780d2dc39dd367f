"""Schema objects that are imported from Python."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path
from typing import Any

from router.checks.errors import CheckInputError


def import_schema(reference: str) -> Any:  # noqa: ANN401 (whatever the module holds)
    """What `package.module:attribute` names; the attribute is `schema` unless it says otherwise.

    Modules are looked for in the working directory too.

    Raises:
        CheckInputError: There is no such thing, or importing it failed; says where.
    """
    module_name, _, attribute = reference.partition(":")
    attribute = attribute or "schema"
    if str(Path.cwd()) not in sys.path and "" not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # the console script does not have it, unlike `-m`
    try:
        return getattr(importlib.import_module(module_name), attribute)
    except ModuleNotFoundError as error:
        if error.name is not None and module_name.startswith(error.name):
            msg = (
                f"{reference}: there is no module {error.name} in the working directory "
                "or on PYTHONPATH"
            )
            raise CheckInputError(msg) from error
        raise _import_failure(reference, error) from error
    except AttributeError as error:
        if getattr(error, "name", None) == attribute:
            msg = f"{reference}: {module_name} has no {attribute}"
            raise CheckInputError(msg) from error
        raise _import_failure(reference, error) from error
    except (Exception, SystemExit) as error:  # Border: the module is not ours.
        raise _import_failure(reference, error) from error


def failure_in_module(reference: str, error: BaseException) -> CheckInputError:
    """What a schema object raised, with the innermost line that did."""
    return _failure(f"{reference} cannot tell its SDL", error)


def _import_failure(reference: str, error: BaseException) -> CheckInputError:
    return _failure(f"{reference} cannot be imported", error)


def _failure(what: str, error: BaseException) -> CheckInputError:
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError):
        return CheckInputError(f"{what}: {error.filename}:{error.lineno}: {error.msg}")
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "importlib" not in f.filename]
    if len(frames) > 1:
        reason = f"{frames[-1].filename}:{frames[-1].lineno}: {reason}"
    return CheckInputError(f"{what}: {reason}")
