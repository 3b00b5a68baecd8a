"""A process looks for garbage among what its runs leave, not among what its start has made."""

from langgraph_sdk.client import LangGraphClient


async def test_a_worker_does_not_look_through_what_it_has_imported(client: LangGraphClient) -> None:
    found = await client.runs.wait(None, "collecting", input={})
    assert isinstance(found, dict)
    assert found["spared"] > 100_000
