"""Where webhooks may go: judged when they are asked for, and again when they connect. A listener watches."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest

from tests.webhooks.carrying import attempt
from tests.webhooks.conftest import OPEN, Configure, Receiver
from webhooks import destinations
from webhooks.errors import DestinationRefused
from webhooks.models import Delivery
from webhooks.policy import Policy

LOOPBACK = "Webhook host blocked: loopback IP range"
BLOCKED = "Webhook host blocked: blocked IP range"
PRIVATE = "Webhook host blocked: private IP range"
UNRESOLVED = "Webhook host blocked: DNS resolution failed"
NO_HOST = "Invalid webhook hostname ''"
CLOSED = Policy(disable_private_ips=True)

#: {port} is the listener's; None where the sentence depends on the machine's resolver.
SPELLINGS = [
    ("http://127.0.0.1:{port}/", LOOPBACK),
    ("http://127.0.0.2:{port}/", LOOPBACK),
    ("http://127.255.255.254:{port}/", LOOPBACK),
    ("http://127.1:{port}/", LOOPBACK),
    ("http://127.0.1:{port}/", LOOPBACK),
    ("http://2130706433:{port}/", LOOPBACK),
    ("http://0x7f000001:{port}/", LOOPBACK),
    ("http://0x7f.0.0.1:{port}/", LOOPBACK),
    ("http://0x7f.1:{port}/", LOOPBACK),
    ("http://0177.0.0.1:{port}/", NO_HOST),
    ("http://0177.1:{port}/", LOOPBACK),
    ("http://017700000001:{port}/", LOOPBACK),
    ("http://localhost:{port}/", LOOPBACK),
    ("http://LOCALHOST:{port}/", LOOPBACK),
    ("http://localhost.:{port}/", None),
    ("http://[::1]:{port}/", LOOPBACK),
    ("http://[0:0:0:0:0:0:0:1]:{port}/", LOOPBACK),
    ("http://[0000::0001]:{port}/", LOOPBACK),
    ("http://[::ffff:127.0.0.1]:{port}/", LOOPBACK),
    ("http://[::ffff:7f00:1]:{port}/", LOOPBACK),
    ("http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/", LOOPBACK),
    ("http://[::127.0.0.1]:{port}/", LOOPBACK),
    ("http://[64:ff9b::7f00:1]:{port}/", LOOPBACK),
    ("http://[64:ff9b::127.0.0.1]:{port}/", LOOPBACK),
    ("http://[64:ff9b:1::7f00:1]:{port}/", LOOPBACK),
    ("http://[2002:7f00:1::]:{port}/", LOOPBACK),
    ("http://0.0.0.0:{port}/", BLOCKED),
    ("http://0:{port}/", BLOCKED),
    ("http://0.1.2.3:{port}/", BLOCKED),
    ("http://[::]:{port}/", BLOCKED),
    ("http://169.254.169.254/latest/meta-data", BLOCKED),
    ("http://169.254.170.2/", BLOCKED),
    ("http://2852039166/", BLOCKED),
    ("http://0xa9fea9fe/", BLOCKED),
    ("http://0251.0376.0251.0376/", NO_HOST),
    ("http://169.254.43518/", BLOCKED),
    ("http://[::ffff:169.254.169.254]/", BLOCKED),
    ("http://[64:ff9b::a9fe:a9fe]/", BLOCKED),
    ("http://[2002:a9fe:a9fe::]/", BLOCKED),
    ("http://[fe80::1]/", BLOCKED),
    ("http://[fd00:ec2::254]/", BLOCKED),
    ("http://100.100.100.200/", BLOCKED),
    ("http://168.63.129.16/", BLOCKED),
    ("http://224.0.0.1/", BLOCKED),
    ("http://[ff02::1]/", BLOCKED),
    ("http://255.255.255.255/", BLOCKED),
    ("http://240.0.0.1/", BLOCKED),
    ("http://10.0.0.1/", PRIVATE),
    ("http://172.16.0.1/", PRIVATE),
    ("http://172.31.255.255/", PRIVATE),
    ("http://192.168.1.1/", PRIVATE),
    ("http://100.64.0.1/", PRIVATE),
    ("http://[fc00::1]/", PRIVATE),
    ("http://[fec0::1]/", PRIVATE),
    ("http://[::ffff:10.0.0.1]/", PRIVATE),
    ("http://[2002:c0a8:101::]/", PRIVATE),
    ("http://user:secret@example.com:{port}/", "Webhook URL must not contain credentials"),
    ("http://example.com@127.0.0.1:{port}/", "Webhook URL must not contain credentials"),
    ("http://127.0.0.1:{port}\\@example.com/", None),
    ("http://example.com#@127.0.0.1:{port}/", None),
    ("http://①②⑦.0.0.1:{port}/", NO_HOST),
    ("http://127。0。0。1:{port}/", None),
    ("http://127.0.0.1%00.example.com:{port}/", None),
    ("http:/127.0.0.1:{port}/", NO_HOST),
    ("http:///127.0.0.1:{port}/", NO_HOST),
    ("//127.0.0.1:{port}/", destinations.NO_LOOPBACK),
    ("/runs", destinations.NO_LOOPBACK),
    ("", NO_HOST),
    ("not a url", NO_HOST),
    ("ftp://127.0.0.1:{port}/", "Webhook host blocked: scheme 'ftp' not allowed"),
    ("file:///etc/passwd", NO_HOST),
    ("gopher://127.0.0.1:{port}/", "Webhook host blocked: scheme 'gopher' not allowed"),
    ("unix:///tmp/socket", NO_HOST),
    ("http://127.0.0.1:99999/", "Webhook port 99999 not allowed"),
]


@dataclass
class Listener:
    port: int
    connections: int = 0


@pytest.fixture
def listener() -> Iterator[Listener]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        watched = Listener(server.getsockname()[1])

        def watch() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                watched.connections += 1
                connection.close()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        yield watched
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def names_stand_for(*answers: str | list[str]) -> Any:
    """A resolver that gives each of these in turn, the last one for ever; numbers it resolves as usual."""
    real, given = socket.getaddrinfo, [[answer] if isinstance(answer, str) else answer for answer in answers]

    def getaddrinfo(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if not name or not name.endswith(".example"):
            return real(host, port, *rest, **named)
        found = given.pop(0) if len(given) > 1 else given[0]
        return [entry for address in found for entry in real(address, port, *rest, **named)]

    return patch("socket.getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(("spelling", "sentence"), SPELLINGS)
def test_no_spelling_leads_inside(
    configure: Configure, listener: Listener, spelling: str, sentence: str | None
) -> None:
    configure(policy=CLOSED)
    url = spelling.format(port=listener.port)

    refused = destinations.refusals([url])
    answer = attempt(Delivery(url=url, body={}))

    assert str(refused[url]) == (sentence or str(refused[url]))
    assert answer.status_code is None
    assert answer.error == str(refused[url])
    assert listener.connections == 0


def test_a_name_is_judged_by_all_its_addresses(configure: Configure, listener: Listener) -> None:
    configure(policy=CLOSED)
    with names_stand_for(["93.184.216.34", "127.0.0.1"]):
        with pytest.raises(DestinationRefused, match="loopback"):
            destinations.refuse(f"http://hooks.example:{listener.port}/")
        attempt(Delivery(url=f"http://hooks.example:{listener.port}/", body={}))

    assert listener.connections == 0


def test_a_name_that_changes_its_answer_after_admission_is_refused_at_sending(
    configure: Configure, listener: Listener
) -> None:
    configure(policy=CLOSED)
    url = f"http://hooks.example:{listener.port}/"
    with names_stand_for("93.184.216.34", "127.0.0.1"):
        destinations.refuse(url)
        answer = attempt(Delivery(url=url, body={}))

    assert (answer.error, answer.permanent) == (LOOPBACK, True)
    assert listener.connections == 0


def test_the_address_that_was_judged_is_the_one_connected_to(configure: Configure, listener: Listener) -> None:
    """The name is asked once: a second answer, given between judging and connecting, is never seen."""
    configure(policy=Policy())
    url = f"http://hooks.example:{listener.port}/"
    with names_stand_for("192.0.2.1", "127.0.0.1"), patch("webhooks.delivery.TIMEOUT", 1.0):
        answer = attempt(Delivery(url=url, body={}))

    assert answer.status_code is None
    assert listener.connections == 0


def test_a_redirect_is_judged_like_the_first_destination(
    configure: Configure, listener: Listener, receiver: Receiver
) -> None:
    configure(policy=Policy(allowed_domains=("127.0.0.1", "169.254.169.254"), disable_loopback=False))
    location = f"http://localhost:{listener.port}/"
    receiver.answer = lambda place: (302, {"location": location}, b"")

    answer = attempt(Delivery(url=receiver.url, body={}))

    assert (answer.error, answer.permanent) == ("Webhook domain not allowed", True)
    assert len(receiver.received) == 1
    assert listener.connections == 0


def test_the_host_header_is_the_name(configure: Configure, receiver: Receiver) -> None:
    configure(policy=OPEN)
    port = receiver.url.rsplit(":", 1)[1]
    with names_stand_for("127.0.0.1"):
        answer = attempt(Delivery(url=f"http://hooks.example:{port}/path?query=1", body={}))

    assert answer.status_code == 200
    [(line, headers, _)] = receiver.received
    assert (line, headers["host"]) == ("POST /path?query=1", f"hooks.example:{port}")


def test_no_proxy_of_the_environment_is_used(
    configure: Configure, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(policy=OPEN)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    assert attempt(Delivery(url=receiver.url, body={})).status_code == 200


@pytest.mark.parametrize(
    ("fields", "url", "sentence"),
    [
        ({"max_url_length": 20}, "http://example.com/long", "Webhook URL too long"),
        ({"require_https": True}, "http://93.184.216.34/", "Webhook must use https"),
        ({"require_https": True, "allowed_ports": (443,)}, "http://x:8080/", "Webhook must use https"),
        ({"allowed_ports": (443,)}, "https://93.184.216.34:8080/", "Webhook port 8080 not allowed"),
        ({"allowed_ports": (443,)}, "http://93.184.216.34/", "Webhook port 80 not allowed"),
        ({"allowed_domains": ("hooks.example",)}, "http://other.example/", "Webhook domain not allowed"),
        ({"allowed_domains": ("*.mycorp.com",)}, "http://mycorp.com/", "Webhook domain not allowed"),
        ({"allowed_domains": ("*.mycorp.com",)}, "http://evilmycorp.com/", "Webhook domain not allowed"),
        ({}, "http://nowhere.invalid/", UNRESOLVED),
        ({"disable_loopback": False}, "/hook", NO_HOST),
    ],
)
def test_the_policy_is_told_in_the_contract_s_order(
    configure: Configure, fields: dict[str, Any], url: str, sentence: str
) -> None:
    configure(policy=Policy(**fields))

    with pytest.raises(DestinationRefused) as refused:
        destinations.refuse(url)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("policy", "url"),
    [
        (Policy(), "http://10.0.0.1/"),
        (Policy(), "https://93.184.216.34/"),
        (Policy(), "https://[2606:2800:220:1:248:1893:25c8:1946]/"),
        (OPEN, "http://localhost/"),
        (Policy(allowed_domains=("127.0.0.1",)), "http://127.0.0.1/"),
        (Policy(allowed_domains=("*.example",)), "http://hooks.example/"),
    ],
)
def test_what_the_policy_allows(configure: Configure, policy: Policy, url: str) -> None:
    configure(policy=policy)
    with names_stand_for("93.184.216.34"):
        destinations.refuse(url)


def test_a_name_that_takes_long_to_resolve_is_not_waited_for(configure: Configure) -> None:
    release = threading.Event()

    def slow(*_: Any, **__: Any) -> list[str]:
        release.wait(10)
        return []

    with patch("webhooks.destinations.resolve", slow), patch("webhooks.destinations.PATIENCE", 0.1):
        refused = destinations.refusals(["http://slow.example/", "http://127.0.0.1/"])
        release.set()

    assert [str(refusal) for refusal in refused.values()] == [UNRESOLVED] * 2
