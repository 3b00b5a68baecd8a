"""`/a2a/{assistant_id}`: what other agents ask in JSON-RPC. Messages are taken here."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assistants.models import Assistant
from langgraph_server.api.parsing import parse_json
from langgraph_server.errors import DomainError, Invalid
from langgraph_server.gateways import agents, jsonrpc
from langgraph_server.gateways.a2a import asking, messages, pushing, receivers, tasks
from langgraph_server.gateways.a2a.asking import Wish
from langgraph_server.gateways.a2a.dialects import NEW, OLD, Speech
from langgraph_server.gateways.a2a.receiver_view import ReceiverView
from langgraph_server.gateways.a2a.task_view import Params
from langgraph_server.gateways.a2a.tasks import Task, TaskId
from langgraph_server.gateways.errors import BadParams, NoRequest, UnknownMethod, Unreadable
from langgraph_server.gateways.jsonrpc import Call
from runs.api.asking import permitted
from runs.choices import StreamMode


class A2aView(ReceiverView):
    async def unanswered(self, body: bytes) -> None:
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

    async def extended_card(self, call: Call) -> Any:
        return await self.card()

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
    told = messages.configuration_of(params)
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
