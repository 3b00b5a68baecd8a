"""The event protocol over HTTP: one command a request, and the thread's envelopes as server-sent events."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import uuid4

from langgraph_server.api.parsing import NotJson, parse_json
from langgraph_server.api.streaming import Beat, WaitingView
from langgraph_server.errors import DomainError, Invalid
from langgraph_server.streams import sse
from runs.api import commands
from runs.api.commands import NO_COMMAND, Caller, Json
from runs.api.serializers import CommandBody, EventStreamBody, thread_uuid
from runs.api.streaming import EVENT_STREAM
from runs.api.subscriptions import channels_in
from runs.protocol.channels import Filter, unsupported
from runs.protocol.errors import NoSuchRun, NoSuchSubscription
from runs.protocol.following import follow_thread
from runs.protocol.tree import tree_of

NOT_JSON = "Invalid JSON body"
NO_CHANNELS = "channels is required and must be a non-empty array"
ALLOWED = "values, updates, messages, tools, custom, lifecycle, input, tasks, or any `custom:<name>`"
LAST = 2**63


class CommandsView(WaitingView):
    """Errors of commands have status 200 too; who only subscribes here gets an answer, but no events."""

    bodies: ClassVar = {"post": CommandBody}

    async def post(self, body: bytes) -> None:
        try:
            command = parse_json(body)
        except Invalid as error:
            await self.respond(400, {"detail": unreadable(error)})
            return
        if not commands.is_command(command):
            told = command.get("id") if isinstance(command, dict) else None
            await self.respond(400, commands.refused(told, "invalid_argument", NO_COMMAND))
            return
        answer = await commands.answer(command, self.perform)
        meta = {"meta": {"applied_through_seq": 0}} if answer["type"] == "success" else {}
        await self.respond(200, {**answer, **meta})

    async def perform(self, method: str, params: Json) -> Json:
        caller = Caller(thread_uuid(self.parameter("thread_id")), self.resources, self, self.headers)
        match method:
            case "subscription.subscribe":
                channels_in(method, params)
                return {"subscription_id": str(uuid4()), "replayed_events": 0}
            case "subscription.unsubscribe":
                raise NoSuchSubscription(subscription_id=params.get("subscription_id"))
            case "subscription.reconnect":
                raise NoSuchRun
            case "agent.getTree":
                return {"tree": await tree_of(await caller.topic(), self.resources, through=LAST)}
        return await commands.perform(caller, method, params)


class EventsView(WaitingView):
    """Whatever runs on the thread, from the first event that is kept, until the client leaves."""

    bodies: ClassVar = {"post": EventStreamBody}

    async def post(self, body: bytes) -> None:
        thread_id = thread_uuid(self.parameter("thread_id"))
        try:
            wanted = Filter.of(asked(body))
        except DomainError as error:
            await self.respond(400, {"detail": str(error)})
            return
        topic = await Caller(thread_id, self.resources, self, self.headers).topic()
        beat = Beat()
        async for envelopes in follow_thread(topic, self.resources, since=wanted.since):
            if not self.started:
                await self.begin(EVENT_STREAM)
                continue
            frames = b"".join(told.frame for told in envelopes if wanted.passes(told.seq, told.channel, told.namespace))
            if beat.is_due(quiet=not envelopes):
                frames += sse.HEARTBEAT
            if frames:
                await self.send_body(frames, more_body=True)


def unreadable(error: Invalid) -> str:
    return NOT_JSON if isinstance(error, NotJson) else str(error)


def asked(body: bytes) -> Mapping[str, Any]:
    try:
        document = parse_json(body)
    except Invalid as error:
        raise Invalid(detail=unreadable(error)) from None
    channels = document.get("channels") if isinstance(document, dict) else None
    if not isinstance(channels, list) or not channels:
        raise Invalid(detail=NO_CHANNELS)
    if wrong := unsupported(channels):
        named = ", ".join(str(name) for name in wrong)
        raise Invalid(detail=f"channels contains unsupported entries: {named}. Allowed: {ALLOWED}.")
    return dict(document)
