"""The state of a thread over HTTP: it goes through the graph, so it stands with the waiting routes."""

from langgraph_server.api.streaming import WaitingView
from threads import state
from threads.api.views import thread_uuid

YES = {"true", "1", "yes"}


class StateView(WaitingView):
    method = "GET"

    async def answer(self, body: bytes) -> None:
        found = await state.read(
            thread_uuid(self.parameter("thread_id")),
            rows=self.resources.rows,
            saver=self.resources.saver,
            checkpoint_id=self.parameters.get("checkpoint_id"),
            subgraphs=self.query.get("subgraphs", "").lower() in YES,
        )
        await self.respond(200, found)
