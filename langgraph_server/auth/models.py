"""API keys: what is kept of one, which is everything but the key."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from langgraph_server.auth.scopes import ALL


def everything() -> list[str]:
    return [ALL]


class ApiKey(models.Model):
    #: The part of the key that is no secret.
    key_id = models.TextField(unique=True, editable=False)
    #: SHA-256 of the whole key: it is random enough to need no slow hash.
    digest = models.TextField(editable=False)
    name = models.TextField(default="", blank=True)
    #: Whom it acts for: a Django user, or a service that has no account.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="langgraph_api_keys"
    )
    service = models.TextField(null=True, blank=True)
    #: What it may be used for (`langgraph_server.auth.scopes`).
    scopes = models.JSONField(default=everything)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: To the minute.
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(user__isnull=True, service__isnull=False) | Q(user__isnull=False, service__isnull=True),
                name="api_key_has_one_owner",
            ),
        ]

    def __str__(self) -> str:
        return f"lgs_{self.key_id}…"

    @property
    def standing(self) -> str:
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now():
            return "expired"
        return "valid"
