"""What a follower of the event protocol asked for, and how messages are shown to it."""

from typing import Any

import orjson
import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from langgraph_server.streams.events import Event, EventId
from runs import compaction
from runs.protocol.channels import Filter
from runs.protocol.envelopes import STRIDE, enveloped, epoch_of, number

CHILD = ("child:1", "deep:2")


@pytest.mark.parametrize(
    ("asked", "namespace", "passes"),
    [
        ({}, CHILD, True),
        ({"namespaces": [[]]}, CHILD, True),
        ({"namespaces": [[]], "depth": 0}, (), True),
        ({"namespaces": [[]], "depth": 0}, CHILD, False),
        ({"namespaces": [["child"]]}, CHILD, True),
        ({"namespaces": [["child"]], "depth": 0}, CHILD, False),
        ({"namespaces": [["child"]], "depth": 1}, CHILD, True),
        ({"namespaces": [["child:1"]]}, CHILD, True),
        ({"namespaces": [["child:2"]]}, CHILD, False),
        ({"namespaces": [["other"], ["child", "deep"]]}, CHILD, True),
        ({"namespaces": [["child", "deep", "deeper"]]}, CHILD, False),
        ({"namespaces": [["child", 1]]}, ("other:1",), True),
        ({"namespaces": [[]], "depth": False}, CHILD, True),
    ],
)
def test_namespaces_are_prefixes_and_depth_counts_from_them(
    asked: dict[str, Any], namespace: tuple[str, ...], passes: bool
) -> None:
    assert Filter.of({"channels": ["values"], **asked}).passes(1, "values", namespace) is passes


def test_custom_stands_for_all_named_channels_but_not_the_other_way_round() -> None:
    assert Filter.of({"channels": ["custom"]}).passes(1, "custom:steps", ())
    assert Filter.of({"channels": ["custom:steps"]}).passes(1, "custom:steps", ())
    assert not Filter.of({"channels": ["custom:steps"]}).passes(1, "custom", ())


def test_numbers_grow_with_ids_and_lead_back_to_the_epoch() -> None:
    ids = [EventId(7, 1), EventId(7, 2), EventId(7, 10**15), EventId(8, 1), EventId(9, 3)]
    numbers = [number(7, event_id) for event_id in ids]

    assert numbers == [1, 2, STRIDE - 1, STRIDE + 1, 2 * STRIDE + 3]
    assert [epoch_of(7, seq) for seq in numbers] == [event_id.epoch for event_id in ids]


def test_the_envelopes_of_one_event_have_numbers_of_their_own() -> None:
    first, second, last = (number(1, EventId(1, 2), slot=slot, slots=16) for slot in (0, 1, 99))

    assert number(1, EventId(1, 1), slots=16) < first < second < last < number(1, EventId(1, 3), slots=16)


def test_an_envelope_keeps_the_id_that_its_line_brings() -> None:
    named = b'{"type":"event","event_id":"synth:1:lc||running","method":"lifecycle","params":{}}'
    event = Event(EventId(1, 2), "lifecycle", named)

    envelope = enveloped(event, named, seq=5)

    assert envelope.event_id == "synth:1:lc||running"
    assert orjson.loads(envelope.data) == {
        "type": "event",
        "event_id": "synth:1:lc||running",
        "seq": 5,
        "method": "lifecycle",
        "params": {},
    }


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (HumanMessage("hi", id="1"), {"type": "human", "content": "hi", "id": "1"}),
        (AIMessage("", id="1", name="bot"), {"type": "ai", "content": "", "id": "1", "name": "bot"}),
        (
            ToolMessage("no", tool_call_id="c", status="error", id="1"),
            {"type": "tool", "content": "no", "id": "1", "tool_call_id": "c", "status": "error"},
        ),
        (
            ToolMessage("ok", tool_call_id="c", id="1"),
            {"type": "tool", "content": "ok", "id": "1", "tool_call_id": "c"},
        ),
    ],
)
def test_messages_are_shown_without_what_is_empty(message: Any, shown: dict[str, Any]) -> None:
    assert orjson.loads(compaction.dumps({"messages": [message]})) == {"messages": [shown]}
    assert compaction.of_values({"messages": [message.model_dump()], "n": 1}) == {"messages": [shown], "n": 1}


def test_what_json_cannot_hold_becomes_the_nearest_value() -> None:
    assert orjson.loads(compaction.dumps({"big": 2**70, "message": HumanMessage("hi", id="1")})) == {
        "big": str(2**70),
        "message": {"type": "human", "content": "hi", "id": "1"},
    }
