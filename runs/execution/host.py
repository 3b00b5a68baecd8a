"""The runner that this process hosts, if it is a worker: how a Celery task finds it."""

from runs.execution.runner import Runner

HOSTED: list[Runner] = []


def hosted() -> Runner | None:
    return HOSTED[0] if HOSTED else None
