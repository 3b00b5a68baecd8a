"""What an agent says of itself."""

from typing import Any

from assistants.models import Assistant
from langgraph_server.gateways.agents import VERSION, Schema

MODES = ["application/json", "text/plain"]
HISTORY_SCOPE = {
    "uri": "https://langchain.com/a2a/extensions/history-scope/v1",
    "description": "Choose task-only or full-context response history",
    "required": False,
    "params": {
        "header": "LangGraph-A2A-History-Scope",
        "values": ["context", "task"],
        "default": "context",
        "methods": ["SendMessage", "GetTask", "ListTasks"],
    },
}


def card(assistant: Assistant, schema: Schema | None, *, base: str, pushes: bool) -> dict[str, Any]:
    url = f"{base}/a2a/{assistant.assistant_id}"
    description = assistant.description or f"{assistant.name} assistant"
    return {
        "name": assistant.name,
        "description": description,
        "url": url,
        "preferredTransport": "JSONRPC",
        "protocolVersion": "0.3.0",
        "supportedInterfaces": [
            {"url": url, "protocolBinding": "JSONRPC", "protocolVersion": version} for version in ("1.0", "0.3")
        ],
        "capabilities": {
            "streaming": True,
            "pushNotifications": pushes,
            "stateTransitionHistory": False,
            "extensions": [HISTORY_SCOPE],
        },
        "defaultInputModes": MODES,
        "defaultOutputModes": MODES,
        "skills": [skill(assistant, description, schema or {})],
        "version": VERSION,
    }


def skill(assistant: Assistant, description: str, schema: Schema) -> dict[str, Any]:
    properties = sorted(schema.get("properties", {}))
    return {
        "id": f"{assistant.assistant_id}-main",
        "name": f"{assistant.name} Capabilities",
        "description": description,
        "tags": ["assistant", "langgraph"],
        "examples": [],
        "inputModes": MODES,
        "outputModes": MODES,
        "metadata": {
            "inputSchema": {
                "required": schema.get("required", []),
                "properties": properties,
                "supportsA2A": "messages" in properties,
            }
        },
    }
