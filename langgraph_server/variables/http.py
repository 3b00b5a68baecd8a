"""HTTP."""

from langgraph_server.variables.variable import boolean, integer, names, rate, text

BODY_BYTES = integer(
    "HTTP_MAX_REQUEST_BODY_BYTES",
    default=64 * 2**20,
    minimum=1024,
    unit="bytes (64 MiB)",
    official="300 MiB",
    effect="larger bodies are refused with 413",
)
BODY_NODES = integer(
    "LANGGRAPH_SERVER_MAX_BODY_NODES",
    default=1_000_000,
    minimum=100,
    effect="values that a request body may hold; beyond it: 422. Counted before the body is read, for a body full of "
    "brackets would take a hundred times its size",
)
THREADS = integer(
    "LANGGRAPH_SERVER_WEB_THREADS",
    default=8,
    minimum=1,
    unit="threads",
    effect="threads of each web process for Django; each keeps one database connection",
)
AUTH_TYPE = names(
    "LANGGRAPH_AUTH_TYPE",
    default="noop",
    effect="who is let in where `langgraph.json` names no `auth`: anyone (`noop`), holders of API keys (`keys`), "
    "Django's users with a session (`users`), or `keys,users`. See [who may do what](../how-to/authentication.md)",
)
CORS_ALLOW_ORIGINS = names(
    "CORS_ALLOW_ORIGINS",
    default="*",
    effect="comma-separated origins that browsers may call from. With `*` no credentials are allowed; with a list they "
    "are",
)
CORS_CONFIG = text("CORS_CONFIG", effect="JSON that replaces `http.cors` of `langgraph.json`")
ALLOW_PRIVATE_NETWORK = boolean(
    "ALLOW_PRIVATE_NETWORK",
    default=False,
    effect="true: browsers may call this server from public pages although it is in a private network",
)
MOUNT_PREFIX = text(
    "MOUNT_PREFIX", effect="replaces `http.mount_prefix` of `langgraph.json`: the server stands below it"
)
RATE_LIMIT = rate(
    "LANGGRAPH_SERVER_RATE_LIMIT",
    effect="how often one caller may ask, as `100/minute` (`second`, `minute`, `hour`, `day`); beyond it 429 with "
    "`Retry-After`. A caller is whom authentication names, else an address. Counted in Redis for all processes, per "
    "stretch of the clock; without Redis nobody is refused",
)
RUNS_PER_CALLER = integer(
    "LANGGRAPH_SERVER_RUNS_PER_CALLER",
    default=0,
    said="0: no limit",
    effect="active runs (waiting ones too) that one caller may have; one more is refused with 429. Exact, by a lock of "
    "Postgres. Without authentication all callers are one",
)
PROMETHEUS_FOLDER = text(
    "PROMETHEUS_MULTIPROC_DIR",
    effect="a folder in which several web processes count together. `dev` and `web --processes` make one themselves",
)
