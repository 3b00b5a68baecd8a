"""One attempt and its verdict; who delivers, and how often."""

import base64
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from random import Random
from unittest.mock import patch
from uuid import uuid4

import orjson
import pytest
from django.db.models.functions import Now
from django.utils.timezone import now
from standardwebhooks import Webhook

from tests.runs.racing import race
from tests.webhooks.carrying import attempt, carry_due
from tests.webhooks.conftest import Configure, Receiver
from webhooks import backoff, custody, outbox, retention
from webhooks.delivery import EXCERPT, REDIRECTS, Answer, verdict
from webhooks.models import Delivery
from webhooks.outbox import Report
from webhooks.signing import secrets_of

committed = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
OLD, NEW = (base64.b64encode(word * 8).decode() for word in (b"old!", b"new!"))


def make_delivery(url: str = "http://127.0.0.1:1/", **fields: object) -> Delivery:
    return Delivery.objects.create(**{"run_id": uuid4(), "url": url, "body": {"status": "success"}, **fields})


def answered(status: int | None) -> Answer:
    permanent = status is not None and 300 <= status < 500 and status not in {408, 425, 429}
    return Answer(now(), timedelta(0), status_code=status, permanent=permanent)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, "delivered"),
        (204, "delivered"),
        (301, "given_up"),
        (400, "given_up"),
        (404, "given_up"),
        (410, "given_up"),
        (408, "pending"),
        (429, "pending"),
        (500, "pending"),
        (503, "pending"),
        (None, "pending"),
    ],
)
def test_the_verdict(status: int | None, state: str) -> None:
    judged = verdict(answered(status), tries=1, give_up_at=now() + DAY)

    assert judged.state == state
    assert (judged.next_try_at is not None) == (state == "pending")


def test_after_a_day_of_failures_it_is_given_up() -> None:
    late = answered(500)
    assert verdict(late, tries=9, give_up_at=late.started_at).state == "given_up"


def test_retries_come_ever_later_and_for_a_whole_day() -> None:
    began = moment = now()
    waits: list[timedelta] = []
    while again := backoff.next_try(tries=len(waits) + 1, first=timedelta(seconds=5), end=began + DAY, now=moment):
        waits.append(again - moment)
        moment = again

    assert moment - began == DAY
    assert timedelta(seconds=4) <= waits[0] <= timedelta(seconds=6)
    assert max(waits) <= timedelta(hours=6) * 1.2
    assert len(waits) >= 9


@pytest.mark.parametrize("tries", [1, 5, 50, 10_000])
def test_a_delay_is_never_longer_than_six_hours_and_jitter(tries: int) -> None:
    assert backoff.delay(tries, timedelta(hours=1), jitter=1) <= timedelta(hours=6) * 1.2


def test_the_receiver_gets_the_body_with_its_moment_of_sending(configure: Configure, receiver: Receiver) -> None:
    configure(headers={"X-Tok": "tok123"})
    made = Delivery(url=f"{receiver.url}/hook", body={"status": "success"})

    answer = attempt(made)

    assert (answer.status_code, answer.excerpt, answer.accepted) == (200, "ok", True)
    [(line, headers, _)] = receiver.received
    assert line == "POST /hook"
    assert headers["x-tok"] == "tok123"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("python-httpx/")
    assert headers["webhook-id"] == str(made.delivery_id)
    assert "webhook-signature" not in headers
    [body] = receiver.bodies
    assert list(body) == ["status", "webhook_sent_at"]


def test_a_signature_verifies_with_either_secret_during_a_rotation(configure: Configure, receiver: Receiver) -> None:
    configure(secrets=secrets_of(f'{{"127.0.0.1": ["whsec_{NEW}", "{OLD}"], "*": "whsec_b3RoZXI="}}'))

    attempt(Delivery(url=receiver.url, body={"status": "success", "said": "Grüße"}))

    [(_, headers, body)] = receiver.received
    for secret in (OLD, NEW):
        assert Webhook(secret).verify(body, headers)["said"] == "Grüße"


