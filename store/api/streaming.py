"""The store over HTTP. On the loop, where the store lives."""

from typing import Any, ClassVar

from langgraph_server.api.streaming import WaitingView, object_of
from langgraph_server.api.views import validated
from store import items
from store.api.serializers import (
    DELETE,
    NAMESPACES,
    PUT,
    SEARCH,
    ItemDeleteBody,
    ItemPutBody,
    ItemSearchBody,
    NamespacesBody,
    item_object,
)
from store.errors import BadLabel, KeyRequired
from store.namespaces import checked, split

PLAIN = (b"content-type", b"text/plain; charset=utf-8")


class StoreView(WaitingView):
    async def refuse(self, error: Exception) -> None:
        if isinstance(error, BadLabel):
            await self.send_response(422, str(error).encode(), headers=[PLAIN])
        elif isinstance(error, KeyRequired):
            await self.respond(400, {"error": str(error)})
        else:
            await super().refuse(error)

    async def scoped(self, action: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """As the application's handler leaves it. Handlers put a user's name first, which must be a label, too:
        with a period in it one user's namespace could be another's.
        """
        if wanted["namespace"] is not None:
            wanted["namespace"] = checked(wanted["namespace"])
        allowed = {**wanted}
        await self.authorize("store", action, allowed)
        return {name: allowed.get(name, wanted[name]) for name in wanted} | {
            "namespace": checked(allowed.get("namespace") or ())
        }

    async def done(self) -> None:
        await self.send_response(204, b"")


class ItemView(StoreView):
    bodies: ClassVar = {"put": ItemPutBody, "delete": ItemDeleteBody}

    async def put(self, body: bytes) -> None:
        wanted = validated(PUT, object_of(body))
        await items.put(self.resources.store, **await self.scoped("put", wanted))
        await self.done()

    async def get(self, body: bytes) -> None:
        namespace, key = split(self.query.get("namespace", "")), self.query.get("key", "")
        if not key:
            raise KeyRequired
        wanted = {"namespace": namespace, "key": key, "refresh_ttl": self.refresh_ttl()}
        item = await items.get(self.resources.store, **await self.scoped("get", wanted))
        await self.respond(200, item and item_object(item))

    def refresh_ttl(self) -> bool | None:
        asked = self.query.get("refresh_ttl")
        return None if asked is None else asked.lower() == "true"

    async def delete(self, body: bytes) -> None:
        wanted = validated(DELETE, object_of(body))
        await items.delete(self.resources.store, **await self.scoped("delete", wanted))
        await self.done()


class ItemSearchView(StoreView):
    bodies: ClassVar = {"post": ItemSearchBody}

    async def post(self, body: bytes) -> None:
        wanted: dict[str, Any] = validated(SEARCH, object_of(body))
        wanted["namespace"] = wanted.pop("namespace_prefix")
        wanted = await self.scoped("search", wanted)
        found = await items.search(self.resources.store, wanted.pop("namespace"), **wanted)
        await self.respond(200, {"items": [item_object(item) for item in found]})


class NamespacesView(StoreView):
    bodies: ClassVar = {"post": NamespacesBody}

    async def post(self, body: bytes) -> None:
        wanted: dict[str, Any] = validated(NAMESPACES, object_of(body))
        wanted |= {"namespace": wanted.pop("prefix") or None, "suffix": checked(wanted["suffix"] or ()) or None}
        wanted = await self.scoped("list_namespaces", wanted)
        wanted |= {"prefix": wanted.pop("namespace"), "suffix": checked(wanted["suffix"] or ())}
        await self.respond(200, {"namespaces": await items.namespaces(self.resources.store, **wanted)})
