"""Crons and webhooks."""

from langgraph_server.variables.variable import boolean, number, text

TICK = number(
    "CRON_SCHEDULER_SLEEP_TIME",
    default=5,
    minimum=0.2,
    unit="s",
    effect="interval at which the clock (`beat`) and workers by themselves look for crons, webhooks and lost runs. "
    "Crons that fall due in between fire at their moment; a webhook's first attempt does not wait for it",
)
ENABLED = boolean("FF_CRONS_ENABLED", default=True, effect="false: no cron fires; they can still be made and changed")
FIRING_DAYS = number(
    "LANGGRAPH_SERVER_CRON_RETENTION_DAYS", default=30, unit="days", effect="how long a cron's firings are kept"
)
DELIVERY_DAYS = number(
    "LANGGRAPH_SERVER_WEBHOOK_RETENTION_DAYS",
    default=30,
    unit="days",
    effect="how long a delivery and its attempts are kept after it was accepted or given up",
)
FIRST_DELAY = number(
    "LANGGRAPH_SERVER_WEBHOOK_RETRY_SECS",
    default=5,
    minimum=0.1,
    unit="s",
    effect="pause after a delivery's first failure; each later one is four times as long, up to 6 hours, ± 20 %. After "
    "24 hours a delivery is given up",
)
WEBHOOK_SECRETS = text(
    "WEBHOOK_SECRETS",
    secret=True,
    effect="JSON object: host → secret or list of secrets (base64, with or without `whsec_`), `*` for all other hosts. "
    "Messages to these hosts are signed as [Standard Webhooks](https://www.standardwebhooks.com) describes. With a "
    "list each message carries a signature of every secret, so that a receiver can change from one to the next",
)
THREAD_TTL = text(
    "LANGGRAPH_THREAD_TTL",
    effect="JSON that replaces `checkpointer.ttl` of `langgraph.json`: "
    '`{"strategy": "delete", "default_ttl": 60}` in minutes, for threads made from then on',
)
