"""React's `useStream` in a browser, on a page of another origin: over the event protocol, and as it was before."""

import pytest

from tests.support.browser import browse
from tests.support.installation import Installation
from tests.support.javascript import failed


@pytest.mark.timeout(200)
def test_every_chat_works(request: pytest.FixtureRequest, server: Installation) -> None:
    found = browse("use-stream", server.url, config=request.config, patience=150)
    assert failed(found) == ""
    assert len(found) == 27
