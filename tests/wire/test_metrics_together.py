"""Web processes of one port count together: whichever answers tells the sum."""

from collections.abc import Iterator

import httpx
import pytest

from langgraph_server.api.counting import SHARED
from tests.support.installation import Installation, installed


@pytest.fixture
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("counts")
    with installed(tmp_path_factory.mktemp("several"), settings={SHARED: str(folder)}) as here:
        here.start(web=2, workers=0)
        yield here


def counted(several: Installation) -> int:
    """Asked on a connection of its own each time, so that either process may answer."""
    told = httpx.get(f"{several.url}/metrics?format=json", trust_env=False).json()["api"]["http_requests_total"]
    return sum(each["count"] for each in told if each["path"] == "/threads/search" and each["method"] == "POST")


def test_requests_are_summed_over_processes(several: Installation) -> None:
    for number in range(20):
        assert httpx.post(f"{several.url}/threads/search", json={}, trust_env=False).status_code == 200
        assert counted(several) == number + 1
    several.processes[0].kill()
    assert counted(several) == 20
    assert "lg_api_streams_open" in httpx.get(f"{several.url}/metrics", trust_env=False).text
