"""Bodies are judged as DRF judges them, without asking every field."""

from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.serializers import Serializer, ValidationError

from assistants.api.serializers import AssistantCreateBody
from crons.api.serializers import CronCreateBody
from langgraph_server.api.serializing import Body
from runs.api.serializers import StatelessRunBody, ThreadRunBody
from store.api.serializers import ItemPutBody, ItemSearchBody
from threads.api.serializers import ThreadCreateBody, ThreadStateBody

Judged: TypeAlias = tuple[str, Any]

BODIES: list[type[Body]] = [
    AssistantCreateBody,
    CronCreateBody,
    ItemPutBody,
    ItemSearchBody,
    StatelessRunBody,
    ThreadCreateBody,
    ThreadRunBody,
    ThreadStateBody,
]
NAMES = sorted({name for body in BODIES for name in body().asked} | {"unknown", "validate", "updates"})
SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "values", "exit", "reject", "*"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=2)
)


def by_drf(body: Body, data: Any) -> Judged:
    try:
        return "taken", Serializer.to_internal_value(body, data)
    except ValidationError as refusal:
        return "refused", refusal.detail


def by_us(body: Body, data: Any) -> Judged:
    try:
        return "taken", body.to_internal_value(data)
    except ValidationError as refusal:
        return "refused", refusal.detail


@given(body=st.sampled_from([body() for body in BODIES]), data=st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_whatever_comes_is_judged_as_drf_judges_it(body: Body, data: dict[str, Any]) -> None:
    given_what_it_must = {**dict.fromkeys(body.needed, "a"), **data}

    for each in (data, given_what_it_must, {name: data[name] for name in data.keys() & body.asked}):
        assert by_us(body, each) == by_drf(body, each)


@pytest.mark.parametrize("data", [None, [], "a", 1])
def test_what_is_no_object_is_refused_as_drf_refuses_it(data: Any) -> None:
    assert by_us(ThreadCreateBody(), data) == by_drf(ThreadCreateBody(), data)


def test_defaults_are_nobody_elses() -> None:
    body = ThreadRunBody()
    first, second = (body.to_internal_value({"assistant_id": "a"}) for _ in range(2))

    first["metadata"]["a"] = 1

    assert second["metadata"] == {}


def test_of_several_wrong_fields_all_are_told_in_their_order() -> None:
    judged, detail = by_us(ThreadRunBody(), {"durability": 1, "config": 1, "assistant_id": 1})

    assert (judged, list(detail)) == ("refused", ["assistant_id", "config", "durability"])
