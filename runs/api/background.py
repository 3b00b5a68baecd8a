"""Runs over HTTP, made in the background and listed."""

from langgraph_server.api.answering import encoded
from langgraph_server.api.streaming import WaitingView
from langgraph_server.encryption.documents import opened
from langgraph_server.errors import BadRequest
from runs.api import asking
from runs.api.serializers import RunBody, run_object, selected, thread_uuid
from runs.choices import RunStatus
from runs.models import Run
from runs.streaming import desk_of
from threads.desk import desk_of as threads_desk


class StatelessRunsView(WaitingView):
    @classmethod
    def takes(cls, method: str, pattern: str) -> type[RunBody] | None:
        return asking.body_of(pattern) if method == "post" else None

    async def post(self, body: bytes) -> None:
        _, request = asking.read(self, body)
        run = await desk_of(self.resources).admit(await asking.permitted(request, self))
        shown = await opened("run", "", run_object(run))
        await self.respond(200, shown, encoded({"content-location": self.location(run)}))

    def location(self, run: Run) -> str:
        return f"/runs/{run.run_id}"


class ThreadRunsView(StatelessRunsView):
    def location(self, run: Run) -> str:
        return f"/threads/{run.thread_id}/runs/{run.run_id}"

    async def get(self, body: bytes) -> None:
        key = thread_uuid(self.parameter("thread_id"))
        seen = await self.authorize("threads", "read", {"thread_id": key})
        thread = await threads_desk(self.resources).get(key, visible=seen)
        visible = await self.authorize("threads", "search", {"thread_id": key, "metadata": {}})
        select = selected(self.every("select"))
        limit, offset = self.count("limit", 10), self.count("offset", 0)
        runs = Run.objects.of_thread(thread.thread_id).visible(visible).latest_first()
        if status := self.query.get("status"):
            runs = runs.filter(status=status) if status in RunStatus.values else runs.none()
        found = await self.resources.searches.call(list, runs[offset : offset + limit])
        await self.respond(200, await opened("run", "", [run_object(run, select) for run in found]))

    def count(self, name: str, default: int) -> int:
        text = self.query.get(name, str(default))
        try:
            value = int(text)
        except ValueError:
            raise BadRequest(detail=f"invalid literal for int() with base 10: '{text}'") from None
        if not 0 <= value < 2**31:
            raise BadRequest(detail=f"{name} must be between 0 and {2**31 - 1}")
        return value
