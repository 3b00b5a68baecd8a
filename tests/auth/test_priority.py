"""The application's `Priority` object knows the caller, whom its `Auth` object let in."""

import httpx

from tests.support.installation import Installation


async def test_a_callers_runs_have_the_priority_that_the_application_gives_them(
    guarded: Installation, alice: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    found = []
    for caller in (alice, bob):
        run = (await caller.post("/runs", json={"assistant_id": "echo", "input": {}})).json()
        found.append(guarded.value("SELECT priority FROM runs_run WHERE run_id = %s", run["run_id"]))

    assert found == [-3, 0]
