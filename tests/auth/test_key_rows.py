"""The rows of API keys: what is kept, what a key is good for, the command and the admin page."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client
from django.utils.timezone import now

from langgraph_server.auth import keys
from langgraph_server.auth.asked import Asked
from langgraph_server.auth.errors import NoOwner, UnknownScope
from langgraph_server.auth.models import ApiKey
from langgraph_server.auth.principal import Principal
from langgraph_server.auth.scopes import permit

pytestmark = pytest.mark.django_db


def make_user(name: str = "ada") -> Any:
    return get_user_model().objects.create_user(name, f"{name}@example.org", "for tests only")


def principal(key: str) -> Principal | None:
    return keys.principal_by_key(Asked(scope={"headers": [(b"x-api-key", key.encode("latin-1"))]}))


def test_a_key_acts_for_its_user() -> None:
    user = make_user()
    row, key = keys.create(user=user, scopes=["threads:read"])

    found = principal(key)
    assert found
    assert (found.identity, found.permissions) == (f"user:{user.pk}", ("threads:read",))
    assert found.user["display_name"] == "ada"
    assert found.user["api_key"] == row.key_id


def test_the_key_itself_is_nowhere() -> None:
    row, key = keys.create(service="ci")

    assert key.split("_", 2)[2] not in str(ApiKey.objects.values().get(pk=row.pk))


@pytest.mark.parametrize("presented", ["", "lgs_", "lgs_\0_x", "no key", "lgs_000000000000_guess", "\xe9"])
def test_what_is_no_key_of_ours_names_nobody(presented: str) -> None:
    keys.create(service="ci")

    assert principal(presented) is None


def test_the_public_part_alone_is_worth_nothing() -> None:
    row, key = keys.create(service="ci")

    assert principal(f"lgs_{row.key_id}_") is None
    assert principal(key[:-1]) is None


def test_a_key_ends_when_it_is_revoked_or_past_or_its_user_goes() -> None:
    user = make_user()
    revoked, past, orphaned = (keys.create(user=user)[1] for _ in range(3))
    assert keys.revoke(revoked.split("_")[1])
    assert not keys.revoke(revoked.split("_")[1])
    ApiKey.objects.filter(key_id=past.split("_")[1]).update(expires_at=now() - timedelta(seconds=1))
    assert principal(orphaned)
    get_user_model().objects.update(is_active=False)

    assert [principal(key) for key in (revoked, past, orphaned)] == [None] * 3


def test_use_is_remembered_to_the_minute() -> None:
    row, key = keys.create(service="ci")
    principal(key)
    first = ApiKey.objects.get(pk=row.pk).last_used_at
    principal(key)

    assert first is not None
    assert ApiKey.objects.get(pk=row.pk).last_used_at == first


@pytest.mark.parametrize("owners", [{}, {"service": ""}])
def test_a_key_without_an_owner_is_not_made(owners: dict[str, Any]) -> None:
    with pytest.raises(NoOwner):
        keys.create(**owners)


def test_the_database_knows_that_a_key_has_one_owner() -> None:
    with pytest.raises(IntegrityError):
        ApiKey.objects.create(key_id="x", digest="x", user=make_user(), service="ci")


def test_an_unknown_scope_is_refused() -> None:
    with pytest.raises(UnknownScope, match="threads:write"):
        keys.create(service="ci", scopes=["everything"])


@pytest.mark.parametrize(
    ("scopes", "resource", "action", "allowed"),
    [
        (["*"], "store", "put", True),
        (["threads:read"], "threads", "search", True),
        (["threads:read"], "threads", "create_run", False),
        (["threads:write"], "threads", "read", False),
        (["threads:*"], "threads", "delete", True),
        (["*:read"], "store", "list_namespaces", True),
        (["*:read"], "crons", "create", False),
        ([], "threads", "read", False),
    ],
)
def test_scopes_name_a_resource_and_what_is_done_to_it(
    scopes: list[str], resource: str, action: str, allowed: bool
) -> None:
    assert permit(scopes, resource, action) is allowed


def test_the_command_makes_lists_and_revokes(capsys: pytest.CaptureFixture[str]) -> None:
    make_user()
    call_command(
        "apikey", "create", "--user", "ada", "--scope", "threads:*", "--expires-in-days", "1", "--name", "mine"
    )
    key = capsys.readouterr().out.strip()
    assert principal(key)
    call_command("apikey", "list")
    listed = capsys.readouterr().out
    assert all(part in listed for part in ("valid", "user ada", "threads:*", "mine"))
    assert key not in listed
    call_command("apikey", "revoke", key)
    assert principal(key) is None


@pytest.mark.parametrize(
    "arguments",
    [["create", "--service", "x", "--scope", "all"], ["create", "--user", "nobody"], ["revoke", "x"]],
)
def test_the_command_refuses_what_makes_no_sense(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("apikey", *arguments)


def test_the_admin_makes_a_key_and_shows_it_once(client: Client) -> None:
    client.force_login(get_user_model().objects.create_superuser("root", "root@example.org", "for tests only"))
    form = {"name": "", "user": "", "service": "ci", "scopes": ["*"], "expires_at_0": "", "expires_at_1": ""}
    page = client.post("/admin/access/apikey/add/", form, follow=True).content.decode()

    shown = page[page.index("lgs_") :].split("<")[0].strip()
    row = ApiKey.objects.get()
    assert "shown this once" in page
    assert shown.startswith(f"lgs_{row.key_id}_")
    assert principal(shown)
    assert shown not in client.get("/admin/access/apikey/").content.decode()
    selected = {"action": "revoke", "_selected_action": [row.pk]}
    client.post("/admin/access/apikey/", selected, follow=True)
    assert principal(shown) is None


def test_the_admin_wants_one_owner(client: Client) -> None:
    user = get_user_model().objects.create_superuser("root", "root@example.org", "for tests only")
    client.force_login(user)
    for form in ({"service": ""}, {"service": "ci", "user": user.pk}):
        page = client.post("/admin/access/apikey/add/", {"scopes": ["*"], **form}).content.decode()
        assert "one of them" in page
    assert not ApiKey.objects.exists()
