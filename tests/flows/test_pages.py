"""What README and the documentation show is run: each page's commands in one shell, its Python, its queries."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from langgraph_server.embedded import account
from tests.support import databases, staying
from tests.support.documented import ROOT
from tests.support.installation import Installation, installed
from tests.support.javascript import installed_scripts
from tests.support.pages import PAGES, Block, blocks, commands

pytestmark = pytest.mark.timeout(300)

THREAD = "0f0e9c1e-5a52-4c27-9f3c-a2b1d3c4e5f6"
ALL = [block for page in PAGES for block in blocks(page)]
#: Commands that are not run here, the reason, and what is run in their place.
ELSEWHERE = {
    r"make \w+": ("it makes, serves or tests what this run is part of", "make --dry-run {target}"),
    r"docker |SECRET_KEY=.* docker ": ("needs Docker; test_manifests asks compose and hadolint", "true"),
    r"langgraph build": ("needs Docker", "true"),
    r"helm ": ("needs a cluster; test_manifests renders the chart", "true"),
    r"systemctl ": ("needs systemd; test_manifests asks systemd-analyze", "true"),
    r"(\S*/)?pip install|python3 -m venv": ("no release is published; tests/packaging installs the wheel", "true"),
    r"pytest$": ("tests/packaging runs the plugin in a project of its own", "true"),
    r"SCREENSHOTS=": ("needs a browser; tests/browser runs itself", "pytest --collect-only -q tests/browser"),
    r"python -m benchmarks": ("takes minutes", "python -m benchmarks --help"),
    r"langgraph-server createsuperuser": (
        "asks at a terminal",
        "DJANGO_SUPERUSER_PASSWORD=x langgraph-server createsuperuser --noinput --username eve --email eve@example.com",
    ),
}
#: What has to be there before a command can do what it says.
BEFORE = {
    "langgraph-server apikey create --user": "DJANGO_SUPERUSER_PASSWORD=x langgraph-server createsuperuser --noinput "
    "--username ada --email ada@example.com",
    "pg_restore": 'export DATABASE_URI="$RESTORED_URI"',
    "langgraph-server import": "langgraph-server erase --owner user:7 --yes",
}
#: What is made up on a page, and what stands for it here.
INSTEAD = {
    "lgs_2f6c0d9a41b7": "lgs_$(langgraph-server apikey list | cut -d ' ' -f 1 | sed -n 1p)",
    "http://127.0.0.1:2024": "$SERVER_URL",
    " /some/folder": " $PWD",
    "--processes 4": "--processes 2",
    "--processes 3": "--processes 2",
}
#: Python that is compiled and not run.
FRAGMENTS = {
    "examples/real_model/README.md": "needs the key of a provider",
    "docs/how-to/test-your-graphs.md": "tests/packaging runs it with the plugin",
}
#: Queries on tables that are not ours, and who runs them.
FOREIGN = {"docs/how-to/migrate-from-aegra.md": "test_move_from_aegra.py"}
#: What stays takes seconds to start: said again, word by word, on a later page, it is not started again.
STARTED: dict[str, str] = {}
SCRIPT = [block for block in ALL if block.language == "python" and not re.match(r"# \S+\.py\n", block.text)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples, and the quickstart's graph beside them."""
    folder = tmp_path_factory.mktemp("pages") / "application"
    shutil.copytree(ROOT / "examples", folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    (graph,) = [block for block in SCRIPT if block.page == "docs/quickstart.md" and "StateGraph" in block.text]
    (folder / "agent.py").write_text(graph.text)
    document = json.loads((folder / "langgraph.json").read_text())
    document["graphs"]["agent"] = "./agent.py:graph"
    (folder / "langgraph.json").write_text(json.dumps(document))
    return folder


@pytest.fixture(scope="module")
def live(folder: Path) -> Iterator[Installation]:
    with installed(folder.parent, settings={"LANGGRAPH_CONFIG": str(folder / "langgraph.json")}) as installation:
        installation.start()
        with installation.sync_client() as client:
            client.threads.create(thread_id=THREAD, metadata={"owner": "user:7"})
        yield installation


@pytest.fixture
def session(live: Installation, folder: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a shell: our commands on its path, and services to work on."""
    shim = tmp_path / "langgraph-server"
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} {staying.__file__} "$@"\n')
    shim.chmod(0o755)
    (tmp_path / "application/.venv").mkdir(parents=True)
    (tmp_path / "application/.venv/bin").symlink_to(tmp_path)
    shutil.copytree(folder, tmp_path / "application", dirs_exist_ok=True)
    programs = (tmp_path, Path(sys.executable).parent, account.binaries())
    return {
        **live.environment,
        "PATH": os.pathsep.join([*map(str, programs), os.environ["PATH"]]),
        "REAL_LANGGRAPH_SERVER": str(Path(sys.executable).with_name("langgraph-server")),
        "LANGGRAPH_CONFIG": str(tmp_path / "application/langgraph.json"),
        # Which the settings module of a page needs.
        "PYTHONPATH": str(tmp_path / "application"),
        "SECRET_KEY": "of the pages: " + "0123456789" * 4,
        "SERVER_URL": live.url,
        "LOG_JSON": "false",
        "MAINTENANCE_URI": databases.named(live.database_uri, "postgres"),
        "RESTORED_URI": databases.named(live.database_uri, "langgraph"),
    }


def shells(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.language in {"sh", "shell"}]


def script(page: Path) -> str:
    lines = ["set -euo pipefail", "set -x"]
    for block in shells(page):
        for command in commands(block):
            lines += typed(command, str(block))
    return "\n".join(lines)


def typed(command: str, place: str) -> Iterator[str]:
    for pattern, (_, instead) in ELSEWHERE.items():
        if re.match(pattern, command):
            target = command.split()[1] if command.startswith("make ") else ""
            yield f"(cd {ROOT} && {instead.format(target=target)})"
            return
    yield from (first for start, first in BEFORE.items() if command.startswith(start))
    for made_up, real in INSTEAD.items():
        command = command.replace(made_up, real)
    if re.match(r"langgraph-server (web|worker|beat)", command) and STARTED.setdefault(command, place) != place:
        return
    # Of a block that sets variables only, the programs of the page shall see them.
    yield f"export {command}; langgraph-server check" if re.fullmatch(r"LANGGRAPH_\w+=\S+", command) else command


def write_files(page: Path, application: Path) -> None:
    for block in blocks(page):
        if named := re.match(r"# (\S+\.py)\n", block.text):
            file = application / named[1]
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.text)
            (file.parent / "__init__.py").touch()
            (file.parent / "pages.py").write_text("urlpatterns = []\n")


@pytest.mark.parametrize("page", [page for page in PAGES if shells(page)], ids=lambda page: str(page.relative_to(ROOT)))
def test_a_pages_commands_do_what_they_say(page: Path, session: dict[str, str], tmp_path: Path) -> None:
    write_files(page, tmp_path / "application")

    try:
        done = subprocess.run(
            ["bash", "-c", script(page)],
            cwd=tmp_path / "application",
            env=session,
            input="user:7\n",
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    finally:
        name = SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier("langgraph"))
        databases.execute(make_conninfo(session["MAINTENANCE_URI"]), name.as_string())

    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-5000:]}"


@pytest.mark.parametrize("block", SCRIPT, ids=str)
def test_a_pages_python_runs(block: Block, live: Installation, tmp_path: Path) -> None:
    if block.page in FRAGMENTS:
        compile(block.text, str(block), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        return
    ours = re.sub(r"http://(127\.0\.0\.1:2024|old:8123|new:8000)", live.url, block.text)
    given = f"from langgraph_sdk import get_sync_client\nclient = get_sync_client(url={live.url!r})\n"
    file = tmp_path / "script.py"
    # A line or two out of the middle has the page's client.
    file.write_text(ours if "import " in ours else given + ours.replace(THREAD, THREAD[::-1]))

    done = subprocess.run([sys.executable, file], capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    for line in shown_after(block):
        assert line in done.stdout


def shown_after(block: Block) -> list[str]:
    """What the page says that is printed: the block of no language between this one and the next."""
    page = blocks(ROOT / block.page)
    place = page.index(block)
    return page[place + 1].text.splitlines() if page[place + 1 :] and not page[place + 1].language else []


def test_the_readmes_javascript_runs(live: Installation, request: pytest.FixtureRequest) -> None:
    packages = installed_scripts(ROOT / "tests/javascript", request.config)
    (block,) = [block for block in ALL if block.language == "js"]
    (packages / "readme.mjs").write_text(block.text.replace("http://127.0.0.1:2024", live.url))

    done = subprocess.run(["node", "readme.mjs"], cwd=packages, capture_output=True, text=True, timeout=90, check=False)

    assert done.returncode == 0, done.stderr
    assert "Paris" in done.stdout
    assert done.stdout.endswith("Shall I send this?\nsent\n")


@pytest.mark.parametrize("block", [block for block in ALL if block.language == "sql"], ids=str)
def test_a_pages_queries_are_understood(block: Block, live: Installation) -> None:
    if block.page in FOREIGN:
        assert (Path(__file__).parent / FOREIGN[block.page]).exists()
        return
    for query in block.text.split(";\n"):
        live.rows(f"{query} LIMIT 1") if query.strip() else []


READERS: dict[str, Any] = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}


@pytest.mark.parametrize("block", [block for block in ALL if block.language in READERS], ids=str)
def test_a_pages_documents_are_well_formed(block: Block) -> None:
    assert READERS[block.language](block.text)


def test_every_block_is_of_a_kind_that_is_looked_at() -> None:
    known = {"sh", "shell", "python", "js", "sql", "text", *READERS}
    other = [str(block) for block in ALL if block.language not in known and block.language not in {"", "nginx"}]
    # Output that a script is held against.
    unread = [block for block in ALL if not block.language and block.text not in OUTPUTS]

    assert other == [str(block) for block in ALL if block.language == "dockerfile"]
    assert unread == []


OUTPUTS = {"\n".join([*shown_after(block), ""]) for block in SCRIPT if shown_after(block)}
