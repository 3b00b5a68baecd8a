"""Deliveries in the admin."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.utils.timezone import now

from tests.support.admin import no_static_folder, staff_client, text
from webhooks.models import Attempt, Delivery

pytestmark = [pytest.mark.django_db, no_static_folder]

LIST = "/admin/webhooks/delivery/"
VIEW, CHANGE, ATTEMPTS = "webhooks.view_delivery", "webhooks.change_delivery", "webhooks.view_attempt"
EVIL = "<script>alert(1)</script>"


def given_up() -> Delivery:
    made = Delivery.objects.create(
        run_id=uuid4(), url="http://example.com/", body={"status": EVIL}, state="given_up", ended_at=now(), tries=1
    )
    Attempt.objects.create(delivery=made, started_at=now(), duration=timedelta(0), status_code=404, answer=EVIL)
    return made


def test_a_delivery_s_page_shows_its_attempts_and_escapes_what_strangers_wrote() -> None:
    made = given_up()
    client = staff_client(VIEW, ATTEMPTS)

    assert "http://example.com/" in text(client.get(LIST))
    assert "http://example.com/" in text(client.get(LIST, {"q": str(made.run_id)}))
    page = text(client.get(f"{LIST}{made.delivery_id}/change/"))

    assert "404" in page
    assert EVIL not in page


def test_redelivering() -> None:
    made = given_up()

    staff_client(VIEW, CHANGE).post(LIST, {"action": "redeliver_selected", "_selected_action": [str(made.delivery_id)]})

    made.refresh_from_db()
    assert (made.state, made.ended_at) == ("pending", None)
    assert LogEntry.objects.count() == 1


def test_who_may_only_look_cannot_redeliver() -> None:
    made = given_up()

    staff_client(VIEW).post(LIST, {"action": "redeliver_selected", "_selected_action": [str(made.delivery_id)]})

    made.refresh_from_db()
    assert made.state == "given_up"
