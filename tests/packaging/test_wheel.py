"""What is in the published files, and that what is installed from them works without the sources."""

import tarfile
import zipfile
from importlib.metadata import version
from pathlib import Path

from packaging.version import Version

from tests.packaging.conftest import PACKAGES, ROOT, Built, Installed


def in_sources() -> set[str]:
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts}


def test_the_wheel_has_every_file_of_the_packages_and_no_other(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert names == in_sources()
    assert {f"{package}/py.typed" for package in PACKAGES} <= names


def test_the_source_distribution_has_what_the_wheel_is_built_from(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}

    assert in_sources() | {"pyproject.toml", "README.md", "LICENSE"} <= names


def test_the_version_is_semantic_and_the_one_that_files_and_changelog_say(built: Built) -> None:
    released = version("django-langgraph-server")

    assert str(Version(released)) == released
    assert len(Version(released).release) == 3
    assert f"-{released}-" in built.wheel.name
    assert f"## {released}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_installed_command_is_the_wheels_own_and_serves_nothing_of_the_sources(
    installed_wheel: Installed, tmp_path: Path
) -> None:
    where = installed_wheel.python("import langgraph_server; print(langgraph_server.__file__)", cwd=tmp_path)

    assert Path(where).is_relative_to(installed_wheel.folder)
    assert installed_wheel.command.exists()
