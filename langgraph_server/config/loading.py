"""Find and read langgraph.json once, and give the process the import path and environment it asks for."""

import functools
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from langgraph_server.config.document import ServerConfig, parse
from langgraph_server.config.importing import import_object
from langgraph_server.errors import ConfigurationError
from langgraph_server.variables import application

#: Variables that replace a key, and the key.
VARIABLES = {variable.name: key for key, variable in application.KEYS.items()}
OUR_HOME = Path(__file__).resolve().parents[2]
OUR_PACKAGES = ("assistants", "crons", "langgraph_server", "runs", "store", "threads", "webhooks")


@functools.cache
def server_config() -> ServerConfig:
    file = Path(os.environ.get("LANGGRAPH_CONFIG") or "langgraph.json").resolve()
    replaced = {name: text for name in VARIABLES if (text := os.environ.get(name, "").strip())}
    document, root = file_document(file, optional="LANGSERVE_GRAPHS" in replaced)
    for name, text in replaced.items():
        document[VARIABLES[name]] = parsed(text, name)
    if isinstance(document.get("env"), str):
        document["env"] = env_file(root / document["env"])
    try:
        return parse(document, root)
    except ConfigurationError as error:
        # A key may come from any of these, so all are named.
        raise ConfigurationError(f"{', '.join([str(file), *replaced])}: {error}") from error


def prepare_application(config: ServerConfig) -> None:
    """Make the application importable and give it its environment. Doing it twice changes nothing."""
    for folder in import_folders(config):
        refuse_shadowed_modules(folder)
        # At the end: an application must not replace a module that the server itself imports.
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    for name, value in config.env.items():
        os.environ.setdefault(name, value)


def application_object(reference: str, config: ServerConfig) -> Any:
    """What a key of langgraph.json names, with the application importable. Raises ConfigurationError."""
    prepare_application(config)
    return import_object(reference, config.root)


def import_folders(config: ServerConfig) -> Iterator[Path]:
    yield config.root
    for dependency in config.dependencies:
        if not dependency.startswith("."):
            continue
        folder = (config.root / dependency).resolve()
        if not folder.is_dir():
            raise ConfigurationError(f"dependencies: '{dependency}' is not a folder of {config.root}")
        yield folder
        if (folder / "src").is_dir() and not (folder / "src/__init__.py").exists():
            yield folder / "src"


def refuse_shadowed_modules(folder: Path) -> None:
    if folder == OUR_HOME:
        return
    for name in OUR_PACKAGES:
        for module in (folder / f"{name}.py", *sorted((folder / name).glob("*.py"))):
            if module.exists():
                raise ConfigurationError(
                    f"{module} cannot be imported: the server has a package named '{name}' of its own. "
                    f"Rename the application's '{name}', for example to 'app_{name}'."
                )


def file_document(file: Path, *, optional: bool) -> tuple[dict[str, Any], Path]:
    """The file's document and the folder its relative paths start from."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if optional and not os.environ.get("LANGGRAPH_CONFIG"):
            return {}, Path.cwd()
        raise ConfigurationError(
            f"{file} does not exist. Name the file in LANGGRAPH_CONFIG, or the graphs in LANGSERVE_GRAPHS."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
    document = parsed(text, str(file))
    if not isinstance(document, dict):
        raise ConfigurationError(f"{file}: must be an object, not {type(document).__name__}")
    return document, file.parent


def parsed(text: str, source: str) -> object:
    try:
        document: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigurationError(
            f"{source} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from error
    return document


def env_file(file: Path) -> Mapping[str, str]:
    if not file.is_file():
        raise ConfigurationError(f"env: {file} does not exist")
    return {name: value for name, value in dotenv_values(file).items() if value is not None}
