"""Which URLs a webhook may have: judged when a run or cron asks for one, and again at every connection."""

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late

import httpx

from langgraph_server.errors import DomainError
from webhooks import addresses
from webhooks.configuration import configuration
from webhooks.errors import DestinationRefused, DestinationUnknown
from webhooks.policy import Policy

PORTS = {"http": 80, "https": 443}
#: Seconds that a client's request waits for the name of its webhook.
PATIENCE = 2.0
RESOLVERS = ThreadPoolExecutor(8, thread_name_prefix="webhook-names")
NO_LOOPBACK = (
    "Loopback webhooks (relative URLs and localhost) are disabled by default. They bypass authentication via the "
    "in-process ASGI transport and can be abused to invoke internal routes as an unauthenticated caller. Set "
    "webhooks.url.disable_loopback to false (in langgraph.json or via LANGGRAPH_WEBHOOKS) to opt back in — only do so "
    "when you control the mounted routes."
)


def check(url: str, policy: Policy | None = None) -> httpx.URL:
    """All that can be judged without resolving the name, in the contract's order."""
    policy = policy or configuration().policy
    if len(url) > policy.max_url_length:
        raise DestinationRefused(detail="Webhook URL too long")
    if url.startswith("/") and policy.disable_loopback:
        raise DestinationRefused(detail=NO_LOOPBACK)
    parsed = parse(url)
    host = parsed.host.rstrip(".").lower()
    if policy.require_https and parsed.scheme != "https":
        raise DestinationRefused(detail="Webhook must use https")
    port = parsed.port or PORTS.get(parsed.scheme)
    if policy.allowed_ports is not None and port not in policy.allowed_ports:
        raise DestinationRefused(detail=f"Webhook port {port} not allowed")
    if not host or url.startswith("/"):
        raise DestinationRefused(detail=f"Invalid webhook hostname '{host}'")
    if not policy.allows(host):
        raise DestinationRefused(detail="Webhook domain not allowed")
    if parsed.scheme not in PORTS:
        raise DestinationRefused(detail=f"Webhook host blocked: scheme '{parsed.scheme}' not allowed")
    if parsed.userinfo:
        raise DestinationRefused(detail="Webhook URL must not contain credentials")
    return parsed


def parse(url: str) -> httpx.URL:
    """With the parser of whoever connects: two that disagree about a host are a hole."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise DestinationRefused(detail="Invalid webhook hostname ''") from None
    if parsed.port is not None and not 0 < parsed.port < 65536:
        raise DestinationRefused(detail=f"Webhook port {parsed.port} not allowed")
    return parsed


def chosen(host: str, found: Iterable[str], policy: Policy) -> str:
    """The address to connect to, once all that the name stands for are judged."""
    listed = list(found)
    if not listed:
        raise DestinationUnknown
    if policy.names(host.rstrip(".").lower()):
        return listed[0]
    for address in listed:
        if why := addresses.objection(address, policy):
            raise DestinationRefused(detail=f"Webhook host blocked: {why}")
    return listed[0]


async def address_of(url: httpx.URL) -> str:
    """Resolved once: who connects uses this answer and no other."""
    policy = configuration().policy
    checked = check(str(url), policy)
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(RESOLVERS, resolve, checked.host, checked.port or PORTS[checked.scheme])
    return chosen(checked.host, found, policy)


def resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def refusals(urls: Iterable[str]) -> dict[str, DomainError]:
    """Of those that clients ask for now. Names are resolved beside each other, none is waited for long."""
    refused: dict[str, DomainError] = {}
    asked: dict[str, tuple[str, Future[list[str]]]] = {}
    for url in set(urls):
        try:
            parsed = check(url)
        except DestinationRefused as refusal:
            refused[url] = refusal
        else:
            asking = RESOLVERS.submit(resolve, parsed.host, parsed.port or PORTS[parsed.scheme])
            asked[url] = (parsed.host, asking)
    for url, (host, asking) in asked.items():
        try:
            chosen(host, asking.result(PATIENCE), configuration().policy)
        except DestinationRefused as refusal:
            refused[url] = refusal
        except Late:
            refused[url] = DestinationUnknown()
    return refused


def refuse(url: str) -> None:
    for refusal in refusals([url]).values():
        raise refusal
