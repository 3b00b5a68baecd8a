"""Applications written for one test, and a process that forgets them afterwards."""

import importlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
import pytest_asyncio
from django.conf import settings

from langgraph_server.config.loading import server_config
from langgraph_server.graphs.registry import registry
from langgraph_server.streams.connection import AsyncRedis, connect_async

WriteApplication = Callable[..., Path]


@pytest_asyncio.fixture
async def listening_redis() -> AsyncIterator[AsyncRedis]:
    """As a worker listens: for as long as it takes."""
    redis = connect_async(settings.REDIS_URI, timeout=None)
    yield redis
    await redis.aclose()


@pytest.fixture
def write_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WriteApplication]:
    """Writes files by name, and langgraph.json from a `config` given; the process then starts there."""

    def write(files: Mapping[str, str], *, config: Mapping[str, Any] | None = None) -> Path:
        named = {**files, "langgraph.json": json.dumps(config)} if config else files
        for name, text in named.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        importlib.invalidate_caches()
        os.environ["LANGGRAPH_CONFIG"] = str(tmp_path / "langgraph.json")
        return tmp_path

    _forget_configuration()
    with patch.dict(os.environ), patch.object(sys, "path", [*sys.path]):
        yield write
        # Its own undoing comes later, and would bring back what it found here.
        monkeypatch.undo()
    _forget_modules_of(tmp_path)
    _forget_configuration()


def _forget_configuration() -> None:
    server_config.cache_clear()
    registry.cache_clear()


def _forget_modules_of(folder: Path) -> None:
    # All are found before one is dropped: a namespace package asks its parent where it lies.
    for name in [name for name, module in sys.modules.items() if _lies_in(folder, module)]:
        del sys.modules[name]


def _lies_in(folder: Path, module: ModuleType) -> bool:
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", [])]
    return any(place and Path(place).is_relative_to(folder) for place in places)
