"""The words a thread's status can take."""

from django.db.models import TextChoices


class ThreadStatus(TextChoices):
    #: Nothing to do: the last run ended, or none has been made.
    IDLE = "idle"
    #: A run is pending or running, also one that starts later.
    BUSY = "busy"
    #: The graph waits for a person: the last checkpoint has next nodes.
    INTERRUPTED = "interrupted"
    #: The last run failed.
    ERROR = "error"


class TtlStrategy(TextChoices):
    """What happens to a thread that has been left alone for its `ttl`."""

    #: It goes, with its runs and checkpoints.
    DELETE = "delete"
    #: Its old checkpoints go, the latest stays.
    KEEP_LATEST = "keep_latest"
