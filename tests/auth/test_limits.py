"""How much one caller may ask, where an operator says so."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from langgraph_server import env
from langgraph_server.errors import ConfigurationError
from tests.auth.test_keys import given, holding
from tests.support.installation import Installation, installed

MOST_RUNS = 3
MOST_REQUESTS = 20
SLEEPY = {"assistant_id": "sleepy", "input": {"seconds": 600}}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    settings = {
        "LANGGRAPH_AUTH_TYPE": "keys",
        "LANGGRAPH_SERVER_RUNS_PER_CALLER": str(MOST_RUNS),
        "LANGGRAPH_SERVER_RATE_LIMIT": f"{MOST_REQUESTS}/hour",
    }
    with installed(tmp_path_factory.mktemp("limited"), settings=settings) as installation:
        installation.start(workers=0)
        yield installation


def assert_told(response: httpx.Response) -> None:
    assert response.status_code == 429, response.text
    assert int(response.headers["retry-after"]) > 0
    assert isinstance(response.json()["detail"], str)


async def test_a_caller_has_so_many_active_runs_and_no_more(limited: Installation) -> None:
    async with holding(limited, given(limited, "busy")) as http:
        answers = await asyncio.gather(*(http.post("/runs", json=SLEEPY) for _ in range(8)))
        admitted = [response for response in answers if response.status_code == 200]
        assert len(admitted) == MOST_RUNS
        for response in answers:
            if response not in admitted:
                assert_told(response)
        assert_told(await http.post("/runs/wait", json=SLEEPY))
        run = admitted[0].json()
        await http.post(f"/threads/{run['thread_id']}/runs/{run['run_id']}/cancel")
        assert (await http.post("/runs", json=SLEEPY)).status_code == 200
    async with holding(limited, given(limited, "other")) as http:
        assert (await http.post("/runs", json=SLEEPY)).status_code == 200


async def test_a_batch_beyond_the_limit_is_refused_whole(limited: Installation) -> None:
    async with holding(limited, given(limited, "batching")) as http:
        assert_told(await http.post("/runs/batch", json=[SLEEPY] * (MOST_RUNS + 1)))
        assert (await http.post("/runs/batch", json=[SLEEPY] * MOST_RUNS)).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("POST", "/threads/search"), ("POST", "/threads")])
async def test_a_caller_who_asks_too_often_is_told_when_to_come_back(
    limited: Installation, method: str, path: str
) -> None:
    async with holding(limited, given(limited, f"eager {path}")) as http:
        statuses = [(await http.request(method, path, json={})).status_code for _ in range(MOST_REQUESTS)]
        assert statuses == [200] * MOST_REQUESTS
        response = await http.request(method, path, json={})
        assert_told(response)
        assert int(response.headers["retry-after"]) <= 3601
        assert (await http.get("/ok")).status_code == 200
    async with holding(limited, given(limited, f"patient {path}")) as http:
        assert (await http.request(method, path, json={})).status_code == 200


@pytest.mark.parametrize("word", ["100", "x/minute", "0/minute", "5/fortnight", "-1/hour"])
def test_a_rate_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("A_RATE", word)
    with pytest.raises(ConfigurationError, match="A_RATE"):
        env.rate("A_RATE")
