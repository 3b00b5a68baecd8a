"""What the environment says is understood, or stops the start by name."""

from pathlib import Path

import pytest

from langgraph_server import env
from langgraph_server.errors import ConfigurationError


@pytest.fixture(autouse=True)
def _nothing_left_by_dev(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "LEFT_BY_DEV", {})


def test_the_first_alias_that_is_set_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST", " ")
    monkeypatch.setenv("SECOND", "two")
    monkeypatch.setenv("THIRD", "three")
    assert env.text("FIRST", "SECOND", "THIRD", default="none") == "two"


def test_the_environment_wins_over_what_dev_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "LEFT_BY_DEV", {"HERE": "left", "THERE": "left"})
    monkeypatch.setenv("HERE", "set")
    assert (env.text("HERE", default=""), env.text("THERE", default="")) == ("set", "left")


def test_an_alias_in_the_environment_wins_over_another_name_that_dev_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(env, "LEFT_BY_DEV", {"FIRST": "left"})
    monkeypatch.setenv("SECOND", "set")
    assert env.text("FIRST", "SECOND", default="") == "set"


@pytest.mark.parametrize(("written", "meant"), [("true", True), ("1", True), ("No", False), ("off", False)])
def test_truth_can_be_written_in_several_ways(written: str, meant: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAG", written)
    assert env.boolean("FLAG", default=not meant) is meant


def test_a_value_that_is_neither_true_nor_false_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAG", "maybe")
    with pytest.raises(ConfigurationError, match="FLAG must be true or false, not 'maybe'"):
        env.boolean("FLAG", default=True)


@pytest.mark.parametrize(("written", "told"), [("many", "a whole number"), ("0", "at least 1")])
def test_a_number_out_of_range_or_none_at_all_is_refused(
    written: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNT", written)
    with pytest.raises(ConfigurationError, match=f"COUNT must be {told}"):
        env.integer("COUNT", default=1, minimum=1)


@pytest.mark.parametrize("written", ["soon", "-1", "nan", "inf"])
def test_a_duration_must_be_finite_and_not_negative(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECONDS", written)
    with pytest.raises(ConfigurationError, match="SECONDS must be"):
        env.number("SECONDS", default=1)


def test_a_list_ignores_empty_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUEUES", "default, ,slow,")
    assert env.names("QUEUES", default="") == ["default", "slow"]


def test_an_unknown_choice_is_refused_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVEL", "LOUD")
    with pytest.raises(ConfigurationError, match="LEVEL must be one of INFO, DEBUG, not 'LOUD'"):
        env.choice("LEVEL", ("INFO", "DEBUG"), default="INFO")


def test_a_uri_of_another_kind_is_refused_without_being_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URI", "mysql://me:secret@here/db")
    with pytest.raises(ConfigurationError, match="DATABASE_URI must be a URI") as refusal:
        env.uri("DATABASE_URI", schemes=("postgresql",), default="postgresql:///")
    assert "secret" not in str(refusal.value)


def test_what_dev_left_is_found_beside_the_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGGRAPH_CONFIG", str(tmp_path / "langgraph.json"))
    assert env.left_by_dev() == {}
    (tmp_path / ".langgraph_server").mkdir()
    (tmp_path / ".langgraph_server/environment.json").write_text('{"SECRET_KEY": "k"}')
    assert env.left_by_dev() == {"SECRET_KEY": "k"}


def test_a_damaged_file_of_dev_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGGRAPH_CONFIG", str(tmp_path / "langgraph.json"))
    (tmp_path / ".langgraph_server").mkdir()
    (tmp_path / ".langgraph_server/environment.json").write_text("{")
    with pytest.raises(ConfigurationError, match=r"environment\.json is not JSON"):
        env.left_by_dev()
