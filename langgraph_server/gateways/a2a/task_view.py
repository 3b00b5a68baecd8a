"""What is asked of a task: how it stands, that it ends, what comes of it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from langgraph_server.gateways.a2a import documents, listing, messages, receivers, tasks
from langgraph_server.gateways.a2a.agent_view import AgentView
from langgraph_server.gateways.a2a.dialects import NEW, Speech
from langgraph_server.gateways.a2a.tasks import Task, TaskId
from langgraph_server.gateways.a2a.telling import Telling
from langgraph_server.gateways.errors import NotCancelable, Unsupported
from langgraph_server.gateways.jsonrpc import Call
from langgraph_server.streams.events import START
from runs import cancellation
from runs.api.streaming import EVENT_STREAM
from runs.choices import CancelAction
from runs.streaming import Followed, follow, position

Params = Mapping[str, Any]
NOTHING: Params = {}


class TaskView(AgentView):
    speech: Speech = NEW
    telling: Telling | None = None

    async def get_task(self, call: Call) -> Any:
        return self.speech.task(self.shown(await self.named(call.params), call.params))

    async def cancel_task(self, call: Call) -> Any:
        task = await self.named(call.params, "update", {"action": str(CancelAction.INTERRUPT)})
        if task.is_over or task.state == "input-required":
            raise NotCancelable
        reason = "interrupt requested via tasks/cancel"
        cancelled = await self.resources.rows.call(receivers.active_runs, task)
        await self.resources.rows.call(cancellation.cancel, cancelled, action=CancelAction.INTERRUPT, reason=reason)
        return self.speech.task(self.shown(await self.end_of(task), call.params))

    async def list_tasks(self, call: Call) -> Any:
        assistant = await self.find()
        asked = listing.checked(call.params)
        visible = await self.authorize("threads", "search", {"thread_id": asked.thread_id, "metadata": {}})
        found = await self.resources.rows.call(
            listing.page, asked, assistant_id=assistant.assistant_id, visible=visible
        )
        shown = [self.speech.task(self.shown(task, call.params)) for task in found.tasks]
        return {
            "tasks": shown,
            "totalSize": found.total,
            "pageSize": len(shown),
            "nextPageToken": found.further,
        }

    async def follow_task(self, call: Call) -> Any:
        task = await self.named(call.params)
        if task.is_over:
            raise Unsupported(detail=f"Task {task.id} is over: there is nothing to follow")
        await self.tell(call, task, fresh=False)

    async def named(self, params: Params, action: str = "read", asked: Params = NOTHING) -> Task:
        task_id = TaskId.of(params)
        return await self.look(task_id, (await self.find()).assistant_id, action, asked)

    async def look(self, task_id: TaskId, assistant_id: UUID, action: str = "read", asked: Params = NOTHING) -> Task:
        value = {"thread_id": task_id.thread_id, "run_id": task_id.run_id, **asked}
        visible = await self.authorize("threads", action, value)
        return await self.resources.rows.call(tasks.find, task_id, assistant_id=assistant_id, visible=visible)

    def shown(self, task: Task, params: Params) -> dict[str, Any]:
        scope = self.headers.get("langgraph-a2a-history-scope", "context")
        return documents.document(task, of_task=scope == "task", length=messages.history_length(params))

    async def end_of(self, task: Task) -> Task:
        """Line feeds meanwhile; the rows are settled by then."""
        await self.take_time()
        await self.outcome(task.last, START, fresh=self.run is not None)
        return await self.now(task)

    async def now(self, task: Task) -> Task:
        return await self.resources.rows.call(tasks.again, task)

    async def reply(self, document: Any) -> None:
        """Also of a task that disappears while it is followed."""
        if self.telling:
            await self.send_body(self.telling.framed(document))
        else:
            await super().reply(document)

    async def tell(self, call: Call, task: Task, *, fresh: bool) -> None:
        """The task as it stands, then what comes of it, then how it ended."""
        self.telling = telling = Telling(call.id, self.speech.told)
        first = telling.frame(documents.document(task))
        await self.begin(EVENT_STREAM)
        await self.send_body(first, more_body=True)
        after = START if fresh else await position(self.desk, task.last, None)
        if after is not None:
            async for events in follow(self.desk, Followed.of(task.last, fresh=fresh), after):
                if frames := telling.progress(task, events):
                    await self.send_body(frames, more_body=True)
        await self.send_body(telling.end(await self.now(task)))
