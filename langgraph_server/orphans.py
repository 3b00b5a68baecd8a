"""A supervised process ends when its supervisor is gone, even when that one was killed."""

import os
import signal
import threading
import time

VARIABLE = "LANGGRAPH_SERVER_SUPERVISOR"
INTERVAL = 0.5


def end_with_supervisor() -> None:
    # Taken out of the environment: what the application starts by itself has another parent.
    if supervisor := os.environ.pop(VARIABLE, ""):
        threading.Thread(target=watch, args=[int(supervisor)], name="orphan-watch", daemon=True).start()


def watch(supervisor: int) -> None:
    while os.getppid() == supervisor:
        time.sleep(INTERVAL)
    os.kill(os.getpid(), signal.SIGTERM)
