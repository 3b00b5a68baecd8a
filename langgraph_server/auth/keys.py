"""API keys are made, recognised and revoked. Nothing is cached, so a revocation counts at once."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from langgraph_server.auth import scopes as scopes_
from langgraph_server.auth.asked import Asked
from langgraph_server.auth.errors import NoOwner
from langgraph_server.auth.models import ApiKey
from langgraph_server.auth.principal import Principal, principal_of
from langgraph_server.auth.users import facts_of

PREFIX = "lgs_"
#: Uses within this time of each other are one.
USE = timedelta(minutes=1)


def create(
    *,
    user: Any = None,
    service: str | None = None,
    scopes: Iterable[str] = (scopes_.ALL,),
    expires_at: datetime | None = None,
    name: str = "",
) -> tuple[ApiKey, str]:
    """The row, and the key itself, which is shown once and never kept."""
    if (user is None) == (not service):
        raise NoOwner
    key_id = secrets.token_hex(6)
    key = f"{PREFIX}{key_id}_{secrets.token_urlsafe(32)}"
    row = ApiKey.objects.create(
        key_id=key_id,
        digest=digest_of(key),
        user=user,
        service=service or None,
        scopes=scopes_.checked(scopes),
        expires_at=expires_at,
        name=name,
    )
    return row, key


def revoke(key_id: str) -> bool:
    """False if there is none that was still good for anything."""
    revoked = ApiKey.objects.filter(key_id=key_id, revoked_at__isnull=True).update(revoked_at=Now())
    return bool(revoked)


def principal_by_key(asked: Asked) -> Principal | None:
    """None without a key, and as well with one that is not, or not any more, good."""
    key = presented(asked)
    row = find(key) if key else None
    if row is None:
        return None
    remember_use(row)
    # The two kinds of owners cannot be mistaken for each other, nor a new user for a deleted one of the same name.
    owner = facts_of(row.user) if row.user else {"identity": f"service:{row.service}", "display_name": row.service}
    principal = principal_of({**owner, "permissions": row.scopes, "api_key": row.key_id})
    return replace(principal, key_id=row.key_id) if principal else None


def presented(asked: Asked) -> str | None:
    """Clients send an empty header when they have no key."""
    key = asked.header("x-api-key")
    if key:
        return key
    scheme, _, token = (asked.header("authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip().startswith(PREFIX) else None


def find(key: str) -> ApiKey | None:
    key_id = key.removeprefix(PREFIX).partition("_")[0]
    if "\0" in key_id:
        return None
    row = ApiKey.objects.select_related("user").filter(key_id=key_id).first()
    if row is None or not compare_digest(row.digest, digest_of(key)):
        return None
    return row if is_good(row) else None


def good(key_ids: Iterable[str]) -> set[str]:
    """Those that still open the door."""
    rows = ApiKey.objects.select_related("user").filter(key_id__in=key_ids)
    return {row.key_id for row in rows if is_good(row)}


def is_good(row: ApiKey) -> bool:
    return row.standing == "valid" and (row.user is None or row.user.is_active)


def remember_use(row: ApiKey) -> None:
    if row.last_used_at is None or row.last_used_at < now() - USE:
        unused = Q(last_used_at__isnull=True) | Q(last_used_at__lt=Now() - USE)
        ApiKey.objects.filter(unused, pk=row.pk).update(last_used_at=Now())


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
