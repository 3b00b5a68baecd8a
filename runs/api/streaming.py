"""Routes that wait for a run or stream it: create and follow, or join."""

import asyncio
import contextlib
from dataclasses import replace
from typing import ClassVar
from uuid import UUID

import orjson

from langgraph_server import encoding
from langgraph_server.api.errors import status_of
from langgraph_server.api.streaming import Beat, Headers, WaitingView
from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.encryption.documents import opened_json
from langgraph_server.errors import DomainError
from langgraph_server.streams import sse
from langgraph_server.streams.events import START, Event, EventId
from runs import cancellation, lookup
from runs.api import asking
from runs.api.asking import permitted
from runs.api.serializers import RunBody, run_uuid, thread_uuid
from runs.choices import CancelAction, DisconnectMode, RunStatus, StreamMode, is_event_streaming
from runs.errors import AlreadyOver, EventsForgotten, NothingToCancel, RunNotFound
from runs.models import Run
from runs.result import Result, stored_result
from runs.streaming import Desk, Followed, desk_of, follow, follow_to_end, position

EVENT_STREAM: Headers = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"connection", b"keep-alive"),
    (b"x-accel-buffering", b"no"),
]
JSON: Headers = [(b"content-type", b"application/json"), (b"x-accel-buffering", b"no")]


def locations(run: Run, *, suffix: str, stateless: bool = False) -> Headers:
    """A stateless stream goes by its run's own name; who waits statelessly joins by the thread, as in the contract."""
    by_thread = f"/threads/{run.thread_id}/runs/{run.run_id}"
    path = f"/runs/{run.run_id}" if stateless and suffix == "stream" else by_thread
    return [(b"location", f"{path}/{suffix}".encode()), (b"content-location", path.encode())]


class RunView(WaitingView):
    """Follows one run; a client that leaves may take the run with it."""

    run: Run | None = None
    cancel_on_disconnect = False

    @property
    def desk(self) -> Desk:
        return desk_of(self.resources)

    async def on_client_left(self) -> None:
        if self.run and self.cancel_on_disconnect:
            await self.resources.rows.call(
                cancellation.cancel,
                [self.run.run_id],
                action=CancelAction.INTERRUPT,
                reason=cancellation.CLIENT_LEFT,
            )

    async def stream(self, run: Run, after: EventId, *, fresh: bool, modes: frozenset[str] | None = None) -> None:
        """Frames until the run's end, a heartbeat on each quiet interval and at least as often under load."""
        beat = Beat()
        async for events in follow(self.desk, Followed.of(run, fresh=fresh), after):
            shown = [event for event in events if is_shown(event, modes)]
            frames = b"".join(sse.frame(event, with_id=run.is_resumable) for event in shown)
            if beat.is_due(quiet=not events):
                frames += sse.HEARTBEAT
            if frames:
                await self.send_body(frames, more_body=True)
        await self.send_body(b"")

    async def wait(self, run: Run, after: EventId, *, fresh: bool, unseen: bytes | None = None) -> None:
        await self.send_body(await self.outcome(run, after, fresh=fresh, unseen=unseen))

    async def outcome(self, run: Run, after: EventId, *, fresh: bool, unseen: bytes | None = None) -> bytes:
        """A newline in each interval, then one JSON document: `unseen` or the stored one if no values came."""
        result = Result(told_as_values=not is_event_streaming(run.kwargs))
        beat = Beat()
        async for events in follow_to_end(self.desk, Followed.of(run, fresh=fresh), after):
            result.see(events)
            if beat.is_due(quiet=not events):
                await self.send_body(b"\n", more_body=True)
        document = result.document or unseen
        if document is None:
            document = await self.stored(run)
        return document

    async def stored(self, run: Run) -> bytes:
        return await opened_json("thread", "", await self.resources.rows.call(stored_result, run.thread_id, run.run_id))


def is_shown(event: Event, modes: frozenset[str] | None) -> bool:
    if event.is_terminal:
        return False
    return modes is None or event.event == "error" or event.event.split("|")[0].split("/")[0] in modes


class NewRunView(RunView):
    """Admits a run of a thread, or a stateless one where the route names no thread."""

    suffix: ClassVar[str]
    headers_sent: ClassVar[Headers]
    streams: ClassVar[bool] = False
    admission: asyncio.Future[Run] | None = None

    @classmethod
    def takes(cls, method: str, pattern: str) -> type[RunBody]:
        return asking.body_of(pattern)

    #: Not so where the client's key named a run that is there already.
    fresh = True

    async def on_client_left(self) -> None:
        """A run that was being admitted is there by now, and its client is not."""
        if self.admission:
            with contextlib.suppress(DomainError):
                self.run = await self.admission
        await super().on_client_left()

    @property
    def stateless(self) -> bool:
        return "thread_id" not in self.parameters

    async def post(self, body: bytes) -> None:
        wanted, request = asking.read(self, body)
        self.cancel_on_disconnect = wanted["on_disconnect"] == DisconnectMode.CANCEL
        request = await permitted(request, self)
        if self.streams:
            request = replace(request, streamed=True)
        self.admission = asyncio.ensure_future(self.desk.admit(request))
        self.run = await asyncio.shield(self.admission)
        self.fresh = self.run.run_id == request.run_id
        stateless = self.stateless
        await self.begin([*self.headers_sent, *locations(self.run, suffix=self.suffix, stateless=stateless)])
        await self.deliver(self.run)

    async def deliver(self, run: Run) -> None:
        raise NotImplementedError


