"""The store over HTTP. On the loop, where the store lives."""

from typing import Any

from langgraph_server.api.streaming import WaitingView, object_of
from langgraph_server.api.views import validated
from store import items
from store.api.serializers import DELETE, NAMESPACES, PUT, SEARCH, item_object
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

    async def done(self) -> None:
        await self.send_response(204, b"")


class ItemView(StoreView):
    async def put(self, body: bytes) -> None:
        wanted = validated(PUT, object_of(body))
        namespace = checked(wanted.pop("namespace"))
        await items.put(self.resources.store, namespace, **wanted)
        await self.done()

    async def get(self, body: bytes) -> None:
        namespace, key = split(self.query.get("namespace", "")), self.query.get("key", "")
        if not key:
            raise KeyRequired
        item = await items.get(self.resources.store, namespace, key, refresh_ttl=self.refresh_ttl())
        await self.respond(200, item and item_object(item))

    def refresh_ttl(self) -> bool | None:
        asked = self.query.get("refresh_ttl")
        return None if asked is None else asked.lower() == "true"

    async def delete(self, body: bytes) -> None:
        wanted = validated(DELETE, object_of(body))
        await items.delete(self.resources.store, checked(wanted["namespace"]), wanted["key"])
        await self.done()


class ItemSearchView(StoreView):
    async def post(self, body: bytes) -> None:
        wanted: dict[str, Any] = validated(SEARCH, object_of(body))
        prefix = checked(wanted.pop("namespace_prefix") or ())
        found = await items.search(self.resources.store, prefix, **wanted)
        await self.respond(200, {"items": [item_object(item) for item in found]})


class NamespacesView(StoreView):
    async def post(self, body: bytes) -> None:
        wanted: dict[str, Any] = validated(NAMESPACES, object_of(body))
        wanted |= {name: checked(wanted[name] or ()) for name in ("prefix", "suffix")}
        await self.respond(200, {"namespaces": await items.namespaces(self.resources.store, **wanted)})
