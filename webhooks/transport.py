"""HTTP that connects only to addresses judged for this very request, under the name that was asked for."""

import ssl
from functools import cache

import httpx

from webhooks.destinations import address_of

CONNECT_TIMEOUT = 5.0
TIMEOUT = 30.0


class JudgedTransport(httpx.AsyncBaseTransport):
    """A name that changes its answer after the judgement changes nothing: it is not asked again."""

    def __init__(self) -> None:
        # A connection is made for one name; kept open it would serve another name of the same address.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self.inner = httpx.AsyncHTTPTransport(verify=trusted(), limits=limits, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        address = await address_of(request.url)
        name = request.url.host
        request.extensions = {**request.extensions, "sni_hostname": name}
        # The `Host` header was made from the name and stays.
        request.url = request.url.copy_with(host=address)
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


@cache
def trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def open_client() -> httpx.AsyncClient:
    """Without the environment's proxies; redirects are left to who sends."""
    timeout = httpx.Timeout(TIMEOUT, connect=CONNECT_TIMEOUT)
    return httpx.AsyncClient(transport=JudgedTransport(), timeout=timeout, trust_env=False, follow_redirects=False)
