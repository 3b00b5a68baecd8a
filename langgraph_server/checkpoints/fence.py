"""Who may write: a run's checkpoints are accepted only while its worker still holds the run."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Fence:
    """The run that writes and the token it was claimed with."""

    run_id: UUID
    token: int


class FenceDown(Exception):
    """Another worker has taken over, or the run is gone: what was to be written must not be."""


class CheckpointsUnavailable(Exception):
    """Our own database could not be reached; never the graph's error."""
