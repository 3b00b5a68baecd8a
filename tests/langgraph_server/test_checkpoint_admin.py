"""A thread's checkpoints in the admin."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now
from langgraph.checkpoint.base.id import uuid6

from langgraph_server.checkpoints.admin import PAGE, made_at
from langgraph_server.checkpoints.models import Checkpoint
from tests.factories import make_thread
from tests.support.admin import no_static_folder, staff_client, text
from threads.models import Thread

pytestmark = [pytest.mark.django_db, no_static_folder]


def page(thread: Thread) -> str:
    return f"/admin/threads/thread/{thread.thread_id}/checkpoints/"


def make(thread: Thread, *, namespace: str = "", **fields: Any) -> Checkpoint:
    fields = {"checkpoint": {}, "metadata": {"step": 1, "source": "loop"}, **fields}
    key = {"thread_id": str(thread.thread_id), "checkpoint_ns": namespace, "checkpoint_id": str(uuid6())}
    return Checkpoint.objects.create(**key, **fields)


def test_checkpoints_are_shown_with_parent_step_and_values(admin_client: Client) -> None:
    thread = make_thread()
    first = make(thread, metadata={"step": -1, "source": "input"})
    make(thread, parent_checkpoint_id=first.checkpoint_id, checkpoint={"channel_values": {"count": 4711}})

    shown = text(admin_client.get(page(thread)))

    assert f'href="#{first.checkpoint_id}"' in shown
    assert "<td>input</td>" in shown
    assert "4711" in shown


def test_older_checkpoints_are_on_the_next_page(admin_client: Client) -> None:
    thread = make_thread()
    made = [make(thread).checkpoint_id for _ in range(PAGE + 3)]

    newest = text(admin_client.get(page(thread)))
    older = text(admin_client.get(page(thread), {"before": made[3]}))

    assert [id for id in made if f'id="{id}"' in newest] == made[3:]
    assert [id for id in made if f'id="{id}"' in older] == made[:3]
    assert f"?before={made[3]}" in newest


def test_one_namespace_can_be_looked_at(admin_client: Client) -> None:
    thread = make_thread()
    root, child = make(thread), make(thread, namespace="child:1|grand:2")

    shown = text(admin_client.get(page(thread), {"ns": "child:1|grand:2"}))

    assert f'id="{child.checkpoint_id}"' in shown
    assert f'id="{root.checkpoint_id}"' not in shown


def test_what_graphs_wrote_is_escaped(admin_client: Client) -> None:
    evil = "<script>alert(1)</script>"
    thread = make_thread()
    make(thread, namespace=evil, metadata={"source": evil}, checkpoint={"channel_values": {evil: evil}})

    shown = text(admin_client.get(page(thread), {"ns": evil}))

    assert evil not in shown


def test_a_thread_without_checkpoints_says_so(admin_client: Client) -> None:
    assert "There are no checkpoints" in text(admin_client.get(page(make_thread())))


def test_checkpoints_have_a_permission_of_their_own() -> None:
    thread = make_thread()

    assert staff_client("threads.view_thread").get(page(thread)).status_code == 403


def test_the_time_is_in_the_id() -> None:
    at = made_at(str(uuid6()))

    assert at is not None
    assert abs(at - now()) < timedelta(seconds=5)
    assert made_at("1f1e68db-083c-62dd-8009-f56e72f18619") == datetime(2026, 11, 22, 15, 59, 25, 139836, UTC)


def test_ids_of_other_makers_have_no_time() -> None:
    assert made_at("abc") is None
    assert made_at("6ba7b821-9dad-41d1-80b4-00c04fd430c8") is None
