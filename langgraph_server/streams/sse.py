"""Events to bytes, as the wire wants them: CRLF lines; event, data, id."""

from langgraph_server.streams.events import Event

HEARTBEAT = b": heartbeat\r\n\r\n"


def frame(event: Event, *, with_id: bool) -> bytes:
    # A graph's node name becomes part of the event name; a line break in it would forge a frame.
    name = event.event.replace("\r", "").replace("\n", "").encode()
    if with_id:
        return b"event: %b\r\ndata: %b\r\nid: %b\r\n\r\n" % (name, event.data, str(event.id).encode())
    return b"event: %b\r\ndata: %b\r\n\r\n" % (name, event.data)
