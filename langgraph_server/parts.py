"""A worker without one of its parts would hold its queue and do nothing; its supervisor starts another."""

import logging
import os
import signal

logger = logging.getLogger(__name__)


def end_worker(part: str) -> None:
    """Called by a part that dies, within the handling of what it dies of."""
    logger.critical("the worker ends: a part of it died", exc_info=True, extra={"part": part})
    os.kill(os.getpid(), signal.SIGTERM)
