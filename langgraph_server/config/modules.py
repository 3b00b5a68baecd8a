"""Import a file as a module, under the name the application itself would use for it.

Checkpoints and pickles store a class by its module's name, so the name must be the same in every process and
on every machine: the dotted name on the import path where that leads to the file, else one made of the path
below the root.
"""

import importlib
import importlib.util
import os
import re
import sys
import zlib
from pathlib import Path
from types import ModuleType


def import_file(file: Path, root: Path) -> ModuleType:
    name = natural_name(file)
    return import_aside(file, root) if name is None else importlib.import_module(name)


def natural_name(file: Path) -> str | None:
    for folder in import_folders_above(file):
        parts = dotted_parts(file, folder)
        if parts and not any("." in part for part in parts) and leads_to(folder, parts[0]):
            return ".".join(parts)
    return None


def import_folders_above(file: Path) -> list[Path]:
    """Folders that are packages come last: a module named from inside its package has no relatives."""
    on_path = {Path(os.path.abspath(entry)) for entry in sys.path}
    return sorted((folder for folder in file.parents if folder in on_path), key=is_package)


def leads_to(folder: Path, name: str) -> bool:
    """Looks only at the top of the dotted name, because looking deeper would run the application's code."""
    try:
        spec = importlib.util.find_spec(name)
    except ValueError:  # `__main__` and other modules without a spec
        return False
    if spec is None:
        return False
    places = spec.submodule_search_locations or [spec.origin or ""]
    return any(Path(os.path.abspath(place)) in (folder / name, folder / f"{name}.py") for place in places)


def import_aside(file: Path, root: Path) -> ModuleType:
    """Import under a name of our own: the natural one is taken, or no import folder leads here."""
    package = package_of(file)
    top = package or file
    name = aside_name(top, root)
    if name not in sys.modules:
        execute(name, top)
    return importlib.import_module(".".join([name, *(dotted_parts(file, package) if package else ())]))


def aside_name(top: Path, root: Path) -> str:
    relative = os.path.relpath(top, root)
    legible = re.sub(r"\W", "_", relative)
    return f"app_{legible}_{zlib.crc32(relative.encode()):08x}"


def execute(name: str, top: Path) -> None:
    file = top / "__init__.py" if top.is_dir() else top
    inside = [str(top)] if top.is_dir() else None
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=inside)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    # Before it runs: dataclasses, type hints and pickles look the module up while its classes are made.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def package_of(file: Path) -> Path | None:
    """The outermost package the file belongs to."""
    outermost = None
    for folder in file.parents:
        if not is_package(folder):
            break
        outermost = folder
    return outermost


def dotted_parts(file: Path, folder: Path) -> tuple[str, ...]:
    parts = file.relative_to(folder).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def is_package(folder: Path) -> bool:
    return (folder / "__init__.py").exists()
