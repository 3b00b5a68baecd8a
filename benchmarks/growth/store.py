"""The number of items in the store, ten in a namespace."""

import itertools
from collections.abc import Awaitable
from typing import LiteralString

from benchmarks.growth.axis import Axis, Cost, Setting, costs
from benchmarks.growth.database import seed

ITEMS: LiteralString = """
INSERT INTO store (prefix, key, value, created_at, updated_at)
SELECT 'users.user' || n / 10 || '.memories', 'key-' || n %% 10,
  jsonb_build_object('n', n, 'text', repeat('x', 200)), moment, moment
FROM generate_series((SELECT count(*) FROM store), %(rows)s - 1) n,
  LATERAL (SELECT now() - interval '1 day' + n * interval '1 millisecond' AS moment) at
"""


async def measure(setting: Setting, size: int) -> dict[str, Cost]:
    await seed(setting.graphs, ITEMS, rows=size)
    client, users = setting.client, itertools.cycle(range(size // 10))

    def search(*prefix: str, **more: object) -> Awaitable[object]:
        return client.post("/store/items/search", {"namespace_prefix": list(prefix), **more})

    calls = {
        "get": lambda: client.get(f"/store/items?key=key-1&namespace=users.user{next(users)}.memories"),
        "search in a namespace": lambda: search("users", f"user{next(users)}"),
        "search by a filter": lambda: search("users", filter={"n": next(users)}),
        "search in all": lambda: search("users"),
        "namespaces of a user": lambda: client.post("/store/namespaces", {"prefix": ["users", f"user{next(users)}"]}),
        "namespaces, 10 of all": lambda: client.post("/store/namespaces", {"limit": 10}),
    }
    return await costs(setting, calls)


AXIS = Axis("store items", (100, 1_000, 10_000, 100_000, 1_000_000), measure)
