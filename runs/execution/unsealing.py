"""What is encrypted of a run: opened when its worker begins, encrypted again when it ends."""

from dataclasses import replace

import orjson

from langgraph_server import encoding
from langgraph_server.encryption import events, parts
from langgraph_server.encryption.backend import cipher
from langgraph_server.encryption.context import CURRENT
from langgraph_server.encryption.documents import opened as opened_document
from langgraph_server.encryption.envelopes import context_in
from langgraph_server.encryption.errors import EncryptionFailed
from langgraph_server.encryption.keys import Keyring
from runs.ending import Ending
from runs.execution import outcome as outcomes
from runs.execution.outcome import Cancelled, Failure, Success, TimedOut
from runs.lease import Lease
from threads.sealing import sealed_state

RUN = "run"


async def opened(lease: Lease) -> tuple[Lease, Keyring | None]:
    """With the keys of its events. What is encrypted from here on, is so for whom the run was asked for."""
    events.expect_cipher(lease.kwargs)
    if cipher() is None:
        return lease, None
    CURRENT.set(context_in(lease.kwargs))
    keys = await events.keyring_of(lease.kwargs)
    kwargs = await opened_document(RUN, "kwargs", lease.kwargs)
    return replace(lease, kwargs=kwargs, metadata=await opened_document(RUN, "metadata", lease.metadata)), keys


async def ending(lease: Lease, outcome: Success | Failure | Cancelled | TimedOut, *, final_seq: int | None) -> Ending:
    """As settlement may write it. What cannot be encrypted is not written, and the run has failed."""
    end = outcomes.ending(lease, outcome, final_seq=final_seq)
    if cipher() is None or is_ours(outcome):
        return end
    try:
        return await sealed(end)
    except EncryptionFailed as error:
        return replace(outcomes.ending(lease, Failure(error, None), final_seq=final_seq), writes=end.writes)


def is_ours(outcome: object) -> bool:
    return isinstance(outcome, Failure) and isinstance(outcome.error, EncryptionFailed)


async def sealed(end: Ending) -> Ending:
    values, interrupts = await sealed_state(read(end.values), read(end.interrupts))
    return replace(
        end,
        values=written(values) if end.values is not None else None,
        interrupts=written(interrupts) if end.interrupts is not None else None,
        error=written(await parts.error(RUN, orjson.loads(end.error))) if end.error is not None else None,
    )


def read(text: str | None) -> object:
    return None if text is None else orjson.loads(text)


def written(document: object) -> str:
    return encoding.document(document)
