"""How assistant, thread and run make one configuration."""

from typing import Any
from uuid import UUID

import pytest

from langgraph_server.configurations import (
    RESERVED_CONFIGURABLE,
    RESERVED_METADATA,
    ContextAndConfigurable,
    mirror,
    strip,
)
from runs.merging import build_kwargs, merge_config, remembered
from runs.requests import RunRequest

THREAD = UUID(int=1)
ASSISTANT = UUID(int=2)


def kwargs_of(
    *,
    assistant_config: dict[str, Any] | None = None,
    assistant_context: dict[str, Any] | None = None,
    thread_config: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
    **request: Any,
) -> dict[str, Any]:
    return build_kwargs(
        RunRequest(assistant="echo", thread_id=THREAD, **request),
        thread_id=THREAD,
        assistant_id=ASSISTANT,
        graph_id="echo",
        assistant_config=assistant_config or {},
        assistant_context=assistant_context or {},
        thread_config=thread_config or {},
        metadata=metadata or {},
    )


def test_configurable_merges_key_by_key_and_the_later_wins() -> None:
    merged = merge_config(
        {"configurable": {"a": "assistant", "b": "assistant", "c": "assistant"}},
        {"configurable": {"b": "thread", "c": "thread"}},
        {"configurable": {"c": "run"}},
    )

    assert merged == {"configurable": {"a": "assistant", "b": "thread", "c": "run"}}


@pytest.mark.parametrize("key", ["tags", "recursion_limit", "max_concurrency"])
def test_all_else_of_a_configuration_replaces(key: str) -> None:
    assert merge_config({key: [1, 2]}, {}, {key: [3]}) == {key: [3], "configurable": {}}


def test_merging_leaves_its_parts_as_they_were() -> None:
    assistant = {"configurable": {"a": 1}}

    merge_config(assistant, {"configurable": {"a": 2}})

    assert assistant == {"configurable": {"a": 1}}


def test_the_order_is_assistant_thread_run() -> None:
    config = kwargs_of(
        assistant_config={"recursion_limit": 1, "tags": ["assistant"], "configurable": {"a": 1, "b": 1, "c": 1}},
        thread_config={"recursion_limit": 2, "configurable": {"b": 2, "c": 2}},
        config={"recursion_limit": 3, "configurable": {"c": 3}},
    )["config"]

    assert (config["recursion_limit"], config["tags"]) == (3, ["assistant"])
    assert {key: config["configurable"][key] for key in "abc"} == {"a": 1, "b": 2, "c": 3}


def test_a_context_stands_for_configurable() -> None:
    config, context = mirror({"tags": ["a"]}, {"tone": "kind"})

    assert config == {"tags": ["a"], "configurable": {"tone": "kind"}}
    assert context == {"tone": "kind"}


def test_configurable_stands_for_a_context() -> None:
    assert mirror({"configurable": {"tone": "kind"}}, {}) == ({"configurable": {"tone": "kind"}}, {"tone": "kind"})


def test_configurable_and_context_together_are_refused() -> None:
    with pytest.raises(ContextAndConfigurable, match="Cannot specify both configurable and context"):
        mirror({"configurable": {"tone": "kind"}}, {"tone": "kind"})


@pytest.mark.parametrize(("configurable", "context"), [({"a": 1}, {}), ({}, {"a": 1}), ({}, {}), (None, {"a": 1})])
def test_an_empty_one_of_the_two_is_no_contradiction(configurable: Any, context: dict[str, Any]) -> None:
    mirror({"configurable": configurable}, context)


def test_the_assistants_context_is_the_runs_unless_the_run_says_otherwise() -> None:
    kwargs = kwargs_of(assistant_context={"tone": "kind", "size": 1}, context={"size": 2})

    assert kwargs["context"] == {"tone": "kind", "size": 2}


@pytest.mark.parametrize("key", sorted(RESERVED_CONFIGURABLE))
@pytest.mark.parametrize("where", ["configurable", "context"])
def test_a_client_cannot_set_what_the_server_knows(key: str, where: str) -> None:
    forged = {key: "forged", "mine": 1}
    kwargs = kwargs_of(**({"context": forged} if where == "context" else {"config": {"configurable": forged}}))

    assert kwargs["config"]["configurable"].get(key) != "forged"
    assert kwargs["context"] == {"mine": 1}
    assert kwargs["config"]["configurable"]["mine"] == 1


def test_only_reserved_keys_are_no_contradiction() -> None:
    config, context = mirror({"configurable": {"langgraph_auth_user_id": "forged"}}, {"tone": "kind"})

    assert (config["configurable"], context) == ({"tone": "kind"}, {"tone": "kind"})


@pytest.mark.parametrize("key", ["run_id", "thread_id", "graph_id", "assistant_id", "user_id"])
def test_a_client_cannot_say_who_or_what_the_run_is(key: str) -> None:
    for place in ({"config": {"configurable": {key: "forged"}}}, {"checkpoint": {key: "forged"}}):
        assert kwargs_of(**place)["config"]["configurable"][key] != "forged"


@pytest.mark.parametrize("key", sorted(RESERVED_METADATA))
def test_reserved_metadata_disappears(key: str) -> None:
    assert strip({key: "forged", "mine": 1}, RESERVED_METADATA) == {"mine": 1}
    assert kwargs_of(config={"metadata": {key: "forged"}})["config"]["metadata"] == {}


def test_a_checkpoint_says_where_to_start() -> None:
    configurable = kwargs_of(checkpoint={"checkpoint_id": "c", "checkpoint_ns": ""})["config"]["configurable"]

    assert (configurable["checkpoint_id"], configurable["checkpoint_ns"]) == ("c", "")


@pytest.mark.parametrize(("durability", "during"), [("async", True), ("sync", True), ("exit", False)])
def test_the_legacy_flag_follows_durability(durability: str, during: bool) -> None:
    kwargs = kwargs_of(durability=durability)

    assert (kwargs["durability"], kwargs["checkpoint_during"]) == (durability, during)


def test_what_was_asked_arrives_in_the_words_of_the_wire() -> None:
    kwargs = kwargs_of(
        input=[1],
        command={"goto": "a"},
        stream_mode=("updates", "custom"),
        stream_subgraphs=True,
        stream_resumable=True,
        temporary=True,
        interrupt_before=["a"],
        interrupt_after="*",
        webhook="https://example.org",
        after_seconds=2.0,
        received_ms=5,
        request_id="r",
    )

    configurable = kwargs.pop("config")["configurable"]
    assert kwargs == {
        "input": [1],
        "command": {"goto": "a"},
        "context": {},
        "stream_mode": ["updates", "custom"],
        "interrupt_before": ["a"],
        "interrupt_after": "*",
        "webhook": "https://example.org",
        "feedback_keys": None,
        "temporary": True,
        "subgraphs": True,
        "resumable": True,
        "checkpoint_during": True,
        "durability": "async",
    }
    assert configurable["langgraph_request_id"] == "r"
    assert (configurable["__after_seconds__"], configurable["__request_start_time_ms__"]) == (2.0, 5)


def test_a_thread_remembers_only_what_the_client_configured() -> None:
    kwargs = kwargs_of(
        config={"tags": ["a"], "metadata": {"b": 1}, "configurable": {"tone": "kind"}},
        checkpoint={"checkpoint_id": "c"},
    )

    assert remembered(kwargs) == {"tags": ["a"], "configurable": {"tone": "kind"}}


def test_a_thread_of_a_plain_run_remembers_an_empty_configurable() -> None:
    assert remembered(kwargs_of()) == {"configurable": {}}
