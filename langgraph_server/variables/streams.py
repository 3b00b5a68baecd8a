"""Streams."""

from langgraph_server.variables.variable import boolean, number

RETENTION = number(
    "RESUMABLE_STREAM_TTL_SECONDS",
    default=600,
    minimum=1,
    unit="s",
    official="120",
    effect="retention: how long after a run's end its stream can be read again, and how long rows of temporary threads "
    "stay",
)
HEARTBEAT = number(
    "LANGGRAPH_SERVER_HEARTBEAT_SECS",
    default=5,
    minimum=0.1,
    unit="s",
    effect="quiet interval after which a stream sends `: heartbeat` and `wait` or `join` a line feed, and after which "
    "a follower looks at the run's row. Clients expect about 5 s",
)
EVENT_PROTOCOL = boolean(
    "FF_V2_EVENT_STREAMING",
    default=True,
    effect="false: the event protocol (commands, event stream, websocket) has no routes",
)
