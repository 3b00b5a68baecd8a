"""Runs."""

from langgraph_server.variables.variable import choice, integer, names, number

SLOTS = integer(
    "N_JOBS_PER_WORKER",
    default=200,
    said="200 runs; in `dev` 500",
    official="10",
    effect="runs at a time in each worker process; 0: the process does chores only. `--n-jobs-per-worker` of `dev` and "
    "`worker`",
)
QUEUES = names(
    "LANGGRAPH_SERVER_QUEUES",
    default="default",
    effect="comma-separated queues whose runs a worker claims; `worker --queues`. Every worker also takes the queue "
    "`chores`",
)
TIMEOUT = number(
    "BG_JOB_TIMEOUT_SECS",
    default=86400,
    minimum=1,
    unit="s",
    effect="longest time of one attempt; then the run ends as `timeout`",
)
ATTEMPTS = integer(
    "BG_JOB_MAX_RETRIES",
    default=3,
    minimum=1,
    effect="lost workers in a row that held nothing but this run, without a new superstep in between, after which it "
    "ends as `error`. Those lost in company only put it "
    "[apart](../explanation/leases-and-fences.md#a-run-that-kills-its-workers). Exceptions of the graph are never "
    "retried",
)
GRACE = number(
    "BG_JOB_SHUTDOWN_GRACE_PERIOD_SECS",
    default=30,
    said="30 s (`dev`: 3 s)",
    official="180",
    effect="time that runs have to end when their worker is told to stop; then they are given back",
)
LEASE = number(
    "LANGGRAPH_SERVER_LEASE_SECS",
    default=15,
    minimum=1,
    unit="s",
    effect="length of a lease. It is renewed three times in this time; a worker that could not for two thirds of it "
    "gives up its runs. Recovery after a crash takes at most this and a sweep",
)
POLL = number(
    "LANGGRAPH_SERVER_POLL_SECS",
    default=1,
    minimum=0.05,
    unit="s",
    effect="how often an idle worker looks for runs without having been told (± 20 %)",
)
SWEEP = number(
    "LANGGRAPH_SERVER_SWEEP_SECS",
    default=5,
    minimum=0.2,
    unit="s",
    effect="how often each worker looks for expired leases and rows past their time (± 20 %)",
)
RECORDS = choice(
    "LANGGRAPH_SERVER_RECORDS",
    ("off", "attempts", "all"),
    default="all",
    effect="what is written down of runs for operators. `attempts`: each attempt, and minute by minute how long the "
    "runs of each graph wait and take. `all`: also the tasks of each attempt with what went in and came out, cut to "
    "about 4 kB a value and 500 tasks, and the traceback of a failure. `off`: neither. See "
    "[what it costs](../performance.md#records)",
)
RECORD_DAYS = number(
    "LANGGRAPH_SERVER_RECORD_RETENTION_DAYS",
    default=7,
    unit="days",
    effect="how long tasks, tracebacks and minutes are kept. They and the attempts go with their run, if that goes "
    "before",
)
SYNC_THREADS = integer(
    "LANGGRAPH_SERVER_SYNC_THREADS",
    default=64,
    minimum=1,
    unit="threads",
    effect="threads of a worker process for synchronous nodes and tools",
)
