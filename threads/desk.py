"""Calls about threads that arrive at the same moment are made together."""

from collections.abc import Sequence
from functools import cache
from uuid import UUID

from langgraph_server.api.resources import Resources
from langgraph_server.auth.filters import Filter
from langgraph_server.batching import Batcher
from threads import insertion, lifecycle, searching
from threads.errors import ThreadNotFound
from threads.models import Thread
from threads.searching import Search


class Desk:
    def __init__(self, resources: Resources) -> None:
        self.rows = resources.rows
        self.long = resources.searches
        self.gets: Batcher[UUID, Thread] = Batcher(self.get_together)
        self.searches: Batcher[Search, list[Thread]] = Batcher(self.find_together)
        self.makings: Batcher[Thread, Thread] = Batcher(self.make_together)

    async def get(self, thread_id: UUID, *, visible: Filter) -> Thread:
        """Raises ThreadNotFound. Who may not see everything is asked about alone."""
        if visible:
            return await self.rows.call(lifecycle.get, thread_id, visible=visible)
        return await self.gets.submit(thread_id)

    async def get_together(self, thread_ids: Sequence[UUID]) -> list[Thread | Exception]:
        found = await self.rows.call(Thread.objects.in_bulk, thread_ids)
        return [found.get(thread_id) or ThreadNotFound(thread_id=thread_id) for thread_id in thread_ids]

    async def find(self, search: Search) -> list[Thread]:
        """One thread more than asked for, if there is. Nobody else's waits for one that may take long."""
        if search.is_long:
            (found,) = await self.long.call(searching.find, [search])
            return found
        return await self.searches.submit(search)

    async def find_together(self, searches: Sequence[Search]) -> Sequence[list[Thread]]:
        return await self.rows.call(searching.find, searches)

    async def make(self, thread: Thread) -> Thread:
        """Its id is new, not a client's: nobody else has it."""
        return await self.makings.submit(thread)

    async def make_together(self, threads: Sequence[Thread]) -> Sequence[Thread]:
        return await self.rows.call(insertion.insert, threads)


@cache
def desk_of(resources: Resources) -> Desk:
    return Desk(resources)
