"""Bring in what `writing` wrote: all of it or nothing."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from langgraph_server.checkpoints import upkeep
from langgraph_server.portable.errors import AlreadyThere, KeptElsewhere, NotAnExport
from langgraph_server.portable.parts import TABLES, columns, quoted
from langgraph_server.portable.writing import FORMAT, VERSION

INSERT = "INSERT INTO {table} ({columns}) SELECT {columns} FROM json_populate_record(NULL::{table}, %s::json -> 'row')"
#: Its run stayed behind, so it is at rest; a worker looks what its last checkpoint says.
REST = """
UPDATE threads_thread SET status = CASE WHEN waits THEN 'interrupted' ELSE 'idle' END, refresh_at = now()
WHERE status = 'busy' AND thread_id = ANY(%s::uuid[])
"""
#: Where they came from they may still fire.
SWITCH_OFF = "UPDATE crons_cron SET enabled = false WHERE cron_id = ANY(%s::uuid[])"
#: Runs to come have later epochs than those that came along.
LATER_EPOCHS = "SELECT setval('runs_epoch', greatest(nextval('runs_epoch'), %s))"


@dataclass
class Found:
    rows: Counter[str] = field(default_factory=Counter)
    threads: list[str] = field(default_factory=list)
    crons: list[str] = field(default_factory=list)
    epoch: int = 0


def read(lines: Iterable[str]) -> dict[str, int]:
    """Rows by table. Raises NotAnExport, AlreadyThere, KeptElsewhere.

    1. The head says what it is. 2. Rows. 3. The end says that all are there. 4. What was under way comes to rest.
    """
    if upkeep.is_own():
        raise KeptElsewhere
    remaining = iter(lines)
    check_head(document(next(remaining, "")))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            found = insert_all(cursor, remaining)
            come_to_rest(cursor, found)
    except IntegrityError as error:
        raise AlreadyThere(reason=" ".join(str(error).split())) from error
    except DataError as error:
        raise NotAnExport(reason=" ".join(str(error).split())) from error
    return dict(found.rows)


def check_head(head: Any) -> None:
    if head.get("format") != FORMAT:
        raise NotAnExport(reason="it does not begin as one of ours")
    if head.get("version") != VERSION:
        raise NotAnExport(reason=f"it has version {head.get('version')} of the format, and this server reads {VERSION}")


def insert_all(cursor: CursorWrapper, lines: Iterable[str]) -> Found:
    found = Found()
    known: dict[str, list[str]] = {}
    for line in lines:
        told = document(line)
        if "end" in told:
            if {table: count for table, count in told["end"].items() if count} != found.rows:
                raise NotAnExport(reason="rows are missing")
            return found
        table, row = told.get("table"), told.get("row")
        if table not in TABLES or not isinstance(row, dict):
            raise NotAnExport(reason=f"it has a row of {table}")
        if table not in known:
            known[table] = columns(cursor, table)
        if strange := row.keys() - set(known[table]):
            raise NotAnExport(reason=f"{table} has no {', '.join(sorted(strange))} here; migrate first")
        cursor.execute(INSERT.format(table=table, columns=quoted(list(row))), [line])
        note(found, table, row)
    raise NotAnExport(reason="it breaks off")


def note(found: Found, table: str, row: dict[str, Any]) -> None:
    found.rows[table] += 1
    if table == "threads_thread":
        found.threads.append(row["thread_id"])
    elif table == "crons_cron":
        found.crons.append(row["cron_id"])
    elif table == "runs_run":
        found.epoch = max(found.epoch, row.get("epoch") or 0)


def come_to_rest(cursor: CursorWrapper, found: Found) -> None:
    cursor.execute(REST, [found.threads])
    cursor.execute(SWITCH_OFF, [found.crons])
    cursor.execute(LATER_EPOCHS, [found.epoch])


def document(line: str) -> dict[str, Any]:
    """Read for what it is; the row itself goes to Postgres as it stands, so that no number is rounded."""
    try:
        told = json.loads(line)
    except json.JSONDecodeError as error:
        raise NotAnExport(reason=f"a line is no JSON ({error})") from error
    if not isinstance(told, dict):
        raise NotAnExport(reason="a line is no object")
    return told
