"""Reading the admin's pages in tests."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

#: whitenoise wants the folder of collected files, which only a deployed server has.
no_static_folder = pytest.mark.filterwarnings("ignore:No directory at")


def staff_client(*permissions: str) -> Client:
    """A member of the staff who may do this much: `runs.view_run`."""
    user = User.objects.create_user("charlie", is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client = Client()
    client.force_login(user)
    return client


def text(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def statements(call: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        call()
    return [query["sql"] for query in captured]
