"""Where a thread's numbering of its followers' events begins."""

from uuid import UUID

from threads.models import Thread


def settle(thread_id: UUID, epoch: int) -> int:
    """The first follower decides, for good: numbers must not move when old runs are deleted."""
    found = settled(thread_id)
    if found is not None:
        return found
    Thread.objects.filter(thread_id=thread_id, stream_origin__isnull=True).update(stream_origin=epoch)
    return settled(thread_id) or epoch


def settled(thread_id: UUID) -> int | None:
    return Thread.objects.filter(thread_id=thread_id).values_list("stream_origin", flat=True).first()
