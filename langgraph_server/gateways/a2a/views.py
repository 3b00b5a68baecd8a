"""`/a2a/{assistant_id}`: an agent's card, and what other agents ask of it in JSON-RPC."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from assistants.api.views import assistant_uuid
from assistants.errors import AssistantGone
from assistants.models import Assistant
from langgraph_server.api.parsing import parse_json
from langgraph_server.errors import DomainError, Invalid
from langgraph_server.gateways import agents, jsonrpc
from langgraph_server.gateways.a2a import asking, listing, messages, pushing, receivers, tasks
from langgraph_server.gateways.a2a.asking import Wish
from langgraph_server.gateways.a2a.card import card
from langgraph_server.gateways.a2a.dialects import Dialect, new, old, wrapped
from langgraph_server.gateways.a2a.tasks import Task, TaskId
from langgraph_server.gateways.a2a.telling import Telling
from langgraph_server.gateways.errors import BadParams, NoRequest, NotCancelable, UnknownMethod, Unreadable, Unsupported
from langgraph_server.gateways.jsonrpc import Call
from langgraph_server.streams.events import START
from runs import cancellation
from runs.api.asking import permitted
from runs.api.streaming import EVENT_STREAM
from runs.choices import CancelAction, StreamMode
from runs.streaming import Followed, follow, position

Params = Mapping[str, Any]
NOTHING: Params = {}
MISSING = "Missing required query parameter: assistant_id"


class AgentView(jsonrpc.RpcView):
    @property
    def assistant_name(self) -> str:
        return self.parameter("assistant_id")

    async def find(self) -> Assistant:
        name = self.assistant_name
        assistant_id = assistant_uuid(name)
        visible = await self.authorize("assistants", "read", {"assistant_id": assistant_id})
        try:
            return await self.resources.rows.call(agents.usable, assistant_id, visible=visible)
        except AssistantGone:
            raise BadParams(detail=f"Assistant '{name}' not found") from None

    async def card(self) -> dict[str, Any]:
        assistant = await self.find()
        schema = await agents.input_schema(self, assistant)
        return card(assistant, schema, base=self.base, pushes=pushing.is_offered())

    @property
    def base(self) -> str:
        host = self.headers.get("host") or "localhost"
        return f"{self.scope.get('scheme', 'http')}://{host}{self.scope.get('root_path', '')}"

    async def get(self, body: bytes) -> None:
        try:
            document = await self.card()
        except DomainError as refusal:
            if not isinstance(refusal, Invalid):
                raise
            told = {"code": BadParams.number, "message": str(refusal)}
            await self.respond(400, {"error": told})
        else:
            await self.respond(200, document)


class CardView(AgentView):
    @property
    def assistant_name(self) -> str:
        if not (name := self.query.get("assistant_id")):
            raise BadParams(detail=MISSING)
        return name


class CardOfAgentView(AgentView):
    """Where clients look that were told an agent's address."""


@dataclass(frozen=True, slots=True)
class Speech:
    """How a method's answers are put: its version, a task, and what may be a task or an event."""

    version: str
    task: Dialect
    told: Dialect


OLD = Speech("0.3", old, old)
NEW = Speech("1.0", new, wrapped)


