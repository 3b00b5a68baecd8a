"""Refusals in JSON-RPC's own numbers, and in those that A2A adds."""

from typing import ClassVar

from langgraph_server.errors import DomainError, Invalid, NotFound


class Unreadable(Invalid):
    number: ClassVar[int] = -32700
    message = "Invalid JSON payload"


class NoRequest(Invalid):
    number: ClassVar[int] = -32600


class UnknownMethod(Invalid):
    number: ClassVar[int] = -32601
    message = "Method not found: {method}"


class BadParams(Invalid):
    number: ClassVar[int] = -32602


class TaskNotFound(NotFound):
    number: ClassVar[int] = -32001
    message = "Task not found: {task_id}"


class NotCancelable(Invalid):
    number: ClassVar[int] = -32002
    message = "Task is not cancelable in its current state"


class NoPushNotifications(Invalid):
    number: ClassVar[int] = -32003
    message = "Push Notification is not supported"


class Unsupported(Invalid):
    number: ClassVar[int] = -32004


class UnsupportedContent(Invalid):
    number: ClassVar[int] = -32005


def number_of(refusal: DomainError) -> int:
    return int(getattr(refusal, "number", BadParams.number))