def test_webhook_sent_at_is_left_out_where_it_is_not_allowed(configure: Configure, receiver: Receiver) -> None:
    configure(allowed_fields=frozenset({"status"}))

    attempt(Delivery(url=receiver.url, body={"status": "success"}))

    assert receiver.bodies == [{"status": "success"}]


def test_redirects_are_followed_and_a_302_becomes_a_get(configure: Configure, receiver: Receiver) -> None:
    configure()
    receiver.answer = lambda place: (302, {"location": "/moved"}, b"") if place == 1 else (200, {}, b"there")

    assert attempt(Delivery(url=receiver.url, body={})).excerpt == "there"
    assert [line for line, _, _ in receiver.received] == ["POST /", "GET /moved"]


def test_a_circle_of_redirects_ends(configure: Configure, receiver: Receiver) -> None:
    configure()
    receiver.answer = lambda place: (307, {"location": "/again"}, b"")

    answer = attempt(Delivery(url=receiver.url, body={}))

    assert (answer.error, answer.permanent) == (f"more than {REDIRECTS} redirects", True)
    assert len(receiver.received) == REDIRECTS + 1


def test_what_is_ours_stays_with_the_host_it_was_meant_for(configure: Configure, receiver: Receiver) -> None:
    configure(headers={"X-Tok": "tok123"}, secrets=secrets_of(f'{{"*": "{OLD}"}}'))
    elsewhere = receiver.url.replace("127.0.0.1", "localhost")
    receiver.answer = lambda place: (307, {"location": elsewhere}, b"") if place == 1 else (200, {}, b"")

    attempt(Delivery(url=receiver.url, body={}))

    first, second = (headers for _, headers, _ in receiver.received)
    assert {"x-tok", "webhook-signature"} <= first.keys()
    assert {"x-tok", "webhook-signature"}.isdisjoint(second)


def test_a_report_in_another_protocol_goes_out_as_it_stands(configure: Configure, receiver: Receiver) -> None:
    configure(headers={"Authorization": "ours"}, secrets=secrets_of(f'{{"*": "{OLD}"}}'))
    elsewhere = receiver.url.replace("127.0.0.1", "localhost")
    receiver.answer = lambda place: (307, {"location": elsewhere}, b"") if place == 1 else (200, {}, b"")

    attempt(Delivery(url=receiver.url, body={"a": 1}, headers={"authorization": "theirs", "x-token": "sesame"}))

    (_, first, body), (_, second, _) = receiver.received
    assert orjson.loads(body) == {"a": 1}
    assert (first["authorization"], first["x-token"]) == ("ours", "sesame")
    assert "webhook-signature" in first
    assert {"authorization", "x-token", "webhook-signature"}.isdisjoint(second)


def test_a_long_answer_is_not_read_to_its_end(configure: Configure, receiver: Receiver) -> None:
    configure()
    receiver.answer = lambda place: (500, {}, b"no\x00!" * 1_000_000)

    answer = attempt(Delivery(url=receiver.url, body={}))

    assert answer.status_code == 500
    assert len(answer.excerpt) <= EXCERPT
    assert "\x00" not in answer.excerpt


