"""Push notifications: where a client wants to be told of a task's end, and what its receiver gets."""

import logging
from collections.abc import Mapping
from typing import Any

from langgraph_server.encryption.documents import content, here
from langgraph_server.encryption.envelopes import context_in
from langgraph_server.errors import Unavailable
from langgraph_server.gateways.a2a import PROTOCOL, documents, messages, tasks
from langgraph_server.gateways.a2a.dialects import old, wrapped
from langgraph_server.gateways.errors import BadParams, NoPushNotifications
from runs.models import Run
from webhooks.configuration import configuration
from webhooks.outbox import Report

logger = logging.getLogger(__name__)

Json = dict[str, Any]
#: What a client says of its receiver.
FIELDS = ("id", "url", "token", "authentication")
LONGEST = 4096


def is_offered() -> bool:
    return not configuration().disabled


def checked(told: Any, *, version: str, default_id: str) -> Json:
    """As it is kept on the task's runs."""
    if not is_offered():
        raise NoPushNotifications
    if not isinstance(told, dict) or not isinstance(told.get("url"), str) or not told["url"]:
        raise BadParams(detail="A push notification configuration has a url")
    kept = {key: told[key] for key in FIELDS if told.get(key)}
    if not is_of_known_shape(kept):
        raise BadParams(detail="Invalid push notification configuration")
    for value in (kept.get("token", ""), authorization(kept) or ""):
        if not isinstance(value, str) or not value.isascii() or not value.isprintable() or len(value) > LONGEST:
            raise BadParams(detail="The token and credentials of a push notification must fit into a header")
    return {"id": default_id, **kept, "protocol": PROTOCOL, "version": version}


def is_of_known_shape(kept: Mapping[str, Any]) -> bool:
    told = kept.get("authentication", {})
    return (
        isinstance(kept.get("id", ""), str)
        and isinstance(told, dict)
        and isinstance(told.get("schemes", []), list)
        and all(isinstance(each, str) for each in (told.get("scheme", ""), told.get("credentials", "")))
    )


def wished(params: Mapping[str, Any], *, version: str, default_id: str) -> Json | None:
    """With the message that begins or continues a task."""
    asked = messages.configuration_of(params)
    told = asked.get("pushNotificationConfig") or asked.get("taskPushNotificationConfig")
    return checked(told, version=version, default_id=default_id) if told else None


def headers(push: Mapping[str, Any]) -> dict[str, str]:
    told = {"x-a2a-notification-token": push.get("token"), "authorization": authorization(push)}
    return {name: value for name, value in told.items() if value}


def authorization(push: Mapping[str, Any]) -> str | None:
    """0.3 lists schemes, 1.0 has one."""
    told = push.get("authentication") or {}
    scheme = told.get("scheme") or next(iter(told.get("schemes") or ()), None)
    credentials = told.get("credentials")
    return f"{scheme} {credentials}" if scheme and credentials else None


def shown(push: Mapping[str, Any], *, task_id: str, version: str) -> Json:
    """To the client that made it."""
    kept = {key: push[key] for key in FIELDS if key in push}
    if version == "0.3":
        return {"taskId": task_id, "pushNotificationConfig": kept}
    return {**kept, "taskId": task_id}


def report(run: Run) -> Report | None:
    """Of a run that has just come to its end, with its thread at rest. None: its secrets could not be read."""
    push = run.push or {}
    try:
        return sealed_report(run, push)
    except Unavailable as error:
        # The run has to end whether its receiver is told or not.
        logger.warning("receiver not told", extra={"run_id": str(run.run_id), "error": str(error)})
        return None


def sealed_report(run: Run, push: Mapping[str, Any]) -> Report:
    task = documents.document(tasks.of_run(run))
    body = old(task) if push["version"] == "0.3" else wrapped(task)
    return Report(
        run.run_id, push["url"], here(content("webhook", "body", body), context=context_in(run.kwargs)), headers(push)
    )
