"""One websocket's session: which envelopes of its thread it delivers, and how far it has come."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import orjson

from runs.api import commands
from runs.api.commands import Caller, Json, responses_in
from runs.protocol.channels import Filter, unsupported, whole
from runs.protocol.envelopes import Envelope
from runs.protocol.errors import (
    CommandRefused,
    NoSuchRun,
    NoSuchSubscription,
    ResumeGap,
    WrongNamespace,
)
from runs.protocol.following import follow_thread, replay
from runs.protocol.gaps import gap
from runs.protocol.tree import tree_of

Send = Callable[[bytes], Awaitable[None]]


class Session:
    """Its follower runs beside the commands; a subscription that comes late gets what went by before."""

    def __init__(self, caller: Caller, send: Send) -> None:
        self.caller = caller
        self.send = send
        self.subscriptions: dict[str, Filter] = {}
        #: Highest number that went by, delivered or not.
        self.applied = 0
        #: Where each interrupt that went by was asked.
        self.asked: dict[str, list[str]] = {}
        #: Nothing goes by while a late subscription catches up.
        self.turn = asyncio.Lock()

    async def follow(self) -> None:
        async for envelopes in follow_thread(await self.caller.topic(), self.caller.resources):
            async with self.turn:
                for envelope in envelopes:
                    await self.pass_by(envelope)

    async def pass_by(self, envelope: Envelope) -> None:
        self.applied = max(self.applied, envelope.seq)
        if envelope.channel == "input":
            params = orjson.loads(envelope.data)["params"]
            self.asked[params["data"]["interrupt_id"]] = params["namespace"]
        if any(wanted(envelope, held) for held in self.subscriptions.values()):
            await self.send(envelope.data)

    @property
    def meta(self) -> Json:
        return {"applied_through_seq": self.applied}

    async def answer(self, command: Any) -> Json:
        answer = await commands.answer(command, self.perform)
        is_bound = self.applied > 0 or answer["type"] == "success"
        return {**answer, "meta": self.meta} if is_bound else answer

    async def perform(self, method: str, params: Json) -> Json:
        match method:
            case "subscription.subscribe":
                return await self.subscribe(method, params)
            case "subscription.reconnect":
                return await self.reconnect(method, params)
            case "subscription.unsubscribe":
                return self.unsubscribe(params)
            case "agent.getTree":
                topic = await self.caller.topic()
                return {"tree": await tree_of(topic, self.caller.resources, through=self.applied)}
            case "input.respond":
                self.check_namespaces(params)
        return await commands.perform(self.caller, method, params)

    async def subscribe(self, method: str, params: Json) -> Json:
        held = Filter.of({**params, "channels": channels_in(method, params)})
        named = params.get("subscription_id") if method == "subscription.reconnect" else None
        subscription_id = named if isinstance(named, str) else str(uuid4())
        topic = await self.caller.topic()
        async with self.turn:
            replayed = 0
            async for envelope in replay(topic, self.caller.resources, through=self.applied):
                if wanted(envelope, held):
                    await self.send(envelope.data)
                    replayed += 1
            self.subscriptions[subscription_id] = held
        return {"subscription_id": subscription_id, "replayed_events": replayed}

    async def reconnect(self, method: str, params: Json) -> Json:
        if not self.applied:
            raise NoSuchRun
        since = whole(params.get("since"))
        if since is None:
            raise CommandRefused(detail=f"{method} requires a non-negative integer since.")
        first = await self.caller.resources.rows.call(gap, await self.caller.topic(), since)
        if first is not None:
            raise ResumeGap(since=since, min_available_seq=first)
        return await self.subscribe(method, params)

    def unsubscribe(self, params: Json) -> Json:
        subscription_id = params.get("subscription_id")
        if not isinstance(subscription_id, str) or not subscription_id:
            raise CommandRefused(detail="subscription.unsubscribe requires a subscription_id.")
        if self.subscriptions.pop(subscription_id, None) is None:
            raise NoSuchSubscription(subscription_id=subscription_id)
        return {}

    def check_namespaces(self, params: Json) -> None:
        """Here, unlike over HTTP, it is known where each interrupt was asked."""
        for response in responses_in(params):
            known = self.asked.get(response["interrupt_id"])
            if known is not None and known != response.get("namespace", []):
                raise WrongNamespace


def wanted(envelope: Envelope, held: Filter) -> bool:
    return held.passes(envelope.seq, envelope.channel, envelope.namespace)


def channels_in(method: str, params: Json) -> list[str]:
    channels = params.get("channels")
    if not isinstance(channels, list) or not channels:
        raise CommandRefused(detail=f"{method} requires a non-empty channels array.")
    if unsupported(channels):
        raise CommandRefused(detail=f"{method} received an unsupported channel.")
    return channels
