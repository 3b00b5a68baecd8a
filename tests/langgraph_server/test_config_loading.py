"""Finding and reading langgraph.json, and preparing the process for the application."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from langgraph_server.config.document import ServerConfig
from langgraph_server.config.loading import OUR_HOME, OUR_PACKAGES, prepare_application, server_config
from langgraph_server.errors import ConfigurationError

CONFIG = {"graphs": {"chat": "./graphs.py:chat"}, "store": {"path": "./store.py:items"}}

WriteApplication = Callable[..., Path]


def test_the_file_is_named_by_a_variable(write_application: WriteApplication) -> None:
    root = write_application({}, config=CONFIG)

    assert server_config().root == root
    assert server_config().graphs["chat"].path == "./graphs.py:chat"


def test_without_a_variable_the_file_is_in_the_working_directory(
    write_application: WriteApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_application({}, config=CONFIG)
    monkeypatch.delenv("LANGGRAPH_CONFIG")
    monkeypatch.chdir(root)

    assert server_config().root == root


def test_the_file_is_read_once(write_application: WriteApplication) -> None:
    write_application({}, config=CONFIG)

    assert server_config() is server_config()


def test_a_variable_replaces_the_same_key_of_the_file(
    write_application: WriteApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_application({}, config=CONFIG)
    monkeypatch.setenv("LANGGRAPH_STORE", '{"ttl": {"default_ttl": 5}}')
    monkeypatch.setenv("LANGGRAPH_HTTP", "")

    assert server_config().store == {"ttl": {"default_ttl": 5}}
    assert server_config().http == {}


def test_graphs_in_a_variable_need_no_file(
    write_application: WriteApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_application({})
    monkeypatch.delenv("LANGGRAPH_CONFIG")
    monkeypatch.chdir(root)
    monkeypatch.setenv("LANGSERVE_GRAPHS", '{"Deep Researcher": "/deps/app/graph.py:graph"}')

    assert server_config().root == root
    assert list(server_config().graphs) == ["Deep Researcher"]


def test_a_file_that_is_named_must_exist(write_application: WriteApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_application({})
    monkeypatch.setenv("LANGSERVE_GRAPHS", '{"chat": "./graphs.py:chat"}')

    with pytest.raises(ConfigurationError, match=f"{root}/langgraph.json does not exist"):
        server_config()


def test_broken_json_is_shown_with_its_line_and_column(write_application: WriteApplication) -> None:
    write_application({"langgraph.json": '{\n  "graphs": nothing\n}'})

    with pytest.raises(ConfigurationError, match=r"langgraph.json is not JSON: .* at line 2, column 13"):
        server_config()


def test_broken_json_in_a_variable_names_the_variable(
    write_application: WriteApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_application({}, config=CONFIG)
    monkeypatch.setenv("LANGGRAPH_AUTH", "./auth.py:auth")

    with pytest.raises(ConfigurationError, match=r"LANGGRAPH_AUTH is not JSON: .* line 1, column 1"):
        server_config()


def test_a_document_that_is_no_object_is_refused(write_application: WriteApplication) -> None:
    write_application({"langgraph.json": "[]"})

    with pytest.raises(ConfigurationError, match=r"langgraph.json: must be an object, not list"):
        server_config()


def test_a_wrong_key_is_named_with_every_place_it_may_come_from(
    write_application: WriteApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_application({}, config=CONFIG)
    monkeypatch.setenv("LANGGRAPH_STORE", '"postgres"')

    with pytest.raises(ConfigurationError, match=r"langgraph.json, LANGGRAPH_STORE: store: must be an object"):
        server_config()


def test_the_environment_may_be_a_file(write_application: WriteApplication) -> None:
    write_application({".env": "# keys\nTOKEN='abc'\nUNSET\n"}, config={**CONFIG, "env": ".env"})

    assert server_config().env == {"TOKEN": "abc"}


def test_an_environment_file_must_exist(write_application: WriteApplication) -> None:
    root = write_application({}, config={**CONFIG, "env": "./.env"})

    with pytest.raises(ConfigurationError, match=f"env: {root}/.env does not exist"):
        server_config()


def test_the_root_and_local_dependencies_become_importable(write_application: WriteApplication) -> None:
    root = write_application(
        {"lib/src/helpers/__init__.py": "", "plain/src/__init__.py": ""},
        config={**CONFIG, "dependencies": [".", "./lib", "./plain", "httpx>=0.27"]},
    )
    before = len(sys.path)

    prepare_application(server_config())

    assert sys.path[before:] == [str(root / part) for part in ("", "lib", "lib/src", "plain")]


def test_preparing_twice_changes_nothing(write_application: WriteApplication) -> None:
    write_application({}, config=CONFIG)
    prepare_application(server_config())
    before = [*sys.path]

    prepare_application(server_config())

    assert sys.path == before


def test_a_dependency_folder_must_exist(write_application: WriteApplication) -> None:
    write_application({}, config={**CONFIG, "dependencies": ["./lib"]})

    with pytest.raises(ConfigurationError, match=r"dependencies: './lib' is not a folder"):
        prepare_application(server_config())


def test_variables_already_set_win(write_application: WriteApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    write_application({}, config={**CONFIG, "env": {"OLD_TOKEN": "file", "NEW_TOKEN": "file"}})
    monkeypatch.setenv("OLD_TOKEN", "process")

    prepare_application(server_config())

    assert (os.environ["OLD_TOKEN"], os.environ["NEW_TOKEN"]) == ("process", "file")


@pytest.mark.parametrize("module", ["threads.py", "store/__init__.py", "crons/daily.py"])
def test_a_module_that_the_server_would_shadow_is_refused(write_application: WriteApplication, module: str) -> None:
    root = write_application({module: ""}, config=CONFIG)
    name = module.split("/")[0].removesuffix(".py")

    with pytest.raises(ConfigurationError, match=f"(?s){root}/{module} .*Rename .*'app_{name}'"):
        prepare_application(server_config())


def test_a_folder_of_data_may_have_any_name(write_application: WriteApplication) -> None:
    write_application({"store/items.json": "{}"}, config=CONFIG)

    prepare_application(server_config())


def test_our_own_folder_may_be_the_root(write_application: WriteApplication) -> None:
    write_application({})

    prepare_application(ServerConfig(root=OUR_HOME, graphs={}))


def test_every_package_at_our_home_is_reserved() -> None:
    packages = {folder.parent.name for folder in OUR_HOME.glob("*/__init__.py")}

    assert packages - {"benchmarks", "examples", "tests"} == set(OUR_PACKAGES)
