"""Who may write checkpoints: a worker while it holds its run, the API while no run occupies the thread.

The statements name tables of higher floors as text: they run inside the transaction that writes, and take a shared
lock, so that neither a takeover nor an admission can slip in between. Renewing a lease is no change of the key and
passes a key-share lock; what takes a run from its owner locks the row for update first (`runs.lease`,
`runs.settlement`), and waits.
"""

from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

#: Of (run_ids[], tokens[]) those that are still held with that token. By the owner, which running runs have and no
#: others: by the status Postgres may take them from the index of all that run.
HELD_RUNS: LiteralString = """
SELECT r.run_id FROM runs_run r
JOIN unnest(%s::uuid[], %s::bigint[]) AS held (run_id, token) ON r.run_id = held.run_id AND r.token = held.token
WHERE r.owner IS NOT NULL
FOR KEY SHARE OF r
"""

#: Of (thread_ids[], zeros[]) those that no run occupies.
IDLE_THREADS: LiteralString = """
SELECT t.thread_id FROM threads_thread t
JOIN unnest(%s::uuid[], %s::bigint[]) AS idle (thread_id, token) ON t.thread_id = idle.thread_id
WHERE t.status <> 'busy'
FOR SHARE OF t
"""


@dataclass(frozen=True, slots=True)
class Fence:
    """The run that writes, with the token it was claimed with; or the thread that is written to, with 0."""

    subject: UUID
    token: int


class FenceDown(Exception):
    """Another worker has taken over, or the run is gone: what was to be written must not be."""


class CheckpointsUnavailable(Exception):
    """Our own database could not be reached; never the graph's error."""


class CheckpointTooLarge(ValueError):
    """Postgres has no room for it and never will have: a name is too long for an index, a document too large."""
