"""What one attempt went through, collected while its graph runs: bounded in number, in size and in cost."""

import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from langgraph_server.encryption.keys import Keyring
from runs.excerpts import ROOM, excerpt
from runs.lease import Lease
from runs.timelines import Part

#: Tasks of one attempt; the others are counted.
MOST = 500
#: Characters of all the values of one attempt, more or less.
ROOM_OF_ALL = 500_000
LONGEST_TRACEBACK = 16_000


class Recollection:
    """Of the engine's `tasks` events. Its parts may be taken at any time, also in the middle."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        #: Of the run's events, if those are encrypted.
        self.keys: Keyring | None = None
        self.parts = 0
        self.room = ROOM_OF_ALL
        self.dropped = 0
        self.traceback: str | None = None
        #: What the next part will tell, by the task's number.
        self.news: dict[int, dict[str, Any]] = {}
        self.numbers: dict[str, int] = {}
        self.steps: dict[str, int] = {}
        #: Tasks of each namespace that have begun and not ended: a superstep begins when there are none.
        self.open: dict[str, set[str]] = {}

    def see(self, namespace: Sequence[str], task: Mapping[str, Any]) -> None:
        if "result" in task:
            self.end("|".join(namespace), task)
        elif len(self.numbers) < MOST:
            self.begin("|".join(namespace), task)
        else:
            self.dropped += 1

    def begin(self, namespace: str, task: Mapping[str, Any]) -> None:
        n = self.numbers[task["id"]] = len(self.numbers) + 1
        if not (running := self.open.setdefault(namespace, set())):
            self.steps[namespace] = self.steps.get(namespace, 0) + 1
        running.add(task["id"])
        told = {"n": n, "node": task["name"], "step": self.steps[namespace], "began": milliseconds()}
        self.news[n] = {**told, **({"namespace": namespace} if namespace else {}), "input": self.told(task["input"])}

    def end(self, namespace: str, task: Mapping[str, Any]) -> None:
        self.open.get(namespace, set()).discard(task["id"])
        if (n := self.numbers.get(task["id"])) is None:
            return
        told = self.news.setdefault(n, {"n": n})
        told["ended"] = milliseconds()
        if (error := task["error"]) is not None:
            told["error"] = last_words(error)
        elif task["interrupts"]:
            told["interrupts"] = self.told(task["interrupts"])
        else:
            told["result"] = self.told(task["result"])

    def told(self, value: Any) -> Any:
        told, taken = excerpt(value, room=min(ROOM, self.room))
        self.room -= taken
        return told

    def fail(self, error: BaseException) -> None:
        lines = traceback.format_exception(error)
        self.traceback = "".join(lines)[-LONGEST_TRACEBACK:]

    def part(self) -> Part | None:
        """What has happened since the last one; None: nothing."""
        if not self.news and self.traceback is None:
            return None
        self.parts += 1
        news, self.news = list(self.news.values()), {}
        told, self.traceback = self.traceback, None
        return Part(self.lease.run_id, self.lease.token, self.parts, news, self.dropped, told, self.keys)


def last_words(error: Any) -> str:
    """The engine gives the exception itself, or what a checkpoint kept of it."""
    if isinstance(error, BaseException):
        return "".join(traceback.format_exception_only(error)).strip()[:ROOM]
    return str(excerpt(error)[0])


def milliseconds() -> int:
    return time.time_ns() // 1_000_000
