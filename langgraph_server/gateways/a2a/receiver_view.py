"""Who is to be told of a task: named, looked at, forgotten."""

from typing import Any

from langgraph_server.gateways.a2a import pushing, receivers
from langgraph_server.gateways.a2a.dialects import OLD
from langgraph_server.gateways.a2a.task_view import Params, TaskView
from langgraph_server.gateways.a2a.tasks import Task, TaskId
from langgraph_server.gateways.jsonrpc import Call


class ReceiverView(TaskView):
    async def set_receiver(self, call: Call) -> Any:
        task, told = await self.receiver_of(call.params, "update")
        push = pushing.checked(told, version=self.speech.version, default_id=str(task.id))
        await self.resources.rows.call(receivers.expect_address, push)
        await self.resources.rows.call(receivers.keep, task, push)
        return pushing.shown(push, task_id=str(task.id), version=self.speech.version)

    async def get_receiver(self, call: Call) -> Any:
        task, _ = await self.receiver_of(call.params)
        return pushing.shown(receivers.kept(task), task_id=str(task.id), version=self.speech.version)

    async def list_receivers(self, call: Call) -> Any:
        task, _ = await self.receiver_of(call.params)
        kept = [task.last.push] if task.last.push else []
        shown = [pushing.shown(push, task_id=str(task.id), version=self.speech.version) for push in kept]
        return shown if self.speech is OLD else {"configs": shown}

    async def forget_receiver(self, call: Call) -> Any:
        task, _ = await self.receiver_of(call.params, "update")
        await self.resources.rows.call(receivers.forget, task)
        return None if self.speech is OLD else {}

    async def receiver_of(self, params: Params, action: str = "read") -> tuple[Task, Any]:
        """0.3 has the configuration within, 1.0 has the fields side by side."""
        task_id = TaskId.of(params, "taskId" if "taskId" in params else "id")
        task = await self.look(task_id, (await self.find()).assistant_id, action)
        return task, params.get("pushNotificationConfig") or {**params, "taskId": None}
