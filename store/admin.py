"""The store in the admin: its namespaces, label by label, the items in them, and the way to delete one."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import DELETION
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect  # noqa: TID251 - the admin's pages speak HTTP
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.timezone import now

from langgraph_server.admin import journal
from langgraph_server.admin.confirming import Reason
from langgraph_server.admin.content import may_read
from langgraph_server.admin.display import NOTHING, moment, span
from langgraph_server.admin.documents import document
from langgraph_server.admin.stock import Page
from langgraph_server.config.loading import server_config
from store import browsing
from store.models import StoredItem, StoredNamespace

#: Of namespaces, and of items.
PAGE = 50


class Where(forms.Form):
    """What the browser shows, and from where on."""

    ns = forms.CharField(required=False, strip=False, label="Namespace")
    label = forms.CharField(required=False, strip=False, label="Next label begins with")
    key = forms.CharField(required=False, strip=False, label="Key begins with")
    #: The last namespace, and the last item, of the page before.
    after = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    after_ns = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    after_key = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)


class Name(forms.Form):
    """An item's. A key may have spaces at its ends, and be empty."""

    ns = forms.CharField(strip=False)
    key = forms.CharField(strip=False, required=False)


@admin.register(StoredNamespace)
class StoreAdmin(Page[StoredNamespace]):
    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: StoredNamespace | None = None) -> bool:
        return request.user.has_perm("store.view_storeditem")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: StoredNamespace | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StoredNamespace | None = None) -> bool:
        return request.user.has_perm("store.delete_storeditem")

    def get_urls(self) -> list[Any]:
        """Nothing of the stock pages but the name of the first."""
        return [
            path("", self.admin_site.admin_view(self.browse), name="store_storednamespace_changelist"),
            path("item/", self.admin_site.admin_view(self.item), name="store_storeditem"),
        ]

    def page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        whole = {**self.admin_site.each_context(request), "opts": self.opts, "own": server_config().store.get("path")}
        return TemplateResponse(request, f"admin/store/{template}", {**whole, **context})

    def browse(self, request: HttpRequest) -> TemplateResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = Where(request.GET)
        shown = listing(**form.cleaned_data) if form.is_valid() else {}
        return self.page(request, "browser.html", title="Store", form=form, may_read=may_read(request), **shown)

    def item(self, request: HttpRequest) -> TemplateResponse | HttpResponseRedirect:
        if not self.has_view_permission(request):
            raise PermissionDenied
        item = item_or_404(request)
        form = Reason(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self.delete(request, item, reason=form.cleaned_data["reason"])
        rights = {"may_delete": self.has_delete_permission(request), "may_read": may_read(request)}
        return self.page(request, "item.html", title=item.key, form=form, **rights, **details(item))

    def delete(self, request: HttpRequest, item: StoredItem, *, reason: str) -> HttpResponseRedirect:
        """Its vectors go in the database."""
        if not self.has_delete_permission(request):
            raise PermissionDenied
        StoredItem.objects.filter(prefix=item.prefix, key=item.key).delete()
        journal.note(request, [item], "Deleted.", reason=reason, flag=DELETION)
        self.message_user(request, f"{item} is deleted.", messages.SUCCESS)
        return HttpResponseRedirect(address(ns=item.prefix))


def address(**where: str) -> str:
    """Of the browser, without what is empty."""
    query = urlencode({name: value for name, value in where.items() if value})
    return f"{reverse('admin:store_storednamespace_changelist')}?{query}"


def listing(*, ns: str, label: str, key: str, after: str, after_ns: str, after_key: str) -> dict[str, Any]:
    """A page of each; the ends of one page are the keys of the next."""
    children = browsing.children(ns, begins=label, after=after, limit=PAGE + 1)
    place = (after_ns, after_key) if after_ns else ()
    items = browsing.items(ns, begins=key, after=place, limit=PAGE + 1) if ns or key else []
    return {
        "trail": trail(ns),
        "children": [(child.path, address(ns=child.path)) for child in children[:PAGE]],
        "more_children": address(ns=ns, label=label, after=children[PAGE - 1].place) if len(children) > PAGE else "",
        "items": [row(item) for item in items[:PAGE]],
        "more_items": more_items(ns, key, items[PAGE - 1]) if len(items) > PAGE else "",
        "continued": bool(after or after_ns),
        "asked": bool(ns or key),
    }


def more_items(ns: str, key: str, last: dict[str, Any]) -> str:
    return address(ns=ns, key=key, after_ns=last["prefix"], after_key=last["key"])


def trail(ns: str) -> list[tuple[str, str]]:
    labels = ns.split(".") if ns else []
    return [(label, address(ns=".".join(labels[: depth + 1]))) for depth, label in enumerate(labels)]


def row(item: dict[str, Any]) -> dict[str, Any]:
    query = urlencode({"ns": item["prefix"], "key": item["key"]})
    return {
        **item,
        "page": f"{reverse('admin:store_storeditem')}?{query}",
        "cut": len(item["start"]) == browsing.START,
        "updated": moment(item["updated_at"]),
        "expires": expiry(item["expires_at"]),
    }


def expiry(at: Any) -> str:
    if at is None:
        return NOTHING
    left = at - now()
    return f"in {span(left)}" if left.total_seconds() > 0 else f"expired {span(-left)} ago, not yet swept"


def details(item: StoredItem) -> dict[str, Any]:
    return {
        "item": item,
        "trail": trail(item.prefix),
        "value": document(item.value),
        "created": moment(item.created_at),
        "updated": moment(item.updated_at),
        "expires": expiry(item.expires_at),
    }


def item_or_404(request: HttpRequest) -> StoredItem:
    name = Name(request.GET)
    if not name.is_valid():
        raise Http404("An item has a namespace and a key.")
    item = StoredItem.objects.filter(prefix=name.cleaned_data["ns"], key=name.cleaned_data["key"]).first()
    if item is None:
        raise Http404("There is no such item.")
    return item
