"""Commands of the event protocol: a JSON object with id, method and params becomes a verb; its result an envelope."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from langgraph_server.api import errors
from langgraph_server.api.access import Access
from langgraph_server.api.resources import Resources
from langgraph_server.api.views import validated
from langgraph_server.errors import Invalid
from langgraph_server.ids import parse_uuid
from runs.api.asking import permitted
from runs.api.serializers import THREAD_RUN
from runs.choices import PROTOCOL_MODES, IfNotExists, MultitaskStrategy
from runs.models import Run
from runs.protocol.channels import is_whole
from runs.protocol.errors import CommandRefused, NoSuchInterrupt, NotInterrupted, UnknownCommand
from runs.protocol.resting import come_to_rest
from runs.streaming import desk_of
from runs.topic import Topic

logger = logging.getLogger(__name__)

NO_COMMAND = "Protocol commands must include an integer id and string method."
TRACER_FIELDS = {"project_name", "example_id"}
#: They stop the run that is there, so there is no point in waiting for its end.
SUPERSEDING = {MultitaskStrategy.INTERRUPT, MultitaskStrategy.ROLLBACK}

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who commands which thread, from where."""

    thread_id: UUID
    resources: Resources
    access: Access
    headers: Mapping[str, str]

    async def topic(self) -> Topic:
        """Their thread, as they may see it now."""
        return Topic(self.thread_id, await self.access.authorize("threads", "read", {"thread_id": self.thread_id}))


Command = Callable[[Caller, Json], Awaitable[Json]]


async def answer(command: Any, perform: Callable[[str, Json], Awaitable[Json]]) -> Json:
    """The envelope of whatever becomes of it; never raises."""
    method = command["method"]
    params = command.get("params")
    try:
        result = await perform(method, params if isinstance(params, dict) else {})
    except CommandRefused as refusal:
        return refused(command["id"], refusal.code, str(refusal), refusal.told)
    except Exception as error:  # the door of commands, as api.streaming has one for requests
        told = errors.answer(error)
        if told is None:
            logger.exception("unexpected error", extra={"method": method})
        status, detail = told or (500, "Internal Server Error")
        return refused(command["id"], "unknown_error", f"{status}: {detail}")
    return {"type": "success", "id": command["id"], "result": result}


def refused(command_id: Any, code: str, message: str, told: Json | None = None) -> Json:
    return {"type": "error", "id": command_id, "error": code, "message": message, **(told or {})}


def is_command(value: Any) -> bool:
    return isinstance(value, dict) and is_whole(value.get("id")) and isinstance(value.get("method"), str)


async def perform(caller: Caller, method: str, params: Json) -> Json:
    if method not in COMMANDS:
        raise UnknownCommand(method=method)
    return await COMMANDS[method](caller, params)


async def start(caller: Caller, params: Json) -> Json:
    """On a thread that waits for an answer, the input is that answer."""
    assistant = params.get("assistant_id")
    if not isinstance(assistant, str) or not assistant:
        raise CommandRefused(detail="run.start requires an assistant_id.")
    strategy = params.get("multitaskStrategy", params.get("multitask_strategy"))
    strategy = strategy if strategy in MultitaskStrategy.values else MultitaskStrategy.ENQUEUE
    config, checkpoint = forked(params.get("config"))
    body = {"config": config, "checkpoint_id": checkpoint, "multitask_strategy": strategy, **tracer(params)}
    given = params.get("input")
    if given is not None and not checkpoint and strategy not in SUPERSEDING:
        rest = await come_to_rest(await caller.topic(), caller.resources.rows)
        if rest.interrupts:
            return run_result(await admit(caller, assistant, params, {**body, "command": {"resume": given}}))
    return run_result(await admit(caller, assistant, params, {**body, "input": given}))


def run_result(run: Run) -> Json:
    return {"run_id": str(run.run_id)}


def forked(config: Any) -> tuple[Json, str | None]:
    """The configuration without the checkpoint to start from, and that."""
    if not isinstance(config, dict) or not isinstance(config.get("configurable"), dict):
        return config if isinstance(config, dict) else {}, None
    configurable = dict(config["configurable"])
    checkpoint = configurable.pop("checkpoint_id", None)
    if checkpoint is None:
        return config, None
    try:
        parsed = parse_uuid(checkpoint, detail="")
    except Invalid:
        raise CommandRefused(detail=f"Invalid config.configurable.checkpoint_id: {checkpoint!r}.") from None
    return {**config, "configurable": configurable}, str(parsed)


def tracer(params: Json) -> Json:
    asked = params.get("langsmith_tracer")
    if asked is None:
        return {}
    if not isinstance(asked, dict):
        raise CommandRefused(detail="langsmith_tracer must be an object.")
    if unknown := sorted(asked.keys() - TRACER_FIELDS):
        raise CommandRefused(detail=f"langsmith_tracer has unsupported fields: {unknown}.")
    return {"langsmith_tracer": asked}


async def respond(caller: Caller, params: Json) -> Json:
    """Several at once are one run; each interrupt is answered once."""
    responses = responses_in(params)
    rest = await come_to_rest(await caller.topic(), caller.resources.rows)
    for response in responses:
        if response["interrupt_id"] not in rest.interrupts:
            raise NoSuchInterrupt(interrupt_id=response["interrupt_id"])
    if rest.assistant is None:
        raise NotInterrupted
    resume = {response["interrupt_id"]: response.get("response") for response in responses}
    command = {"resume": resume, **{key: params[key] for key in ("update", "goto") if params.get(key) is not None}}
    # Whoever answers the same interrupt at the same moment is refused.
    body = {"command": command, "config": params.get("config") or {}, "multitask_strategy": MultitaskStrategy.REJECT}
    await admit(caller, rest.assistant, params, body)
    return {}


def responses_in(params: Json) -> Sequence[Json]:
    responses = params.get("responses", [params])
    if not isinstance(responses, list) or not responses:
        raise CommandRefused(detail="input.respond requires at least one response.")
    if not all(isinstance(found, dict) and isinstance(found.get("interrupt_id"), str) for found in responses):
        raise CommandRefused(detail="input.respond requires an interrupt_id.")
    return responses


async def admit(caller: Caller, assistant: str, params: Json, body: Json) -> Run:
    asked = {
        **body,
        "assistant_id": assistant,
        "metadata": params.get("metadata") or {},
        "if_not_exists": IfNotExists.CREATE,
        "stream_subgraphs": True,
        "stream_resumable": True,
    }
    request = THREAD_RUN.request(validated(THREAD_RUN, asked), caller.thread_id, caller.headers)
    request = replace(request, stream_mode=PROTOCOL_MODES, event_streaming=True, streamed=True)
    return await desk_of(caller.resources).admit(await permitted(request, caller.access))


COMMANDS: Mapping[str, Command] = {"run.start": start, "input.respond": respond}
