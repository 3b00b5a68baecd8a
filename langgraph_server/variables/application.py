"""Where the application is."""

from langgraph_server import env
from langgraph_server.variables.variable import Variable, text

CONFIG = text(
    env.CONFIG,
    said="`langgraph.json` in the present folder",
    effect="path of the configuration file. Its folder is the application's root, and `.langgraph_server/` is made "
    "there. `dev --config` sets it",
)


def replacing(name: str, key: str, more: str = "") -> Variable[str]:
    return text(name, effect=f"JSON that replaces the key `{key}`{more}")


#: An image built for the reference server carries its configuration in these.
KEYS = {
    "graphs": replacing("LANGSERVE_GRAPHS", "graphs", ". With it no file is needed"),
    "store": replacing("LANGGRAPH_STORE", "store"),
    "auth": replacing("LANGGRAPH_AUTH", "auth"),
    "http": replacing("LANGGRAPH_HTTP", "http"),
    "webhooks": replacing("LANGGRAPH_WEBHOOKS", "webhooks"),
    "checkpointer": replacing("LANGGRAPH_CHECKPOINTER", "checkpointer"),
    "encryption": replacing("LANGGRAPH_ENCRYPTION", "encryption"),
    "priority": replacing("LANGGRAPH_PRIORITY", "priority"),
}
