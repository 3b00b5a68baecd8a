"""Requests made up from the API's own description: none is a server error, whatever else they are."""

from contextlib import suppress
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode

from tests.support.installation import Installation

#: Of each operation and kind, sound requests and others.
EXAMPLES = 3
#: Follows a thread for as long as it is there.
ENDLESS = {"/threads/{thread_id}/stream", "/threads/{thread_id}/stream/events"}
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def soon(case: Any) -> None:
    """A run that is asked for in ten years would be waited for as long."""
    for body in case.body if isinstance(case.body, list) else [case.body]:
        if isinstance(body, dict):
            body.pop("after_seconds", None)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_that_can_be_described_is_a_server_error(server: Installation, mode: GenerationMode) -> None:
    document = httpx.get(f"{server.url}/openapi.json", trust_env=False).json()
    tried: set[str] = set()
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr] # what cannot be read raises here, and should
        if operation.path in ENDLESS or operation.path.startswith(("/admin", "/mcp", "/a2a", "/.well-known")):
            continue

        @BOUNDED
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            soon(case)
            response = case.call(base_url=server.url, timeout=20)
            tried.add(f"{case.method} {case.path}")
            assert response.status_code < 500, (case.as_curl_command(), response.text)
            if response.status_code >= 400 and "json" in response.headers["content-type"][0]:
                assert {"detail", "error"} & set(response.json())

        # Without anything to vary, every request is a sound one.
        with suppress(Unsatisfiable):
            ask()
    assert len(tried) >= 30