class StreamView(NewRunView):
    suffix = "stream"
    headers_sent = EVENT_STREAM
    streams = True

    async def deliver(self, run: Run) -> None:
        await self.stream(run, START, fresh=self.fresh)


class WaitView(NewRunView):
    suffix = "join"
    headers_sent = JSON

    async def deliver(self, run: Run) -> None:
        # Of a stateless run nothing is told but the values that were asked for.
        silent = run.thread.temporary and StreamMode.VALUES not in run.kwargs["stream_mode"]
        await self.wait(run, START, fresh=self.fresh, unseen=b"{}" if silent else None)


class ExistingRunView(RunView):
    visible: Filter = EVERYTHING

    async def find(self) -> Run:
        run_id = run_uuid(self.parameter("run_id"))
        named = self.parameters.get("thread_id")
        thread_id: UUID | None = thread_uuid(named) if named else None
        self.visible = await self.permission(run_id, thread_id)
        self.run = await self.resources.rows.call(lookup.find, run_id, thread_id, visible=self.visible)
        self.cancel_on_disconnect = self.flag("cancel_on_disconnect")
        return self.run

    async def permission(self, run_id: UUID, thread_id: UUID | None) -> Filter:
        return await self.authorize("threads", "read", {"thread_id": thread_id, "run_id": run_id})


class JoinStreamView(ExistingRunView):
    async def get(self, body: bytes) -> None:
        try:
            run = await self.find()
            after = await position(self.desk, run, self.headers.get("last-event-id"))
        except (RunNotFound, EventsForgotten) as error:
            await self.begin(EVENT_STREAM)
            told = encoding.dumps({"error": "HTTPException", "message": f"{status_of(error)}: {error}"})
            await self.send_body(sse.frame(Event(START, "error", told), with_id=False))
            return
        await self.begin([*EVENT_STREAM, *locations(run, suffix="stream")])
        if after is None:
            await self.send_body(b"")
        else:
            await self.stream(run, after, fresh=False, modes=self.modes())

    def modes(self) -> frozenset[str] | None:
        """A single mode or a JSON array; `messages-tuple` is called `messages` in the stream."""
        asked = self.query.get("stream_mode")
        if not asked:
            return None
        words = [asked]
        if asked.startswith("["):
            with contextlib.suppress(orjson.JSONDecodeError):
                words = [str(word) for word in orjson.loads(asked)]
        return frozenset("messages" if word == "messages-tuple" else word for word in words)


class JoinView(ExistingRunView):
    async def get(self, body: bytes) -> None:
        try:
            run = await self.find()
        except RunNotFound as error:
            if named := self.parameters.get("thread_id"):
                await self.resources.rows.call(lookup.expect_thread, thread_uuid(named), visible=self.visible)
            missing = {"__error__": {"error": "HTTPException", "message": f"404: {error}"}}
            await self.respond(200, missing)
            return
        await self.begin([*JSON, *locations(run, suffix="join")])
        if run.status in RunStatus.TERMINAL:
            await self.send_body(await self.stored(run))
        else:
            await self.wait(run, START, fresh=False)


class CancelView(ExistingRunView):
    async def post(self, body: bytes) -> None:
        action = self.action
        run = await self.find_active()
        reason = f"{action} requested via POST /threads/{{thread_id}}/runs/{{run_id}}/cancel"
        after = await self.desk.reader.last(run.run_id) or START
        await self.resources.rows.call(cancellation.cancel, [run.run_id], action=action, reason=reason)
        if not self.flag("wait"):
            await self.send_response(202, b"")
            return
        await self.begin([*JSON, *locations(run, suffix="join")])
        await self.wait(run, after, fresh=False, unseen=b"{}")

    @property
    def action(self) -> CancelAction:
        return CancelAction.of(self.query.get("action"))

    async def permission(self, run_id: UUID, thread_id: UUID | None) -> Filter:
        asked = asking.cancellation(self.action, thread_id=thread_id, run_ids=[run_id])
        return await self.authorize("threads", "update", asked)

    async def find_active(self) -> Run:
        try:
            run = await self.find()
        except RunNotFound:
            raise NothingToCancel from None
        if run.is_terminal:
            raise AlreadyOver
        return run
