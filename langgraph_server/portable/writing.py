"""Write a thread or all of an owner to a file: JSON lines, a head, the rows of each table, an end that counts them."""

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any, TextIO
from uuid import UUID

from django.db import connection, transaction
from django.utils.timezone import now

from langgraph_server.checkpoints import upkeep
from langgraph_server.portable.errors import KeptElsewhere
from langgraph_server.portable.parts import Part, Subject, columns, of_owner, of_thread, quoted
from threads import lifecycle

FORMAT = "langgraph-server"
#: Of the format; grows when an older server could not read a file any more.
VERSION = 1

ROWS = "SELECT json_build_object('table', '{table}', 'row', row_to_json(r))::text FROM ({select}) r"


def write_thread(file: TextIO, thread_id: UUID) -> dict[str, int]:
    """Rows by table. Raises ThreadNotFound, KeptElsewhere."""
    lifecycle.get(thread_id)
    return write(file, of_thread(thread_id), {"thread": str(thread_id)})


def write_owner(file: TextIO, identity: str) -> dict[str, int]:
    """Rows by table. Raises KeptElsewhere."""
    return write(file, of_owner(identity), {"owner": identity})


def write(file: TextIO, subject: Subject, named: Mapping[str, str]) -> dict[str, int]:
    """All as of one moment, however long it takes."""
    if upkeep.is_own():
        raise KeptElsewhere
    tell(file, {"format": FORMAT, "version": VERSION, "server": released(), "exported_at": now().isoformat(), **named})
    written: dict[str, int] = {}
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for part in subject.parts:
            written[part.table] = 0
            for line in lines(part, subject.parameters):
                file.write(f"{line}\n")
                written[part.table] += 1
    tell(file, {"end": written})
    return written


def lines(part: Part, parameters: Mapping[str, str]) -> Iterator[str]:
    with connection.cursor() as cursor:
        wanted = [name for name in columns(cursor, part.table) if name not in part.without]
    select = f"SELECT {quoted(wanted)} FROM {part.table} WHERE {part.where}"
    with connection.chunked_cursor() as cursor:
        cursor.execute(ROWS.format(table=part.table, select=select), parameters)
        for (line,) in cursor:
            # Documents are kept as they were written; a line feed can only stand between their values.
            yield line.replace("\n", " ")


def tell(file: TextIO, document: Mapping[str, Any]) -> None:
    file.write(f"{json.dumps(document)}\n")


def released() -> str:
    return version("django-langgraph-server")
