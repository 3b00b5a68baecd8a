"""One attempt at a delivery, and the verdict on it as data.

Redirects are followed, five at most, each judged like the first destination; as in browsers a 302 becomes a GET.
What is ours alone, the configured headers and the signature, stays with the host it was meant for.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from django.conf import settings
from django.utils.timezone import now

from langgraph_server import encoding
from webhooks import backoff, destinations, signing
from webhooks.choices import DeliveryState
from webhooks.configuration import Configuration, configuration
from webhooks.errors import DestinationRefused, DestinationUnknown
from webhooks.models import Delivery
from webhooks.transport import TIMEOUT

REDIRECTS = 5
#: Bytes of an answer that are read.
EXCERPT = 1024
#: Refusals that may be over soon; any other 4xx is the receiver's last word.
PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt."""

    started_at: datetime
    duration: timedelta
    status_code: int | None = None
    excerpt: str = ""
    error: str = ""
    #: Another attempt would end the same way.
    permanent: bool = False

    @property
    def accepted(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


@dataclass(frozen=True, slots=True)
class Verdict:
    """Delivered, given up, or pending until `next_try_at`."""

    state: str
    next_try_at: datetime | None = None


async def attempt(delivery: Delivery, client: httpx.AsyncClient) -> Answer:
    """Never raises for what a destination does. A receiver refuses what is signed minutes off: this machine's clock
    may be.
    """
    started_at, began = delivery.taken_at or now(), time.monotonic()
    try:
        async with asyncio.timeout(TIMEOUT):
            result = await post(delivery, client, started_at)
    except DestinationUnknown as error:
        result = {"error": str(error)}
    except DestinationRefused as error:
        result = {"error": str(error), "permanent": True}
    except TimeoutError:
        result = {"error": f"no complete answer within {TIMEOUT:.0f} seconds"}
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    return Answer(started_at, timedelta(seconds=time.monotonic() - began), **result)


async def post(delivery: Delivery, client: httpx.AsyncClient, sent_at: datetime) -> dict[str, Any]:
    url = destinations.check(delivery.url)
    request = client.build_request("POST", url, **message(delivery, url, sent_at, configuration()))
    host = request.url.host
    for _ in range(REDIRECTS + 1):
        response = await client.send(request, stream=True)
        try:
            if response.next_request is None:
                return await told(response)
            request = redirected(response.next_request, host, delivery)
        finally:
            await response.aclose()
    return {"error": f"more than {REDIRECTS} redirects", "permanent": True}


def message(delivery: Delivery, url: httpx.URL, sent_at: datetime, config: Configuration) -> dict[str, Any]:
    """The body with its moment of sending, and the headers that vouch for it."""
    document: Mapping[str, Any] = delivery.body
    if delivery.headers is None and (config.allowed_fields is None or "webhook_sent_at" in config.allowed_fields):
        document = {**document, "webhook_sent_at": sent_at}
    body = encoding.dumps(document)
    vouching = signing.headers(
        config.secrets, host=url.host, delivery_id=str(delivery.delivery_id), sent_at=sent_at, body=body
    )
    # Whatever case a name is written in, ours replace the receiver's.
    headers = httpx.Headers(delivery.headers)
    headers.update({**config.headers, "content-type": "application/json", **vouching})
    return {"content": body, "headers": headers}


def redirected(request: httpx.Request, host: str, delivery: Delivery) -> httpx.Request:
    if request.url.host != host:
        for name in (*configuration().headers, *(delivery.headers or {}), "webhook-signature"):
            request.headers.pop(name, None)
    return request


async def told(response: httpx.Response) -> dict[str, Any]:
    status = response.status_code
    permanent = 300 <= status < 500 and status not in PASSING
    return {"status_code": status, "excerpt": await excerpt(response), "permanent": permanent}


async def excerpt(response: httpx.Response) -> str:
    """As it came over the wire: nothing is unpacked, and what Postgres cannot hold is left out."""
    read = b""
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) >= EXCERPT:
            break
    return read[:EXCERPT].decode("utf-8", "replace").replace("\x00", "")


def verdict(answer: Answer, *, tries: int, give_up_at: datetime) -> Verdict:
    """By the clock that told when the attempt began."""
    if answer.accepted:
        return Verdict(DeliveryState.DELIVERED)
    if answer.permanent:
        return Verdict(DeliveryState.GIVEN_UP)
    ended_at = answer.started_at + answer.duration
    again = backoff.next_try(tries=tries, first=settings.WEBHOOK_FIRST_DELAY, end=give_up_at, now=ended_at)
    return Verdict(DeliveryState.PENDING, again) if again else Verdict(DeliveryState.GIVEN_UP)
