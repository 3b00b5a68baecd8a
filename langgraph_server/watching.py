"""Changes of the application's own files, for `dev` to reload it."""

import logging
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

logger = logging.getLogger(__name__)

SUFFIXES = {".py", ".json", ".env"}
#: Folders that are not the application's own work.
FOREIGN = (*DefaultFilter.ignore_dirs, ".langgraph_server", "venv", "site-packages")


class ApplicationFiles(DefaultFilter):
    ignore_dirs = FOREIGN

    def __call__(self, change: Change, path: str) -> bool:
        file = Path(path)
        named = file.suffix in SUFFIXES or file.name.startswith(".env")
        return named and super().__call__(change, path)


async def changed_files(folders: Iterable[Path]) -> AsyncGenerator[list[str], None]:
    try:
        async for changes in awatch(*folders, watch_filter=ApplicationFiles()):
            yield sorted({path for _, path in changes})
    except OSError as error:
        # The system's limit of watches: serving goes on, without reloads.
        logger.warning("files cannot be watched", extra={"error": str(error)})
