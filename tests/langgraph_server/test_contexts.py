"""What of a client's context reaches a graph."""

from dataclasses import dataclass, field
from typing import TypedDict

import pytest
from pydantic import BaseModel, ConfigDict, Field

from langgraph_server.graphs.contexts import declared, shaped


@dataclass
class Data:
    tone: str = "plain"
    made: str = field(default="here", init=False)


class Model(BaseModel):
    tone: str = Field(default="plain", alias="toneOfVoice")


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    tone: str = "plain"


class Base(TypedDict):
    tone: str


class Typed(Base, total=False):
    pace: float


GIVEN = {"tone": "warm", "toneOfVoice": "low", "pace": 1, "made": "there", "cron_id": "1"}


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        (Data, {"tone"}),
        (Model, {"tone", "toneOfVoice"}),
        (Typed, {"tone", "pace"}),
        (Open, set(GIVEN)),
        (None, set(GIVEN)),
        (dict, set(GIVEN)),
    ],
)
def test_only_what_the_schema_declares_arrives(schema: object, names: set[str]) -> None:
    assert declared(GIVEN, schema) == {name: GIVEN[name] for name in names}


def test_a_context_that_is_no_object_is_left_as_it_is() -> None:
    assert declared(Data("warm"), Data) == Data("warm")


def test_a_factory_gets_an_object_of_what_it_declared() -> None:
    assert shaped({"tone": "warm", "cron_id": "1"}, Data) == Data("warm")