class A2aView(AgentView):
    speech: Speech = NEW
    telling: Telling | None = None

    async def unanswered(self) -> None:
        await self.send_response(405, b"")

    async def post(self, body: bytes) -> None:
        call_id = None
        try:
            message = parsed(body)
            call_id = message.get("id")
            call = call_of(message)
            self.speech, method, streams = METHODS[call.method]
            if why := self.objection(streams):
                await self.respond(400, {"error": why})
                return
            document = await method(self, call)
        except DomainError as refusal:
            await self.decline(call_id if jsonrpc.is_id(call_id) else None, refusal)
        else:
            if not streams:
                await self.reply(jsonrpc.result(call.id, document))

    def objection(self, streams: bool) -> str | None:
        accepted = self.headers.get("accept", "*/*")
        if streams and "text/event-stream" not in accepted:
            return "Accept header must include text/event-stream for streaming"
        if not streams and not any(kind in accepted for kind in ("application/json", "*/*", "application/*")):
            return "Accept header must include application/json"
        return None

    # --- messages

    async def send_message(self, call: Call) -> Any:
        task = await self.ask(call.params, stream_mode=(StreamMode.VALUES,))
        if blocks(call.params):
            task = await self.end_of(task)
        return self.speech.told(self.shown(task, call.params))

    async def stream_message(self, call: Call) -> Any:
        task = await self.ask(call.params, stream_mode=(StreamMode.MESSAGES,))
        await self.tell(call, replace(task, state="submitted"), fresh=True)

    async def ask(self, params: Params, *, stream_mode: tuple[str, ...]) -> Task:
        message = messages.checked(params)
        assistant = await self.find()
        asking.expect_conversation(assistant, await agents.input_schema(self, assistant), message)
        wish = await self.wish(assistant, message, params, stream_mode=stream_mode)
        request = await permitted(wish.request, self)
        if request.push:
            await self.resources.rows.call(receivers.expect_address, request.push)
        try:
            self.run = await self.desk.admit(request)
        except DomainError as refusal:
            if jsonrpc.is_of_http(refusal):
                raise
            raise BadParams(detail=f"Failed to create run: {refusal}") from refusal
        return await self.resources.rows.call(
            tasks.find, wish.id, assistant_id=assistant.assistant_id, visible=request.visible
        )

    async def wish(
        self, assistant: Assistant, message: dict[str, Any], params: Params, *, stream_mode: tuple[str, ...]
    ) -> Wish:
        name = str(assistant.assistant_id)
        shared: dict[str, Any] = {"assistant": name, "stream_mode": stream_mode, "request_id": self.request_id}
        push = pushing.wished(params, version=self.speech.version, default_id=message["messageId"])
        if not message.get("taskId"):
            return asking.new_task(message, push=push, **shared)
        task = await self.look(TaskId.of(message, "taskId"), assistant.assistant_id)
        return asking.next_turn(task, message, push=push, **shared)

    # --- tasks

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

    async def extended_card(self, call: Call) -> Any:
        return await self.card()

    async def named(self, params: Params, action: str = "read", asked: Params = NOTHING) -> Task:
        task_id = TaskId.of(params)
        return await self.look(task_id, (await self.find()).assistant_id, action, asked)

    async def look(self, task_id: TaskId, assistant_id: UUID, action: str = "read", asked: Params = NOTHING) -> Task:
        value = {"thread_id": task_id.thread_id, "run_id": task_id.run_id, **asked}
        visible = await self.authorize("threads", action, value)
        return await self.resources.rows.call(tasks.find, task_id, assistant_id=assistant_id, visible=visible)

    def shown(self, task: Task, params: Params) -> dict[str, Any]:
        scope = self.headers.get("langgraph-a2a-history-scope", "context")
        length = params.get("historyLength", pushing.configuration_of(params).get("historyLength"))
        if length is not None and (not isinstance(length, int) or isinstance(length, bool) or length < 0):
            raise BadParams(detail="historyLength must be an integer of at least 0")
        return tasks.document(task, of_task=scope == "task", length=length)

    # --- push notifications

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

    # --- waiting

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
        first = telling.frame(tasks.document(task))
        await self.begin(EVENT_STREAM)
        await self.send_body(first, more_body=True)
        after = START if fresh else await position(self.desk, task.last, None)
        if after is not None:
            async for events in follow(self.desk, Followed.of(task.last, fresh=fresh), after):
                if frames := telling.progress(task, events):
                    await self.send_body(frames, more_body=True)
        await self.send_body(telling.end(await self.now(task)))


def parsed(body: bytes) -> Mapping[str, Any]:
    try:
        message = parse_json(body)
    except Invalid:
        raise Unreadable from None
    if not isinstance(message, dict):
        raise NoRequest(detail="Invalid message format: expected object")
    return message


def call_of(message: Mapping[str, Any]) -> Call:
    if message.get("jsonrpc") != jsonrpc.VERSION:
        raise NoRequest(detail="Invalid JSON-RPC message: missing or invalid jsonrpc version")
    if not jsonrpc.is_id(message.get("id")):
        raise NoRequest(detail="Invalid message format: must be a JSON-RPC request or notification")
    method = message.get("method")
    if method is None:
        raise NoRequest(detail="Invalid JSON-RPC request: missing 'method' field")
    if not isinstance(method, str) or method not in METHODS:
        raise UnknownMethod(method=method if isinstance(method, str) else "method must be a string")
    return Call(message["id"], method, jsonrpc.params_of(message))


def blocks(params: Params) -> bool:
    """Unless it is asked not to, as the reference does; 1.0 asks with another word."""
    told = pushing.configuration_of(params)
    return told.get("blocking") is not False and told.get("returnImmediately") is not True


#: The old names speak 0.3, the new ones 1.0; whether a method answers with a stream.
METHODS: Mapping[str, tuple[Speech, Any, bool]] = {
    "message/send": (OLD, A2aView.send_message, False),
    "message/stream": (OLD, A2aView.stream_message, True),
    "tasks/get": (OLD, A2aView.get_task, False),
    "tasks/cancel": (OLD, A2aView.cancel_task, False),
    "tasks/resubscribe": (OLD, A2aView.follow_task, True),
    "tasks/pushNotificationConfig/set": (OLD, A2aView.set_receiver, False),
    "tasks/pushNotificationConfig/get": (OLD, A2aView.get_receiver, False),
    "tasks/pushNotificationConfig/list": (OLD, A2aView.list_receivers, False),
    "tasks/pushNotificationConfig/delete": (OLD, A2aView.forget_receiver, False),
    "SendMessage": (NEW, A2aView.send_message, False),
    "SendStreamingMessage": (NEW, A2aView.stream_message, True),
    "GetTask": (NEW, A2aView.get_task, False),
    "CancelTask": (NEW, A2aView.cancel_task, False),
    "ListTasks": (NEW, A2aView.list_tasks, False),
    "SubscribeToTask": (NEW, A2aView.follow_task, True),
    "GetExtendedAgentCard": (NEW, A2aView.extended_card, False),
    "CreateTaskPushNotificationConfig": (NEW, A2aView.set_receiver, False),
    "GetTaskPushNotificationConfig": (NEW, A2aView.get_receiver, False),
    "ListTaskPushNotificationConfigs": (NEW, A2aView.list_receivers, False),
    "DeleteTaskPushNotificationConfig": (NEW, A2aView.forget_receiver, False),
}
