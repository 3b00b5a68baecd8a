"""A request as authentication sees it, whichever half of the web process serves it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True, kw_only=True)
class Asked:
    #: Of ASGI: path, method, headers, query_string.
    scope: Mapping[str, Any]
    #: Read only if somebody wants it.
    body: Callable[[], bytes] = bytes
    path_params: Mapping[str, Any] = field(default_factory=dict)
    #: Django's own request, where Django serves.
    request: Any = None

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.scope["headers"])

    def header(self, name: str) -> str | None:
        value = self.headers.get(name.encode())
        return None if value is None else value.decode("latin-1")

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))


def scope_of(meta: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """Of a request that Django serves: the ASGI one it came by, or one made from WSGI's variables."""
    if "asgi.scope" in meta:
        scope: Mapping[str, Any] = meta["asgi.scope"]
        return scope
    named = {key[5:]: value for key, value in meta.items() if key.startswith("HTTP_")}
    named |= {key: meta[key] for key in ("CONTENT_TYPE", "CONTENT_LENGTH") if meta.get(key)}
    headers = [(key.replace("_", "-").lower().encode(), str(value).encode("latin-1")) for key, value in named.items()]
    return {
        "type": "http",
        "path": path,
        "method": meta.get("REQUEST_METHOD", "GET"),
        "query_string": meta.get("QUERY_STRING", "").encode("latin-1"),
        "headers": headers,
    }
