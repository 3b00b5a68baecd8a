"""Turn `./path/file.py:name` or `package.module:name` into the object it names."""

import importlib
import os
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from langgraph_server.config import modules
from langgraph_server.errors import ConfigurationError

IMPORT_MACHINERY = ("<frozen importlib", importlib.__file__, modules.__file__, __file__)


def import_object(reference: str, root: Path) -> Any:
    """Fails with an error that shows where in the application's own code the import went wrong."""
    where, _, name = reference.rpartition(":")
    if not where or not name:
        raise ConfigurationError(f"'{reference}' names no object: write './path/file.py:name' or 'package.module:name'")
    try:
        module = find_module(where, root)
    except ConfigurationError:
        raise
    except Exception as error:
        raise ConfigurationError(f"Cannot import '{reference}': {account(error, root)}") from error
    return attribute(module, name, reference)


def find_module(where: str, root: Path) -> ModuleType:
    if "/" not in where and not where.endswith(".py"):
        return importlib.import_module(where)
    file = Path(os.path.abspath(root / where))
    if not file.is_file():
        raise ConfigurationError(f"Cannot import '{where}': {file} does not exist")
    return modules.import_file(file, root)


def attribute(module: ModuleType, name: str, reference: str) -> object:
    try:
        found: object = getattr(module, name)
    except AttributeError:
        raise ConfigurationError(
            f"Cannot import '{reference}': {module.__file__} has no '{name}'. "
            f"It offers: {', '.join(offered(module)) or 'nothing'}"
        ) from None
    return found


def offered(module: ModuleType) -> list[str]:
    return sorted(
        name for name, value in vars(module).items() if not name.startswith("_") and not isinstance(value, ModuleType)
    )


def account(error: Exception, root: Path) -> str:
    frames = application_frames(error, root)
    report = traceback.TracebackException.from_exception(error)
    report.stack = traceback.StackSummary.from_list(frames)
    return f"{place(error, frames)}{type(error).__name__}: {error}\n{''.join(report.format(chain=False))}"


def place(error: Exception, frames: list[traceback.FrameSummary]) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}: "
    return f"{frames[-1].filename}, line {frames[-1].lineno}: " if frames else ""


def application_frames(error: Exception, root: Path) -> list[traceback.FrameSummary]:
    """The frames below the root, or those of other packages when the application is installed elsewhere."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(IMPORT_MACHINERY)
    ]
    below = [frame for frame in frames if is_application(Path(frame.filename), root)]
    return below or frames


def is_application(file: Path, root: Path) -> bool:
    return file.is_relative_to(root) and "site-packages" not in file.parts
