"""Where two JSON documents differ."""

from typing import Any

import pytest

from langgraph_server.admin.differences import MISSING, differences


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", "changed", 1, 2)]),
        ({"a": {"b": 1}}, {"a": {"c": None}}, [("a.b", "removed", 1, MISSING), ("a.c", "added", MISSING, None)]),
        ([1, 2], [1, 3, 4], [("[1]", "changed", 2, 3), ("[2]", "added", MISSING, 4)]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, [("a[0].b", "changed", 1, 2)]),
        ({"a": []}, {"a": {}}, [("a", "changed", [], {})]),
        ({"a": True}, {"a": 1}, [("a", "changed", True, 1)]),
        ({"a": 1}, {"a": 1.0}, []),
        ("x", "y", [("", "changed", "x", "y")]),
    ],
)
def test_documents_differ_where_a_reader_would_say_so(before: Any, after: Any, expected: list[Any]) -> None:
    found = [(each.path, each.kind, each.before, each.after) for each in differences(before, after)]
    assert found == expected
