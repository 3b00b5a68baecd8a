"""A request for a run as its row may hold it: what a client told, and its user, is encrypted before admission."""

from copy import copy
from dataclasses import replace

from langgraph_server.encryption import parts
from langgraph_server.encryption.backend import cipher
from langgraph_server.encryption.documents import content, opened, values
from langgraph_server.encryption.envelopes import ASIDE, guarded
from runs.models import Run
from runs.requests import RunRequest
from threads.sealing import reveal

RUN = "run"
DOCUMENTS = ("metadata", "kwargs", "error")


async def sealed(request: RunRequest) -> RunRequest:
    """Documents keep the keys by which they are merged with those of thread and assistant, encrypted as well."""
    chosen = cipher()
    if chosen is None:
        return request
    return replace(
        request,
        input=await content(RUN, "input", request.input),
        command=None if request.command is None else await values(RUN, "command", request.command),
        config=await parts.configuration(RUN, request.config),
        context=await parts.context(RUN, request.context),
        headers=await values(RUN, "config", request.headers),
        metadata=await parts.metadata(RUN, request.metadata),
        checkpoint=guarded(request.checkpoint),
        langsmith_tracer=guarded(request.langsmith_tracer),
        caller=await parts.caller(RUN, request.caller),
        encryption=await chosen.aside(),
    )


async def revealed(run: Run) -> Run:
    """A copy that shows, with its thread, what is encrypted of them. Not to be saved."""
    if cipher() is None:
        return run
    shown = copy(run)
    vars(shown).update(await opened(RUN, "", {name: getattr(run, name) for name in DOCUMENTS}))
    if ASIDE in run.kwargs:
        # Its followers still need it.
        shown.kwargs = {**shown.kwargs, ASIDE: run.kwargs[ASIDE]}
    shown.thread = copy(run.thread)
    await reveal([shown.thread])
    return shown
