"""The store in the admin."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils.timezone import now

from store import browsing
from store.models import StoredItem
from tests.support.admin import no_static_folder, staff_client, statements, text

pytestmark = [pytest.mark.django_db, no_static_folder]

LIST = "/admin/store/storednamespace/"


def make_item(prefix: str, key: str = "k", value: Any = None, **fields: Any) -> StoredItem:
    at = now()
    value = {"x": 1} if value is None else value
    return StoredItem.objects.create(prefix=prefix, key=key, value=value, created_at=at, updated_at=at, **fields)


def paths(namespace: str = "", **options: Any) -> list[str]:
    return [child.path for child in browsing.children(namespace, **{"limit": 100, **options})]


def page_of(item: StoredItem) -> str:
    return f"{LIST}item/?{urlencode({'ns': item.prefix, 'key': item.key})}"


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize(
    "prefixes", [["a", "a!b", "a!b.c", "a.b", "a.b.c", "a.d.e", "a/x.y", "b.c", "é.x", "\U0001f600"]]
)
def test_each_namespace_is_told_once_whatever_its_neighbours_and_the_pages_are(prefixes: list[str], size: int) -> None:
    for prefix in prefixes:
        make_item(prefix)

    for namespace, expected in [
        ("", ["a", "a!b", "a/x", "b", "é", "\U0001f600"]),
        ("a", ["a.b", "a.d"]),
        ("a.b", ["a.b.c"]),
        ("b.c", []),
    ]:
        told: list[str] = []
        after = ""
        while page := browsing.children(namespace, after=after, limit=size):
            told += [child.path for child in page]
            after = page[-1].place
        assert told == expected


def test_namespaces_are_found_by_how_their_next_label_begins() -> None:
    for prefix in ("users.alice", "users.albert.notes", "users.bob", "usersal"):
        make_item(prefix)

    assert paths("users", begins="al") == ["users.albert", "users.alice"]
    assert paths(begins="users") == ["users", "usersal"]
    assert paths("users", begins="\U0010ffff") == []


def test_a_namespace_shows_what_lies_below_it_and_its_items(admin_client: Client) -> None:
    make_item("users", "settings", {"theme": "<script>dark"}, ttl_minutes=5, expires_at=now() + timedelta(minutes=5))
    make_item("users.alice", "name", {"first": "Alice"})

    root, users = (text(admin_client.get(LIST, query)) for query in ({}, {"ns": "users"}))

    assert "<code>users</code>" in root
    assert "settings" not in root
    assert "<code>users.alice</code>" in users
    assert "settings" in users
    assert "in 4 min" in users
    assert "&lt;script&gt;dark" in users
    assert "Alice" not in users


def test_keys_are_searched_below_the_namespace_too(admin_client: Client) -> None:
    make_item("users.alice", "name-1", {"mark": "first"})
    make_item("users", "name-2", {"mark": "second"})
    make_item("usersx", "name-3", {"mark": "third"})
    make_item("users", "other", {"mark": "fourth"})

    found = text(admin_client.get(LIST, {"ns": "users", "key": "name"}))
    everywhere = text(admin_client.get(LIST, {"key": "name"}))

    assert [mark for mark in ("first", "second", "third", "fourth") if mark in found] == ["first", "second"]
    assert [mark for mark in ("first", "second", "third", "fourth") if mark in everywhere] == [
        "first",
        "second",
        "third",
    ]


def test_pages_follow_each_other_to_the_last_item_and_the_last_namespace(admin_client: Client) -> None:
    for n in range(51):
        make_item("here", f"key-{n:02}")
        make_item(f"here.below-{n:02}")

    first = text(admin_client.get(LIST, {"ns": "here"}))
    more = dict(re.findall(r'<a href="([^"]+)">(More \w+)', first))
    pages = {what: text(admin_client.get(address.replace("&amp;", "&"))) for address, what in more.items()}

    assert "key-49" in first
    assert "key-50" not in first
    assert "key-50" in pages["More items"]
    assert "key-49" not in pages["More items"]
    assert "below-50" not in first
    assert "below-50" in pages["More namespaces"]


def test_an_item_is_shown_whole_and_deleted_with_a_reason_in_the_log(admin_client: Client) -> None:
    item = make_item("users.alice", "a/b?c&d", {"long": "x" * 500 + "FINIS"})
    assert "FINIS" not in text(admin_client.get(LIST, {"ns": item.prefix}))
    assert "xFINIS" in text(admin_client.get(page_of(item)))

    unreasoned = admin_client.post(page_of(item), {"reason": ""})
    assert (unreasoned.status_code, StoredItem.objects.count()) == (200, 1)

    answer = admin_client.post(page_of(item), {"reason": "Asked by Alice"})
    assert (answer.status_code, StoredItem.objects.count()) == (302, 0)
    entry = LogEntry.objects.get()
    assert entry.change_message == "Deleted. Reason: Asked by Alice"
    assert item.key in entry.object_repr
    assert admin_client.get(page_of(item)).status_code == 404
    text(admin_client.get("/admin/"))


@pytest.mark.parametrize("query", [{"ns": "a\0b"}, {"ns": "a", "after_ns": "\0"}, {"ns": ".."}, {"label": "\ud7ff"}])
def test_strange_questions_find_nothing(admin_client: Client, query: dict[str, str]) -> None:
    make_item("b")

    assert "<code>b</code>" not in text(admin_client.get(LIST, query))
    assert admin_client.get(f"{LIST}item/", query).status_code == 404


def test_who_may_only_look_cannot_delete() -> None:
    item = make_item("b")
    reader = staff_client("store.view_storeditem")

    assert "Delete" not in text(reader.get(page_of(item)))
    assert reader.post(page_of(item), {"reason": "x"}).status_code == 403
    assert StoredItem.objects.count() == 1
    reader.logout()


def test_who_may_not_look_does_not() -> None:
    nobody = staff_client()

    assert nobody.get(LIST).status_code == 403
    assert nobody.get(page_of(make_item("b"))).status_code == 403


def test_the_browser_asks_the_same_few_questions_however_many_items_there_are(admin_client: Client) -> None:
    make_item("a")
    few = statements(lambda: admin_client.get(LIST, {"ns": "a"}))
    for n in range(20):
        make_item("a", f"key-{n}")
        make_item(f"a.{n}")

    assert len(statements(lambda: admin_client.get(LIST, {"ns": "a"}))) == len(few)
