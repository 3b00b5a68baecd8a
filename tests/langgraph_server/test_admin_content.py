"""What graphs and clients wrote is for those who may read it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now
from langgraph.checkpoint.base.id import uuid6

from assistants.versions import record
from crons.models import Cron
from langgraph_server.checkpoints.models import Checkpoint
from runs import timelines
from runs.models import RunEvent
from runs.timelines import Part
from store.models import StoredItem
from tests.factories import make_assistant, make_run, make_thread
from tests.support.admin import no_static_folder, staff_client, text
from webhooks.models import Attempt, Delivery

pytestmark = [pytest.mark.django_db, no_static_folder]

SECRET = "tell nobody"
DOCUMENT = {"secret": SECRET}

VIEWS = (
    "assistants.view_assistant",
    "assistants.view_assistantversion",
    "threads.view_thread",
    "checkpoints.view_checkpoint",
    "runs.view_run",
    "crons.view_cron",
    "crons.view_cronfiring",
    "webhooks.view_delivery",
    "webhooks.view_attempt",
    "store.view_storeditem",
)


def everything() -> list[str]:
    """The pages of rows that hold the secret wherever they can."""
    assistant = make_assistant(config=DOCUMENT, context=DOCUMENT, metadata=DOCUMENT, description=SECRET)
    record([assistant])
    said = {"messages": [{"type": "human", "content": SECRET}]}
    documents: dict[str, Any] = {"metadata": DOCUMENT, "config": DOCUMENT, "interrupts": DOCUMENT, "error": DOCUMENT}
    thread = make_thread(values=said, **documents)
    kwargs = {"input": DOCUMENT, "resumable": True}
    run = make_run(thread, status="error", kwargs=kwargs, metadata=DOCUMENT, error=DOCUMENT)
    RunEvent.objects.create(run_id=run.run_id, seq=1, event="values", data=SECRET)
    task = {"n": 1, "node": "node", "step": 1, "began": 1, "input": DOCUMENT, "error": SECRET}
    timelines.keep([Part(run.run_id, 1, 1, [task], traceback=SECRET)])
    cron = Cron.objects.create(assistant=assistant, schedule="@daily", payload=DOCUMENT, metadata=DOCUMENT)
    delivery = Delivery.objects.create(run_id=run.run_id, url="https://receiver.example", body=SECRET)
    Attempt.objects.create(delivery=delivery, started_at=now(), duration=timedelta(0), answer=SECRET)
    StoredItem.objects.create(prefix="a", key="k", value=DOCUMENT, created_at=now(), updated_at=now())
    Checkpoint.objects.create(
        thread_id=str(thread.thread_id),
        checkpoint_id=str(uuid6()),
        metadata=DOCUMENT,
        checkpoint={"channel_values": DOCUMENT},
    )
    return [
        f"assistants/assistant/{assistant.pk}/change/",
        f"threads/thread/{thread.pk}/change/",
        f"threads/thread/{thread.pk}/checkpoints/",
        f"runs/run/{run.pk}/change/",
        f"crons/cron/{cron.pk}/change/",
        f"webhooks/delivery/{delivery.pk}/change/",
        "store/storednamespace/?ns=a",
        "store/storednamespace/item/?ns=a&key=k",
    ]


def test_content_is_shown_to_those_who_may_read_it() -> None:
    reader = staff_client(*VIEWS, "checkpoints.view_content")

    for page in everything():
        assert SECRET in text(reader.get(f"/admin/{page}")), page


def test_content_is_hidden_from_those_who_may_not() -> None:
    pages = everything()
    looker = staff_client(*VIEWS)

    for page in pages:
        assert SECRET not in text(looker.get(f"/admin/{page}")), page
    assert looker.get(f"/admin/{pages[0].replace('change', 'versions')}").status_code == 403


@pytest.mark.parametrize("kind", ["assistants/assistant", "threads/thread", "crons/cron"])
def test_metadata_that_may_not_be_read_may_not_be_guessed(kind: str, admin_client: Client) -> None:
    everything()
    question = f'secret="{SECRET}"'

    assert "result_list" in text(admin_client.get(f"/admin/{kind}/", {"q": question}))
    assert "result_list" not in text(staff_client(*VIEWS).get(f"/admin/{kind}/", {"q": question}))
