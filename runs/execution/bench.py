"""What executing needs, once a worker process."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore

from langgraph_server.streams.attention import Attention
from langgraph_server.streams.log import RunLog
from runs.execution.ledger import Ledger
from runs.execution.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Bench:
    ledger: Ledger
    log: RunLog
    saver: BaseCheckpointSaver[Any]
    store: BaseStore
    recorder: Recorder
    attention: Attention
    #: Whether a lease that was asked for then is over, by the clock of the process.
    is_late: Callable[[float], bool]
