"""References of langgraph.json as objects, and what is said when they cannot be."""

import dataclasses
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from langgraph_server.config.importing import import_object
from langgraph_server.errors import ConfigurationError

WriteApplication = Callable[..., Path]


def refusal(reference: str, root: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        import_object(reference, root)
    return str(caught.value)


def test_a_name_in_an_installed_module_is_found(tmp_path: Path) -> None:
    assert import_object("dataclasses:field", tmp_path) is dataclasses.field


def test_a_file_on_the_import_path_gets_the_name_its_application_uses(
    write_application: WriteApplication,
) -> None:
    root = write_application({"my_graphs.py": "class State: pass"})
    sys.path.append(str(root))

    state = import_object("./my_graphs.py:State", root)

    assert state.__module__ == "my_graphs"


def test_a_file_in_a_folder_without_init_is_named_from_the_import_path(
    write_application: WriteApplication,
) -> None:
    root = write_application({"my-agents/chat bot/graph.py": "class State: pass"})
    sys.path.append(str(root))

    state = import_object("./my-agents/chat bot/graph.py:State", root)

    assert state.__module__ == "my-agents.chat bot.graph"


def test_relative_imports_work_inside_a_package(write_application: WriteApplication) -> None:
    root = write_application(
        {
            "src/my_agent/__init__.py": "",
            "src/my_agent/words.py": "hello = 'hi'",
            "src/my_agent/graph.py": "from .words import hello\nfrom my_agent.words import hello as again",
        }
    )
    sys.path += [str(root), str(root / "src")]

    assert import_object("./src/my_agent/graph.py:hello", root) == "hi"
    assert "my_agent.graph" in sys.modules


def test_a_package_on_the_import_path_is_not_entered_from_inside(write_application: WriteApplication) -> None:
    root = write_application(
        {
            "my_agent/__init__.py": "",
            "my_agent/words.py": "x = 1",
            "my_agent/graph.py": "from .words import x",
        }
    )
    sys.path += [str(root / "my_agent"), str(root)]

    assert import_object("./my_agent/graph.py:x", root) == 1


def test_a_file_off_the_import_path_gets_a_stable_name_of_its_own(
    write_application: WriteApplication,
) -> None:
    root = write_application({"chat/graph.py": "class State: pass", "mail/graph.py": "class State: pass"})

    chat = import_object("./chat/graph.py:State", root)
    mail = import_object("./mail/graph.py:State", root)

    assert chat.__module__ == "app_chat_graph_py_f0a79b74"
    assert chat is not mail
    assert pickle.loads(pickle.dumps(chat)) is chat


def test_a_file_whose_name_another_module_has_is_still_imported(write_application: WriteApplication) -> None:
    root = write_application({"platform.py": "graph = 'mine'"})
    sys.path.append(str(root))

    assert import_object("./platform.py:graph", root) == "mine"
    assert sys.modules["platform"].__file__ != str(root / "platform.py")


def test_relative_imports_work_in_a_package_whose_name_another_has(
    write_application: WriteApplication,
) -> None:
    package = {"__init__.py": "", "graph.py": "from .words import name\nclass State: pass"}
    folders = {"chat/agent": "chat", "mail/agent": "mail"}
    root = write_application(
        {f"{folder}/{file}": text for folder in folders for file, text in package.items()}
        | {f"{folder}/words.py": f"name = '{name}'" for folder, name in folders.items()}
    )
    sys.path += [str(root / "chat"), str(root / "mail")]

    assert import_object("./chat/agent/graph.py:name", root) == "chat"
    assert import_object("./mail/agent/graph.py:name", root) == "mail"


def test_a_package_itself_may_be_named(write_application: WriteApplication) -> None:
    root = write_application({"my_agent/__init__.py": "graph = 1"})

    assert import_object("./my_agent/__init__.py:graph", root) == 1


def test_an_absolute_path_is_taken_as_it_is(write_application: WriteApplication, tmp_path: Path) -> None:
    root = write_application({"my_graphs.py": "graph = 1"})

    assert import_object(f"{root}/my_graphs.py:graph", tmp_path / "elsewhere") == 1


@pytest.mark.parametrize("importable", [True, False])
def test_two_names_in_one_file_run_it_once(write_application: WriteApplication, importable: bool) -> None:
    root = write_application({"my_graphs.py": "one = two = object()"})
    sys.path += [str(root)] if importable else []

    assert import_object("./my_graphs.py:one", root) is import_object("my_graphs.py:two", root)


def test_type_hints_and_dataclasses_see_their_module_while_it_runs(
    write_application: WriteApplication,
) -> None:
    source = """
from __future__ import annotations
import dataclasses, typing

@dataclasses.dataclass
class State:
    count: typing.ClassVar[int] = 1

hints = typing.get_type_hints(State)
"""
    root = write_application({"my_graphs.py": source})

    assert dataclasses.fields(import_object("./my_graphs.py:State", root)) == ()


@pytest.mark.parametrize("reference", ["graphs", "./graphs.py", "./graphs.py:", ":graph"])
def test_a_reference_without_module_or_name_is_refused(reference: str, tmp_path: Path) -> None:
    assert f"'{reference}' names no object" in refusal(reference, tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert f"{tmp_path}/gone.py does not exist" in refusal("./gone.py:graph", tmp_path)


def test_a_missing_module_is_named(tmp_path: Path) -> None:
    assert "Cannot import 'gone.graphs:graph': ModuleNotFoundError: No module named 'gone'" in refusal(
        "gone.graphs:graph", tmp_path
    )


def test_a_missing_name_is_answered_with_the_names_there_are(write_application: WriteApplication) -> None:
    root = write_application({"my_graphs.py": "import os\n_hidden = 1\nmail = chat = 2"})

    message = refusal("./my_graphs.py:chatt", root)

    assert f"{root}/my_graphs.py has no 'chatt'. It offers: chat, mail" in message


def test_an_error_is_shown_with_the_frames_of_the_application_only(
    write_application: WriteApplication,
) -> None:
    root = write_application(
        {"my_graphs.py": "import my_words\ngraph = 1", "my_words.py": "import json\n\njson.loads('{')\n"}
    )
    sys.path.append(str(root))

    message = refusal("./my_graphs.py:graph", root)

    assert f"Cannot import './my_graphs.py:graph': {root}/my_words.py, line 3: JSONDecodeError" in message
    assert message.count("  File ") == 2
    assert f'File "{root}/my_graphs.py", line 1' in message


def test_a_syntax_error_is_shown_with_its_line(write_application: WriteApplication) -> None:
    root = write_application({"my_graphs.py": "graph = 1\nof = = 2"})

    assert f"{root}/my_graphs.py, line 2: SyntaxError" in refusal("./my_graphs.py:graph", root)


def test_a_module_that_failed_is_tried_again(write_application: WriteApplication) -> None:
    root = write_application({"my_graphs.py": "graph = missing"})
    assert "NameError" in refusal("./my_graphs.py:graph", root)

    write_application({"my_graphs.py": "graph = 'now it is there'"})

    assert import_object("./my_graphs.py:graph", root) == "now it is there"


def test_a_file_that_is_not_python_is_refused(write_application: WriteApplication) -> None:
    root = write_application({"my/graph.yaml": ""})

    assert "graph.yaml is not a Python module" in refusal("./my/graph.yaml:graph", root)
