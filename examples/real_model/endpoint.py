"""Which model to ask, read from the environment: OpenAI or a server that speaks like it, else Anthropic."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Endpoint:
    base_url: str
    model: str
    key: str = field(repr=False)

    @property
    def completions(self) -> str:
        return f"{self.base_url.rstrip('/')}/chat/completions"


def configured_endpoint(environment: Mapping[str, str] = os.environ) -> Endpoint | None:
    if key := environment.get("OPENAI_API_KEY"):
        base_url = environment.get("OPENAI_BASE_URL", "https://api.openai.com/v1")
        return Endpoint(base_url, model=environment.get("OPENAI_MODEL", "gpt-4o-mini"), key=key)
    if key := environment.get("ANTHROPIC_API_KEY"):
        # Anthropic serves its models in the shape of OpenAI's API too, so that one client is enough.
        model = environment.get("ANTHROPIC_MODEL", "claude-haiku-4-5")
        return Endpoint("https://api.anthropic.com/v1", model=model, key=key)
    return None
