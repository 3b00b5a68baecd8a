"""One event of a thread as its followers get it, and the number that orders it."""

from dataclasses import dataclass

from langgraph_server.streams.events import Event, EventId
from runs.protocol.channels import Namespace

#: Numbers kept for one epoch. 2^53, where JavaScript stops counting, is 900 million epochs away.
STRIDE = 10_000_000
OPENING = b'{"type":"event",'
NAMED = b'{"type":"event","event_id":"'

CHANNEL_OF = {"input.requested": "input"}


@dataclass(frozen=True, slots=True)
class Envelope:
    seq: int
    event_id: str
    #: `input.requested` belongs to the channel `input`, a custom event may have one of its own.
    method: str
    channel: str
    namespace: Namespace
    data: bytes

    @property
    def frame(self) -> bytes:
        return b"event: %b\r\ndata: %b\r\nid: %d\r\n\r\n" % (self.method.encode(), self.data, self.seq)


def number(origin: int, event_id: EventId, *, slot: int = 0, slots: int = 1) -> int:
    """The same for the same event, whoever asks, and whatever became of the events before it.

    `origin` is the thread's first epoch; `slots` is how many envelopes an event may make.
    """
    place = 1 + (event_id.seq - 1) * slots + min(slot, slots - 1)
    return (event_id.epoch - origin) * STRIDE + min(place, STRIDE - 1)


def epoch_of(origin: int, seq: int) -> int:
    return origin + seq // STRIDE


def enveloped(event: Event, line: bytes, *, seq: int, event_id: str | None = None) -> Envelope:
    """A line of the log, numbered; one that brings its own id keeps it."""
    name, *namespace = event.event.split("|")
    if line.startswith(NAMED):
        event_id = line[len(NAMED) : line.index(b'"', len(NAMED))].decode()
        rest = line[len(NAMED) + len(event_id.encode()) + 2 :]
    else:
        event_id = event_id or str(event.id)
        rest = line[len(OPENING) :]
    data = b'{"type":"event","event_id":"%b","seq":%d,%b' % (event_id.encode(), seq, rest)
    method = name.partition(":")[0]
    return Envelope(seq, event_id, method, CHANNEL_OF.get(name, name), tuple(namespace), data)
