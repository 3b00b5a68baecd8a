"""API keys in the admin: made here and shown once, watched, and revoked."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP

from langgraph_server.admin.display import moment_column
from langgraph_server.admin.stock import Page
from langgraph_server.auth import keys, scopes
from langgraph_server.auth.models import ApiKey


class KeyForm(forms.ModelForm):  # type: ignore[type-arg] # generic in its stubs only
    service = forms.CharField(required=False, empty_value=None)
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in sorted(scopes.SCOPES)], initial=[scopes.ALL]
    )

    class Meta:
        model = ApiKey
        fields = ("name", "user", "service", "scopes", "expires_at")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("user")) == bool(cleaned.get("service")):
            raise forms.ValidationError("Name a user or a service, one of them.")
        return cleaned


@admin.register(ApiKey)
class ApiKeyAdmin(Page[ApiKey]):
    form = KeyForm
    list_display = ("__str__", "name", "owner", "scopes", "state", "used", "created", "expires_at")
    list_select_related = ("user",)
    search_fields = ("key_id", "name", "service")
    ordering = ("-created_at",)
    raw_id_fields = ("user",)
    actions = ("revoke",)

    created = moment_column("created_at")
    used = moment_column("last_used_at")

    @admin.display
    def owner(self, key: ApiKey) -> str:
        return f"service {key.service}" if key.user is None else str(key.user)

    @admin.display
    def state(self, key: ApiKey) -> str:
        return key.standing

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """What a key may do is fixed when it is made; the list is there for those who may look."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """A revoked key says who had access."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        made, key = keys.create(**form.cleaned_data)
        obj.__dict__.update(made.__dict__)
        messages.warning(request, f"The key, shown this once: {key}")

    @admin.action(description="Revoke selected keys", permissions=["add"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        revoked = sum(keys.revoke(key.key_id) for key in queryset)
        messages.success(request, f"{revoked} revoked.")
