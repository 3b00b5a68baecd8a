"""Runs in the admin."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils.timezone import now

from assistants.models import Assistant
from runs import sweeper, timelines, workers
from runs.admin import EVENTS
from runs.admission import admit
from runs.choices import RunStatus
from runs.models import Run, RunEvent
from runs.requests import RunRequest
from runs.standing import STANDING, Standing
from runs.timelines import Part
from runs.workers import Word
from tests.factories import make_assistant, make_run, make_thread
from tests.runs.conftest import Claim
from tests.support.admin import no_static_folder, staff_client, statements, text
from threads.models import Thread

pytestmark = [pytest.mark.django_db, no_static_folder]

LIST = "/admin/runs/run/"
EVIL = "<script>alert(1)</script>"


def page(run: Run) -> str:
    return f"{LIST}{run.run_id}/change/"


def standing(run: Run) -> str:
    return str(Run.objects.annotate(standing=STANDING).values_list("standing", flat=True).get(pk=run.pk))


def wish(*runs: Run, action: str = "cancel_with_interrupt", **fields: Any) -> dict[str, Any]:
    return {"action": action, "_selected_action": [str(run.run_id) for run in runs], **fields}


def test_a_ready_run_waits() -> None:
    assert standing(make_run()) == Standing.WAITING


def test_a_ready_run_that_nobody_takes_is_late() -> None:
    assert standing(make_run(due_at=now() - timedelta(minutes=3))) == Standing.LATE


def test_a_run_that_is_not_due_is_scheduled() -> None:
    assert standing(make_run(due_at=now() + timedelta(hours=1))) == Standing.SCHEDULED


def test_a_run_is_blocked_by_an_older_one_and_not_by_a_younger_one() -> None:
    thread = make_thread()
    older, younger = make_run(thread), make_run(thread)

    assert standing(older) == Standing.WAITING
    assert standing(younger) == Standing.BLOCKED


def test_a_run_is_blocked_by_a_running_one_and_not_by_one_that_is_over() -> None:
    thread = make_thread()
    make_run(thread, status="success")
    run = make_run(thread)
    assert standing(run) == Standing.WAITING

    make_run(thread, status="running")
    assert standing(run) == Standing.BLOCKED


def test_a_running_run_is_stuck_once_its_lease_is_over() -> None:
    assert standing(make_run(status="running", lease_until=now() + timedelta(minutes=1))) == Standing.RUNNING
    assert standing(make_run(status="running", lease_until=now() - timedelta(minutes=1))) == Standing.STUCK


@pytest.mark.parametrize("status", sorted(RunStatus.TERMINAL))
def test_a_run_that_is_over_stands_as_its_status_says(status: str) -> None:
    assert standing(make_run(status=status)) == Standing(status)


def test_the_list_shows_runs_also_of_deleted_assistants(admin_client: Client) -> None:
    make_assistant("echo", name="Speaker")
    run, orphan = make_run(status="success"), make_run(assistant_id=uuid4())

    shown = text(admin_client.get(LIST))

    assert "Speaker" in shown
    assert page(run) in shown
    assert f"{orphan.assistant_id} (deleted)" in shown


def test_the_list_asks_the_same_few_questions_however_many_runs_there_are(admin_client: Client) -> None:
    make_run()
    few = statements(lambda: admin_client.get(LIST))
    for status in [*RunStatus.values, "pending"] * 3:
        make_run(status=status)

    assert len(statements(lambda: admin_client.get(LIST))) == len(few)


def test_the_list_does_not_read_what_runs_were_asked(admin_client: Client) -> None:
    make_run()

    listing = next(sql for sql in statements(lambda: admin_client.get(LIST)) if '"runs_run"."thread_id",' in sql)

    for column in ("kwargs", "metadata", "error"):
        assert f'"runs_run"."{column}",' not in listing


@pytest.mark.parametrize("wanted", ["waiting", "late", "blocked", "scheduled", "running", "stuck", "error"])
def test_runs_are_filtered_by_where_they_stand(admin_client: Client, wanted: str) -> None:
    thread = make_thread()
    runs = {
        "waiting": make_run(thread),
        "blocked": make_run(thread),
        "late": make_run(due_at=now() - timedelta(hours=1)),
        "scheduled": make_run(due_at=now() + timedelta(hours=1)),
        "running": make_run(status="running", lease_until=now() + timedelta(minutes=1)),
        "stuck": make_run(status="running"),
        "error": make_run(status="error"),
    }
    expected = {"running", "stuck"} if wanted == "running" else {wanted}

    shown = text(admin_client.get(LIST, {"status": wanted}))

    assert {name for name, run in runs.items() if page(run) in shown} == expected


def test_runs_are_filtered_by_graph_and_queue(admin_client: Client) -> None:
    make_assistant("chat", metadata={"created_by": "system"})
    make_assistant("echo", metadata={"created_by": "system"})
    run = make_run(queue="heavy")

    assert page(run) in text(admin_client.get(LIST, {"queue": "heavy", "graph": "echo"}))
    assert page(run) not in text(admin_client.get(LIST, {"queue": "default"}))
    assert page(run) not in text(admin_client.get(LIST, {"graph": "chat"}))


def test_what_a_run_has_not_is_left_out_of_its_page(admin_client: Client) -> None:
    shown = text(admin_client.get(page(make_run())))
    failed = text(admin_client.get(page(make_run(status="error", error={"error": "ValueError", "message": "no"}))))

    assert "field-shown_error" not in shown
    assert "Cancellation" not in shown
    assert "field-shown_error" in failed


def test_a_run_is_found_by_its_id_its_thread_and_its_graph(admin_client: Client) -> None:
    run, other = make_run(), make_run()

    for term in (str(run.run_id), run.run_id.hex, str(run.thread_id)):
        shown = text(admin_client.get(LIST, {"q": term}))
        assert page(run) in shown
        assert page(other) not in shown
    assert page(run) in text(admin_client.get(LIST, {"q": "echo"}))
    assert page(run) not in text(admin_client.get(LIST, {"q": "ech"}))


def test_a_runs_page_shows_everything_escaped(admin_client: Client) -> None:
    run = make_run(
        status="error",
        kwargs={"input": EVIL, "resumable": True},
        metadata={EVIL: EVIL},
        error={"error": "ValueError", "message": EVIL},
        started_at=now() - timedelta(seconds=2),
        ended_at=now(),
    )
    RunEvent.objects.create(run=run, seq=1, event=EVIL, data=f'"{EVIL}"')

    shown = text(admin_client.get(page(run)))

    assert EVIL not in shown
    assert "ValueError" in shown
    assert "2.0 s" in shown
    assert f"/admin/threads/thread/{run.thread_id}/change/" in shown
    assert f"/admin/threads/thread/{run.thread_id}/checkpoints/" in shown


def test_a_runs_page_shows_the_first_kept_events(admin_client: Client) -> None:
    run = make_run(status="success", kwargs={"resumable": True})
    RunEvent.objects.bulk_create(RunEvent(run=run, seq=seq, event="values", data=f"<{seq}>") for seq in range(1, 99))

    shown = text(admin_client.get(page(run)))

    assert f"&lt;{EVENTS}&gt;" in shown
    assert f"&lt;{EVENTS + 1}&gt;" not in shown
    assert f"Only the first {EVENTS} are shown" in shown


def test_a_runs_page_tells_its_attempts_and_what_its_tasks_did(admin_client: Client, claim: Claim) -> None:
    worker = uuid4()
    run = make_run()
    workers.tell(Word(worker, ["default"], slots=10, runs=1))
    (lost,) = claim(owner=worker, expired=True)
    task = {"n": 1, "node": EVIL, "step": 1, "began": 1000, "ended": 1250, "input": {EVIL: "in"}}
    told = [{**task, "result": "out"}, {"n": 2, "node": "broken", "step": 2, "began": 1250, "error": EVIL}]
    timelines.keep([Part(run.run_id, lost.token, 1, told, dropped=7, traceback=f"Traceback: {EVIL}")])
    sweeper.sweep()
    claim()

    shown = text(admin_client.get(page(run)))

    assert EVIL not in shown
    assert f"/admin/runs/worker/{worker}/change/" in shown
    assert all(word in shown for word in (">lost<", ">running<", "250 ms", "failed", "Traceback", "7 more"))
    assert "&quot;in&quot;" in shown
    assert "&quot;out&quot;" in shown


def test_a_runs_page_leads_to_the_version_of_the_assistant_that_it_was_admitted_with(admin_client: Client) -> None:
    assistant = make_assistant("echo", version=3)
    (run,) = admit([RunRequest(assistant="echo", thread_id=None)])
    assert isinstance(run, Run)
    Assistant.objects.filter(pk=assistant.pk).update(version=4)

    shown = text(admin_client.get(page(run)))

    assert f"/admin/assistants/assistant/{assistant.pk}/versions/?before=3" in shown


def test_who_may_not_read_content_sees_when_tasks_ran_and_not_what_they_did() -> None:
    run = make_run(status="success")
    task = {"n": 1, "node": "agent", "step": 1, "began": 1000, "ended": 1250, "input": "in", "result": "out"}
    timelines.keep([Part(run.run_id, 1, 1, [task], traceback="File secret")])

    shown = text(staff_client("runs.view_run").get(page(run)))

    assert "agent" in shown
    assert "250 ms" in shown
    assert not [word for word in ("&quot;in&quot;", "&quot;out&quot;", "File secret") if word in shown]


def test_a_workers_page_tells_what_it_holds(admin_client: Client) -> None:
    run = make_run(status="running")
    assert run.owner
    workers.tell(Word(run.owner, ["default", "gpu"], slots=10, runs=1))

    assert "present" in text(admin_client.get("/admin/runs/worker/"))
    assert page(run) in text(admin_client.get(f"/admin/runs/worker/{run.owner}/change/"))


def test_a_blocked_run_names_the_one_it_waits_for(admin_client: Client) -> None:
    thread = make_thread()
    make_run(thread, status="success")
    first, second = make_run(thread), make_run(thread)
    running = make_run(thread, status="running")

    assert page(running) in text(admin_client.get(page(second)))
    assert page(first) not in text(admin_client.get(page(second)))


def test_cancelling_is_confirmed_first(admin_client: Client) -> None:
    run = make_run()

    asked = text(admin_client.post(LIST, wish(run)))

    run.refresh_from_db()
    assert "Yes, cancel runs" in asked
    assert run.status == RunStatus.PENDING


def test_cancelling_ends_those_that_wait_tells_those_that_run_and_leaves_the_others(admin_client: Client) -> None:
    waits, runs, over = make_run(), make_run(status="running"), make_run(status="success")

    answer = admin_client.post(LIST, wish(waits, runs, over, post="yes", reason="a test"), follow=True)

    for run in (waits, runs, over):
        run.refresh_from_db()
    assert "2 of 2 runs cancelled" in text(answer)
    assert waits.status == RunStatus.INTERRUPTED
    assert waits.error == {"error": "UserInterrupt", "message": "cancelled in the admin by admin: a test"}
    assert (runs.status, runs.cancel_action) == (RunStatus.RUNNING, "interrupt")
    assert over.status == RunStatus.SUCCESS
    assert set(LogEntry.objects.values_list("object_id", "change_message")) == {
        (str(run.run_id), "Cancelled (interrupt). Reason: a test") for run in (waits, runs)
    }


def test_cancelling_with_rollback_removes_a_run_that_waits(admin_client: Client) -> None:
    run = make_run()

    assert "cannot be undone" in text(admin_client.post(LIST, wish(run, action="cancel_with_rollback")))
    admin_client.post(LIST, wish(run, action="cancel_with_rollback", post="yes", reason="a test"))

    assert not Run.objects.filter(pk=run.pk).exists()
    assert LogEntry.objects.get().change_message == "Cancelled (rollback). Reason: a test"


def test_runs_that_are_over_are_not_cancelled(admin_client: Client) -> None:
    run = make_run(status="success")

    answer = admin_client.post(LIST, wish(run), follow=True)

    assert "over already" in text(answer)
    assert not LogEntry.objects.exists()


def test_the_page_of_an_active_run_offers_to_cancel_it(admin_client: Client) -> None:
    assert "cancel_with_rollback" in text(admin_client.get(page(make_run())))
    assert "cancel_with_rollback" not in text(admin_client.get(page(make_run(status="success"))))


def test_staff_who_may_only_look_cannot_cancel() -> None:
    run, client = make_run(), staff_client("runs.view_run")

    client.post(LIST, wish(run, post="yes", reason="a test"))

    run.refresh_from_db()
    assert run.status == RunStatus.PENDING
    assert "cancel_with" not in text(client.get(LIST)) + text(client.get(page(run)))


def test_staff_who_may_change_runs_can_cancel_but_not_edit() -> None:
    run, client = make_run(), staff_client("runs.view_run", "runs.change_run")

    assert client.post(page(run), {"status": "success"}).status_code == 403
    client.post(LIST, wish(run, post="yes", reason="a test"))

    run.refresh_from_db()
    assert run.status == RunStatus.INTERRUPTED


def test_nobody_adds_or_deletes_a_run_by_hand(admin_client: Client) -> None:
    run = make_run()

    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{run.run_id}/delete/", {"post": "yes"}).status_code == 403
    assert Thread.objects.exists()


def test_staff_without_permissions_sees_nothing() -> None:
    run, client = make_run(), staff_client()

    assert client.get(LIST).status_code == 403
    assert client.get(page(run)).status_code == 403


def test_a_deed_without_a_reason_is_asked_about_again(admin_client: Client) -> None:
    run = make_run()

    asked = text(admin_client.post(LIST, wish(run, post="yes", reason=" ")))

    run.refresh_from_db()
    assert "This field is required" in asked
    assert run.status == RunStatus.PENDING


def admitted(**fields: Any) -> Run:
    """As a client made it."""
    make_assistant("echo")
    (run,) = admit([RunRequest(**{"assistant": "echo", "thread_id": None, **fields})])
    assert isinstance(run, Run)
    return run


def test_a_run_is_asked_for_again_as_it_was(admin_client: Client) -> None:
    thread = make_thread()
    asked = {"input": {"said": 1}, "metadata": {"team": "red"}, "config": {"configurable": {"model": "small"}}}
    run = admitted(thread_id=thread.thread_id, stream_mode=("updates",), stream_resumable=True, **asked)

    shown = text(admin_client.post(LIST, wish(run, action="run_again", post="yes", reason="Lost it"), follow=True))

    second = Run.objects.exclude(pk=run.pk).get()
    assert "1 of 1 runs admitted" in shown
    assert second.thread_id == thread.thread_id
    for key in ("input", "stream_mode", "resumable", "context", "interrupt_before", "durability", "webhook"):
        assert second.kwargs[key] == run.kwargs[key]
    own = {
        key: value for key, value in second.kwargs["config"]["configurable"].items() if key in ("model", "thread_id")
    }
    assert own == {"model": "small", "thread_id": str(thread.thread_id)}
    assert second.metadata["team"] == "red"
    assert LogEntry.objects.get().change_message == "Run again. Reason: Lost it"


def test_a_stateless_run_that_is_asked_for_again_gets_a_thread_of_its_own(admin_client: Client) -> None:
    run = admitted(temporary=True)

    admin_client.post(LIST, wish(run, action="run_again", post="yes", reason="Lost it"))

    second = Run.objects.exclude(pk=run.pk).get()
    assert second.thread_id != run.thread_id
    assert second.thread.temporary


def test_a_run_whose_assistant_is_gone_cannot_be_asked_for_again(admin_client: Client) -> None:
    run = admitted()
    run.assistant.delete()

    shown = text(admin_client.post(LIST, wish(run, action="run_again", post="yes", reason="x"), follow=True))

    assert "0 of 1 runs admitted" in shown
    assert not LogEntry.objects.exists()


def test_a_stuck_run_is_taken_back_and_others_are_left_alone(admin_client: Client) -> None:
    stuck = make_run(status="running")
    held = make_run(status="running", lease_until=now() + timedelta(minutes=1))
    fields = wish(stuck, held, action="take_back", post="yes", reason="Its machine burned")

    admin_client.post(LIST, fields)

    stuck.refresh_from_db()
    held.refresh_from_db()
    assert (stuck.status, stuck.owner, held.status) == (RunStatus.PENDING, None, RunStatus.RUNNING)
    assert LogEntry.objects.get().object_id == str(stuck.run_id)


def waiting_thread(*ids: str) -> Thread:
    assistant = make_assistant("echo")
    interrupts = {"task": [{"id": each, "value": f"<b>send {each}?"} for each in ids]}
    metadata = {"assistant_id": str(assistant.assistant_id), "graph_id": "echo"}
    return make_thread(status="interrupted", interrupts=interrupts, metadata=metadata)


def test_an_interrupt_is_answered_with_json(admin_client: Client) -> None:
    thread = waiting_thread("one")
    address = f"{LIST}answer/{thread.thread_id}/"

    assert address in text(admin_client.get(f"/admin/threads/thread/{thread.thread_id}/change/"))
    assert "&lt;b&gt;send one?" in text(admin_client.get(address))
    assert "Enter a valid JSON" in text(admin_client.post(address, {"value": "{", "reason": "x"}))
    assert "This field is required" in text(admin_client.post(address, {"value": "true"}))
    answer = admin_client.post(address, {"value": '{"approved": true}', "reason": "Said yes on the phone"})

    run = Run.objects.get()
    assert answer.headers["Location"] == page(run)
    assert (run.thread_id, run.kwargs["command"]) == (thread.thread_id, {"resume": {"approved": True}})
    assert LogEntry.objects.get().change_message.endswith("Reason: Said yes on the phone")
    assert "It waits for nobody" in text(admin_client.post(address, {"value": "1", "reason": "x"}))


def test_several_interrupts_are_answered_by_their_ids(admin_client: Client) -> None:
    thread = waiting_thread("one", "two")

    shown = text(admin_client.get(f"{LIST}answer/{thread.thread_id}/"))

    assert "&quot;one&quot;: &quot;…&quot;, &quot;two&quot;" in shown


def test_staff_who_may_not_make_runs_can_neither_repeat_nor_answer() -> None:
    run, client = admitted(), staff_client("runs.view_run", "runs.change_run", "checkpoints.view_content")

    client.post(LIST, wish(run, action="run_again", post="yes", reason="x"))

    assert Run.objects.count() == 1
    assert client.get(f"{LIST}answer/{run.thread_id}/").status_code == 403
