"""What a run has to get through before others may run beside it again."""

from typing import TypedDict
from uuid import uuid4

import pytest
from langgraph.errors import GraphDrained
from langgraph.graph import START, StateGraph

from runs.execution.body import Body, Control
from runs.lease import Lease


class State(TypedDict, total=False):
    said: str


@pytest.mark.parametrize(
    ("kwargs", "through"),
    [
        ({"temporary": False, "durability": "sync"}, True),
        ({"temporary": False, "durability": "async"}, True),
        ({"temporary": False, "durability": "exit"}, False),
        ({"temporary": True, "durability": "async"}, False),
    ],
)
async def test_a_superstep_counts_where_it_is_kept(kwargs: dict[str, object], through: bool) -> None:
    body = Body(Lease(uuid4(), uuid4(), "echo", 1, 1, 1, kwargs, {}))

    before, body.stepped = body.is_through, True

    assert (before, body.is_through) == (False, through)


async def test_a_graph_whose_lease_is_over_begins_no_further_superstep() -> None:
    begun: list[str] = []
    control = Control()

    def first(state: State) -> State:
        begun.append("first")
        control.is_late = lambda: True
        return {}

    def second(state: State) -> State:
        begun.append("second")
        return {}

    builder = StateGraph(State).add_node("first", first).add_node("second", second)
    graph = builder.add_edge(START, "first").add_edge("first", "second").compile()

    with pytest.raises(GraphDrained):
        await graph.ainvoke({}, control=control)

    assert begun == ["first"]
