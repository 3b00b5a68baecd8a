"""How a log line looks: one line of facts with their fields, as JSON or for a terminal; never a payload."""

import logging
import time
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

import orjson

from langgraph_server import tracing

#: Which run this is: lines of its nodes and of what they use say so, too.
FACTS: ContextVar[Mapping[str, Any]] = ContextVar("facts", default=MappingProxyType({}))
STANDARD = set(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
    "data",
    # Django's: as text it has the query, where clients put what nobody should read.
    "request",
}


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller gave as `extra`: run_id, thread_id, attempt …"""
    told = {name: value for name, value in record.__dict__.items() if name not in STANDARD}
    return {**FACTS.get(), **told, **tracing.correlation()}


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
            **fields(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s  %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        # A line break in a message would let a client forge log lines.
        line = super().formatMessage(record).replace("\n", "\\n").replace("\r", "\\r")
        told = " ".join(f"{name}={value}" for name, value in fields(record).items())
        return f"{line}  {told}" if told else line
