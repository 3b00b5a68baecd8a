"""Nothing on the admin's pages runs, or loads, what the server did not send."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import make_run, make_thread
from tests.langgraph_server.test_admin_content import everything
from tests.support.admin import no_static_folder, text

pytestmark = [pytest.mark.django_db, no_static_folder]

#: What the policy forbids, and browsers would leave out without a word.
INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)(?![^>]*application/json)|<style|\sstyle=|\son[a-z]+=\"|javascript:", re.IGNORECASE
)
ELSEWHERE = re.compile(r"<(?:script|link|img|iframe|form)[^>]+(?:src|href|action)=\"(?:https?:)?//")

LISTS = (
    "assistants/assistant/",
    "threads/thread/",
    "runs/run/",
    "crons/cron/",
    "crons/cronfiring/",
    "webhooks/delivery/",
    "",
)


def pages() -> list[str]:
    run = make_run(make_thread(status="interrupted"))
    return [*LISTS, *everything(), f"runs/run/{run.pk}/change/", f"runs/run/answer/{run.thread_id}/"]


def test_pages_say_that_only_the_server_is_to_be_trusted(client: Client, admin_client: Client) -> None:
    for response in (client.get("/admin/login/"), admin_client.get("/admin/")):
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert "Content-Security-Policy" not in client.get("/ok").headers


def test_pages_hold_to_it(admin_client: Client) -> None:
    for page in pages():
        shown = text(admin_client.get(f"/admin/{page}"))
        assert INLINE.findall(shown) == [], page
        assert ELSEWHERE.findall(shown) == [], page


def test_browsers_may_name_the_origin_of_a_form(client: Client) -> None:
    """With `no-referrer` they would say `null`, which Django's check of origins refuses."""
    assert client.get("/admin/login/").headers["Referrer-Policy"] == "same-origin"


def test_cookies_stay_on_this_site_and_no_script_reads_the_session(client: Client) -> None:
    User.objects.create_superuser("alice", password="let me in")
    entered = client.post("/admin/login/", {"username": "alice", "password": "let me in"})
    flags = {name: (bool(cookie["httponly"]), cookie["samesite"]) for name, cookie in entered.cookies.items()}
    assert flags == {"sessionid": (True, "Lax"), "csrftoken": (False, "Lax")}
