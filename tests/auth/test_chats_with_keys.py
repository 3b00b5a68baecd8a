"""React's `useStream` in a browser, on a page of another origin, against a server that wants keys."""

import pytest

from tests.auth.test_keys import given
from tests.support.browser import browse
from tests.support.installation import Installation
from tests.support.javascript import failed


def test_a_chat_gets_in_with_its_key_alone(request: pytest.FixtureRequest, locked: Installation) -> None:
    found = browse("use-stream", locked.url, given(locked, "chat"), config=request.config)
    assert failed(found) == ""
    assert len(found) == 4
