"""How views describe themselves: bodies are JSON, whatever the content type says."""

from drf_spectacular.openapi import AutoSchema


class JsonSchema(AutoSchema):
    def map_parsers(self) -> list[str]:
        return ["application/json"]