@contextmanager
def dripping() -> Iterator[str]:
    """A receiver that answers a byte at a time, without end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_receiver_that_never_ends_its_answer_is_left(configure: Configure) -> None:
    configure()
    with dripping() as url, patch("webhooks.delivery.TIMEOUT", 0.3):
        began = time.monotonic()
        answer = attempt(Delivery(url=url, body={}))

    assert time.monotonic() - began < 3
    assert (answer.status_code, answer.permanent) == (None, False)
    assert answer.error.startswith("no complete answer within")


@committed
def test_a_receiver_that_fails_half_the_time_gets_every_delivery_once_deduplicated(
    configure: Configure, receiver: Receiver
) -> None:
    configure()
    coin = Random(7)
    receiver.answer = lambda place: (coin.choice([200, 500]), {}, b"")
    made = {str(make_delivery(receiver.url).delivery_id) for _ in range(60)}

    for _ in range(40):
        Delivery.objects.filter(state="pending").update(next_try_at=Now())
        carry_due()
        if not Delivery.objects.filter(state="pending").exists():
            break

    assert set(receiver.ids) == made
    assert not Delivery.objects.exclude(state="delivered").exists()
    delivery = Delivery.objects.order_by("-tries")[0]
    assert delivery.attempts.count() == delivery.tries > 1
    assert set(delivery.attempts.values_list("status_code", flat=True)) == {200, 500}


@committed
def test_two_workers_never_take_the_same_delivery() -> None:
    made = {make_delivery().delivery_id for _ in range(50)}

    taken = race(*[lambda: [delivery.delivery_id for delivery in custody.take(50)] for _ in range(4)])

    everything = [delivery_id for each in taken for delivery_id in each]
    assert sorted(everything) == sorted(made)


@pytest.mark.django_db
def test_a_delivery_whose_worker_is_lost_is_due_again_and_the_late_verdict_does_not_count() -> None:
    make_delivery()
    [lost] = custody.take(10)
    assert custody.take(10) == []
    Delivery.objects.update(next_try_at=Now())
    [found] = custody.take(10)

    assert not custody.conclude(lost, answered(500), verdict(answered(500), tries=1, give_up_at=now()))
    assert custody.conclude(found, answered(200), verdict(answered(200), tries=2, give_up_at=now()))
    found.refresh_from_db()
    assert (found.state, found.tries, found.attempts.count()) == ("delivered", 2, 2)


@pytest.mark.django_db
def test_an_attempt_is_dated_and_judged_by_the_database_though_the_workers_clock_is_wrong() -> None:
    made = make_delivery()
    [taken] = custody.take(10)

    with patch("webhooks.delivery.now", lambda: now() + timedelta(minutes=10)):
        answer = attempt(taken)
    judged = verdict(replace(answer, permanent=False), tries=1, give_up_at=made.give_up_at)

    assert answer.started_at == taken.taken_at
    assert abs(answer.started_at - now()) < timedelta(minutes=5)
    assert judged.next_try_at is not None
    assert judged.next_try_at < now() + timedelta(minutes=5)


@pytest.mark.django_db
def test_redelivering_gives_another_day_and_leaves_alone_what_is_under_way() -> None:
    over = make_delivery(state="given_up", ended_at=now(), give_up_at=now() - DAY)
    pending = make_delivery(next_try_at=now() + DAY)

    assert custody.redeliver([over.delivery_id, pending.delivery_id]) == 1

    [taken] = custody.take(10)
    assert taken.delivery_id == over.delivery_id
    assert taken.give_up_at > now() + DAY / 2


@pytest.mark.django_db
def test_a_run_is_recorded_once(configure: Configure) -> None:
    configure(allowed_fields=frozenset({"status"}))
    report = Report(uuid4(), "http://example.com/", {"status": "success", "kwargs": {}})

    outbox.record([report])
    outbox.record([report])

    delivery = Delivery.objects.get()
    assert (delivery.body, delivery.state, delivery.tries) == ({"status": "success"}, "pending", 0)


@pytest.mark.django_db
def test_a_report_in_another_protocol_is_recorded_whole(configure: Configure) -> None:
    configure(allowed_fields=frozenset({"status"}))

    outbox.record([Report(uuid4(), "http://example.com/", {"status": "success", "id": "x"}, headers={})])

    assert Delivery.objects.get().body == {"status": "success", "id": "x"}


@pytest.mark.django_db
def test_nothing_is_recorded_where_webhooks_are_disabled(configure: Configure) -> None:
    configure(disabled=True)

    outbox.record([Report(uuid4(), "http://example.com/", {})])

    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_deliveries_are_forgotten_some_time_after_their_end() -> None:
    old = make_delivery(state="delivered", ended_at=now() - 31 * DAY)
    custody.conclude(old, answered(200), verdict(answered(200), tries=0, give_up_at=now()))
    kept = [make_delivery(state="delivered", ended_at=now()), make_delivery(created_at=now() - 31 * DAY)]

    assert retention.forget() == 1
    assert set(Delivery.objects.all()) == set(kept)
