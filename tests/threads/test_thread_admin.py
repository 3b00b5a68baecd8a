"""Threads in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from langgraph_server.admin.lists import MOST
from langgraph_server.checkpoints.models import Checkpoint
from runs.models import Run
from tests.factories import make_checkpoint, make_run, make_thread
from tests.support.admin import no_static_folder, staff_client, statements, text
from threads.models import Thread

pytestmark = [pytest.mark.django_db, no_static_folder]

LIST = "/admin/threads/thread/"
MESSAGES = [
    {"type": "human", "content": "What is the weather in Paris?"},
    {"type": "ai", "content": "", "tool_calls": [{"name": "weather", "args": {"city": "Paris"}}]},
    {"type": "tool", "name": "weather", "content": "windy"},
    {"type": "ai", "content": [{"type": "text", "text": "It is windy."}, {"type": "image_url", "image_url": "x"}]},
]


def page(thread: Thread) -> str:
    return f"{LIST}{thread.thread_id}/change/"


def test_the_list_shows_status_and_graph_of_listed_threads(admin_client: Client) -> None:
    make_thread(status="interrupted", metadata={"graph_id": "chat"})
    hidden = make_thread(temporary=True)

    shown = text(admin_client.get(LIST))

    assert "interrupted" in shown
    assert "chat" in shown
    assert str(hidden.thread_id) not in shown
    assert str(hidden.thread_id) in text(admin_client.get(LIST, {"kind": "temporary"}))


def test_the_list_asks_the_same_few_questions_however_many_threads_there_are(admin_client: Client) -> None:
    make_thread()
    few = statements(lambda: admin_client.get(LIST))
    for _ in range(20):
        make_run()

    assert len(statements(lambda: admin_client.get(LIST))) == len(few)


def test_the_list_does_not_read_what_threads_hold(admin_client: Client) -> None:
    make_thread(values={"messages": MESSAGES})

    (listing,) = [sql for sql in statements(lambda: admin_client.get(LIST)) if 'FROM "threads_thread"' in sql]

    for column in ("values", "interrupts", "config", "error", "metadata"):
        assert f'"threads_thread"."{column}",' not in listing


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("chat", True),
        ("other", False),
        ("user=alice", True),
        ("user=bob", False),
        ("n=5", True),
        ('topic="two words"', True),
        ("chat user=alice", True),
        ("chat user=bob", False),
        ("flag=true", True),
        ("n=NaN", False),
        ("n=1e999", False),
        ("=5", False),
    ],
)
def test_a_thread_is_found_by_graph_and_by_metadata(admin_client: Client, term: str, found: bool) -> None:
    metadata = {"graph_id": "chat", "user": "alice", "n": 5, "topic": "two words", "flag": True}
    thread = make_thread(metadata=metadata)

    assert (str(thread.thread_id) in text(admin_client.get(LIST, {"q": term}))) is found


def test_a_thread_is_found_by_its_id_whatever_kind_it_is_of(admin_client: Client) -> None:
    thread = make_thread(temporary=True)
    other = make_thread()

    shown = text(admin_client.get(LIST, {"q": str(thread.thread_id)}))

    assert page(thread) in shown
    assert page(other) not in shown


def test_threads_are_filtered_by_status(admin_client: Client) -> None:
    idle, failed = make_thread(), make_thread(status="error")

    shown = text(admin_client.get(LIST, {"status__exact": "error"}))

    assert page(failed) in shown
    assert page(idle) not in shown


def test_the_count_stops_and_the_last_page_is_still_cheap(admin_client: Client) -> None:
    for _ in range(3):
        Thread.objects.bulk_create((Thread() for _ in range(MOST // 2)), batch_size=1000)

    shown = text(admin_client.get(LIST))

    assert f"There are more than {MOST}" in shown
    assert admin_client.get(LIST, {"p": MOST // 50}).status_code == 200
    assert admin_client.get(LIST, {"p": MOST // 50 + 1}).status_code == 302


def test_messages_are_shown_as_a_conversation(admin_client: Client) -> None:
    thread = make_thread(values={"messages": MESSAGES})

    shown = text(admin_client.get(page(thread)))

    assert "<strong>Person</strong>" in shown
    assert "weather({&quot;city&quot;: &quot;Paris&quot;})" in shown
    assert "It is windy.\n[image_url]" in shown


@pytest.mark.parametrize("values", [None, [], {"messages": "hello"}, {"messages": [1]}, {"messages": [{}]}])
def test_other_values_are_no_conversation(admin_client: Client, values: object) -> None:
    assert "<strong>Person</strong>" not in text(admin_client.get(page(make_thread(values=values))))


def test_what_clients_wrote_is_escaped(admin_client: Client) -> None:
    evil = "<script>alert(1)</script>"
    thread = make_thread(
        metadata={"graph_id": evil, evil: evil},
        config={"x": evil},
        error={"error": evil, "message": evil},
        interrupts={evil: [{"value": evil}]},
        values={"messages": [{"type": evil, "name": evil, "content": evil, "tool_calls": [{"name": evil}]}]},
    )

    for address in (LIST, page(thread), f"{LIST}?q={evil}"):
        shown = text(admin_client.get(address))
        assert evil not in shown
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


def test_a_long_document_is_cut(admin_client: Client) -> None:
    shown = text(admin_client.get(page(make_thread(values={"long": "x" * 100_000}))))

    assert "more characters" in shown
    assert len(shown) < 60_000


def test_a_thread_shows_its_last_twenty_runs(admin_client: Client) -> None:
    thread = make_thread()
    runs = [make_run(thread, status="success") for _ in range(22)]

    shown = text(admin_client.get(page(thread)))

    assert str(runs[-1].run_id) in shown
    assert str(runs[2].run_id) in shown
    assert str(runs[1].run_id) not in shown
    assert f"/admin/runs/run/?q={thread.thread_id}" in shown
    assert f"{LIST}{thread.thread_id}/checkpoints/" in shown


def test_deleting_a_thread_takes_its_runs_and_checkpoints_along(admin_client: Client) -> None:
    run = make_run(status="success")
    checkpoint = make_checkpoint(run)

    asked = text(admin_client.get(f"{LIST}{run.thread_id}/delete/"))
    admin_client.post(f"{LIST}{run.thread_id}/delete/", {"post": "yes"})

    assert "with its runs and checkpoints" in asked
    assert not Thread.objects.exists()
    assert not Run.objects.exists()
    assert not type(checkpoint).objects.filter(thread_id=str(run.thread_id)).exists()


def test_selected_threads_are_deleted_and_never_all_that_match(admin_client: Client) -> None:
    chosen, kept = make_thread(), make_thread()
    action = {"action": "delete_selected", "_selected_action": [str(chosen.thread_id)], "select_across": "1"}

    assert "with its runs and checkpoints" in text(admin_client.post(LIST, action))
    admin_client.post(LIST, {**action, "post": "yes"})

    assert list(Thread.objects.values_list("thread_id", flat=True)) == [kept.thread_id]


def test_nobody_adds_or_changes_a_thread_by_hand(admin_client: Client) -> None:
    thread = make_thread()

    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(page(thread), {"status": "busy"}).status_code == 403


def test_staff_without_permissions_sees_nothing() -> None:
    thread, client = make_thread(), staff_client()

    for address in (LIST, page(thread), f"{LIST}{thread.thread_id}/checkpoints/"):
        assert client.get(address).status_code == 403


def test_staff_who_may_only_look_cannot_delete_and_sees_no_runs() -> None:
    run, client = make_run(status="success"), staff_client("threads.view_thread")

    assert str(run.run_id) not in text(client.get(page(run.thread)))
    assert client.post(f"{LIST}{run.thread_id}/delete/", {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [str(run.thread_id)], "post": "yes"}
    client.post(LIST, action)
    assert Thread.objects.exists()


def deed(action: str, thread: Thread, **fields: str) -> dict[str, str]:
    return {"action": action, "_selected_action": str(thread.thread_id), "post": "yes", **fields}


def test_a_thread_is_copied_with_its_history(admin_client: Client) -> None:
    thread = make_thread(values={"said": 1})
    make_checkpoint(make_run(thread, status="success"))

    assert "Yes, copy threads" in text(admin_client.post(LIST, deed("copy", thread)))
    assert Thread.objects.count() == 1
    admin_client.post(LIST, deed("copy", thread, reason="To look into it"))

    copied = Thread.objects.exclude(pk=thread.pk).get()
    assert copied.values == {"said": 1}
    assert Checkpoint.objects.filter(thread_id=str(copied.thread_id)).count() == 1
    expected = f"Copied to {copied.thread_id}. Reason: To look into it"
    assert LogEntry.objects.get().change_message == expected


@pytest.mark.django_db(transaction=True)
def test_pruning_keeps_the_latest_checkpoint(admin_client: Client) -> None:
    thread = make_thread()
    made = [make_checkpoint(make_run(thread, status="success")) for _ in range(3)]

    shown = text(admin_client.post(LIST, deed("prune", thread, reason="Too long"), follow=True))

    assert "1 threads pruned" in shown
    left = Checkpoint.objects.filter(thread_id=str(thread.thread_id)).values_list("checkpoint_id", flat=True)
    assert list(left) == [made[-1].checkpoint_id]


def test_staff_who_may_only_look_neither_copies_nor_prunes() -> None:
    thread, client = make_thread(), staff_client("threads.view_thread")

    for action in ("copy", "prune"):
        client.post(LIST, deed(action, thread, reason="x"))

    assert Thread.objects.count() == 1
    assert not LogEntry.objects.exists()
