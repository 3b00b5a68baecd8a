"""Tell workers that a delivery is due: a Celery message without content, sent from a thread of its own.

Deliveries that are recorded together share one message. A lost one costs at most the tick's interval.
"""

import logging
import threading

from kombu.exceptions import OperationalError

from langgraph_server.celery import app

logger = logging.getLogger(__name__)

DELIVER_DUE = "webhooks.deliver_due"
EXPIRES = 60


class Announcer(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="webhook announcer", daemon=True)
        self.news = threading.Event()

    def run(self) -> None:
        while True:
            self.news.wait()
            self.news.clear()
            try:
                app.send_task(DELIVER_DUE, queue="chores", expires=EXPIRES, ignore_result=True, retry=False)
            except (OperationalError, OSError) as error:
                logger.warning("workers were not told of a webhook, they will look", extra={"error": str(error)})


ANNOUNCER: list[Announcer] = []
LOCK = threading.Lock()


def announce() -> None:
    """Never blocks. The thread is started with the first announcement of the process."""
    with LOCK:
        if not ANNOUNCER or not ANNOUNCER[0].is_alive():
            ANNOUNCER[:] = [Announcer()]
            ANNOUNCER[0].start()
    ANNOUNCER[0].news.set()
