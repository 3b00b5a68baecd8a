"""Logs."""

from langgraph_server.variables.variable import boolean, choice

LEVEL = choice(
    "LOG_LEVEL",
    ("DEBUG", "INFO", "WARNING", "ERROR"),
    default="INFO",
    effect="`DEBUG`, `INFO`, `WARNING` or `ERROR`; `dev --server-log-level`",
)
JSON = boolean("LOG_JSON", default=False, effect="`true`: one JSON object a line. Else one line of text")
