"""The tree of checkpoints as text."""

import pytest

from langgraph_server.checkpoints.lanes import lanes


@pytest.mark.parametrize(
    ("checkpoints", "drawn"),
    [
        ([], []),
        ([("c", "b"), ("b", "a"), ("a", None)], ["●", "●", "●"]),
        ([("d", "a"), ("c", "b"), ("b", "a"), ("a", None)], ["●", "│●", "│●", "●┘"]),
        ([("d", "b"), ("c", "b"), ("b", "a"), ("a", None)], ["●", "│●", "●┘", "●"]),
        (
            [("f", "a"), ("e", "b"), ("d", "c"), ("b", "a"), ("c", "a"), ("a", None)],
            ["●", "│●", "││●", "│●│", "││●", "●┘┘"],
        ),
        ([("b", None), ("a", None)], ["●", "●"]),
        ([("c", "a"), ("b", None), ("a", None)], ["●", "│●", "●"]),
        ([("d", "gone"), ("c", "b")], ["●", "│●"]),
    ],
)  # fmt: skip
def test_each_branch_has_a_lane_until_it_meets_its_parent(
    checkpoints: list[tuple[str, str | None]], drawn: list[str]
) -> None:
    assert list(lanes(checkpoints)) == drawn
