"""What a run has to get through before others may run beside it again."""

from uuid import uuid4

import pytest

from runs.execution.body import Body
from runs.lease import Lease


@pytest.mark.parametrize(
    ("kwargs", "through"),
    [
        ({"temporary": False, "durability": "sync"}, True),
        ({"temporary": False, "durability": "async"}, True),
        ({"temporary": False, "durability": "exit"}, False),
        ({"temporary": True, "durability": "async"}, False),
    ],
)
def test_a_superstep_counts_where_it_is_kept(kwargs: dict[str, object], through: bool) -> None:
    body = Body(Lease(uuid4(), uuid4(), "echo", 1, 1, 1, kwargs, {}))

    before, body.stepped = body.is_through, True

    assert (before, body.is_through) == (False, through)
