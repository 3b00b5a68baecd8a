"""Services."""

from langgraph_server.variables.variable import boolean, integer, text, uri

DATABASE_URI = uri(
    "DATABASE_URI",
    "DATABASE_URL",
    "POSTGRES_URI",
    schemes=("postgresql", "postgres"),
    default="postgresql:///langgraph_server",
    effect="Postgres, as `postgresql://` or `postgres://` with any libpq parameter (`?sslmode=verify-full`). If one is "
    "set, `dev` starts no embedded Postgres",
)
REDIS_URI = uri(
    "REDIS_URI",
    "REDIS_URL",
    "CELERY_BROKER_URL",
    schemes=("redis", "rediss", "unix"),
    default="redis://127.0.0.1:6379/0",
    effect="Redis, as `redis://`, `rediss://` or `unix://`. If one is set, `dev` starts no embedded Redis",
)
REDIS_KEY_PREFIX = text(
    "REDIS_KEY_PREFIX",
    default="lgs:",
    effect="prefix of all keys and channels; installations that share a Redis need different ones",
)
POOLER = boolean(
    "LANGGRAPH_SERVER_POOLER",
    default=False,
    effect="true: `DATABASE_URI` is a pooler in transaction mode, see "
    "[deployment](../how-to/deployment.md#a-pooler). No statement is prepared, and the role brings the timeouts. "
    "`migrate` refuses",
)
POOL_SIZE = integer(
    "LANGGRAPH_POSTGRES_POOL_MAX_SIZE",
    default=8,
    minimum=2,
    unit="connections",
    official="150",
    effect="largest size of the asynchronous pool for checkpoints, in each web and worker process. Django's own "
    "connections come on top, see [deployment](../how-to/deployment.md#postgres)",
)
