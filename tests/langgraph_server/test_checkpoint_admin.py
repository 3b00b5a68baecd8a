"""A thread's checkpoints in the admin."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.base.id import uuid6
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from langgraph_server.checkpoints.admin import PAGE, made_at
from langgraph_server.checkpoints.models import Checkpoint, CheckpointBlob, CheckpointWrite
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


def blob(thread: Thread, channel: str, version: str, value: Any) -> None:
    kind, data = JsonPlusSerializer().dumps_typed(value)
    key = {"thread_id": str(thread.thread_id), "channel": channel, "version": version}
    CheckpointBlob.objects.create(**key, type=kind, blob=data)


def one(checkpoint: Checkpoint, namespace: str = "") -> str:
    return f"/admin/threads/thread/{checkpoint.thread_id}/checkpoints/{checkpoint.checkpoint_id}/?ns={namespace}"


def test_a_checkpoint_shows_its_whole_state_and_what_it_changed(admin_client: Client) -> None:
    thread = make_thread()
    blob(thread, "messages", "1", [HumanMessage("Good <b>evening")])
    blob(thread, "messages", "2", [HumanMessage("Good <b>evening"), AIMessage("Yes?")])
    first = make(thread, checkpoint={"channel_values": {"count": 1}, "channel_versions": {"messages": "1"}})
    second = make(
        thread,
        parent_checkpoint_id=first.checkpoint_id,
        checkpoint={"channel_values": {"count": 2, "branch:to:x": None}, "channel_versions": {"messages": "2"}},
    )

    before, after = text(admin_client.get(one(first))), text(admin_client.get(one(second)))

    changes = after.partition("<h2>Conversation</h2>")[0]
    assert "<code>count</code><br><small>changed" in changes
    assert "<code>messages[1]</code><br><small>added" in changes
    assert "<code>messages[0]" not in changes
    assert "branch:to" not in after
    assert "Good &lt;b&gt;evening" in after
    assert "<strong>Assistant</strong>" in after
    assert second.checkpoint_id in before
    assert "Yes?" not in before


def test_what_cannot_be_read_does_not_hide_the_rest(admin_client: Client) -> None:
    thread = make_thread()
    CheckpointBlob.objects.create(thread_id=str(thread.thread_id), channel="odd", version="1", type="own", blob=b"x")
    made = make(thread, checkpoint={"channel_values": {"count": 4711}, "channel_versions": {"odd": "1"}})

    shown = text(admin_client.get(one(made)))

    assert "(unreadable:" in shown
    assert "4711" in shown


def test_what_tasks_wrote_after_a_checkpoint_is_shown(admin_client: Client) -> None:
    made = make(make_thread(), namespace="child:1")
    kind, data = JsonPlusSerializer().dumps_typed({"question": "send it?"})
    key = {name: getattr(made, name) for name in ("thread_id", "checkpoint_ns", "checkpoint_id")}
    CheckpointWrite.objects.create(**key, task_id="task-1", idx=0, channel="__interrupt__", type=kind, blob=data)

    shown = text(admin_client.get(one(made, "child:1")))

    assert "__interrupt__" in shown
    assert "send it?" in shown
    assert admin_client.get(one(made)).status_code == 404


def test_a_checkpoint_is_for_those_who_may_read_it() -> None:
    made = make(make_thread())

    assert staff_client("threads.view_thread", "checkpoints.view_checkpoint").get(one(made)).status_code == 403
