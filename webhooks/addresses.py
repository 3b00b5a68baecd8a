"""Where a webhook may connect to: addresses judged, also those that hide another one. Pure."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from webhooks.policy import Policy

Address = IPv4Address | IPv6Address

LOOPBACK = "loopback IP range"
BLOCKED = "blocked IP range"
PRIVATE = "private IP range"

#: Never a receiver: this network, link-local with the clouds' metadata, multicast, reserved; metadata elsewhere.
NEVER = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "169.254.0.0/16",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "192.0.0.0/24",
            "100.100.100.200/32",
            "168.63.129.16/32",
            "::/128",
            "fe80::/10",
            "ff00::/8",
            "fd00:ec2::/32",
            "fd20:ce::254/128",
        ),
    )
)
PRIVATE_NETWORKS = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fec0::/10"))
)
NAT64 = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48")))
COMPATIBLE = ip_network("::/96")


def objection(text: str, policy: Policy) -> str | None:
    """Why a connection to this address is out of the question; None if it is not."""
    address = ip_address(text.split("%")[0])
    return next((why for each in (address, *hidden(address)) if (why := judge(each, policy))), None)


def judge(address: Address, policy: Policy) -> str | None:
    if address.is_loopback:
        return LOOPBACK if policy.disable_loopback else None
    if any(address in network for network in NEVER):
        return BLOCKED
    if policy.disable_private_ips and any(address in network for network in PRIVATE_NETWORKS):
        return PRIVATE
    return None


def hidden(address: Address) -> Iterator[Address]:
    """IPv4 addresses that an IPv6 one leads to: mapped, compatible, 6to4, Teredo, NAT64."""
    if not isinstance(address, IPv6Address) or address.is_loopback or not int(address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if address in COMPATIBLE or any(address in network for network in NAT64):
        yield IPv4Address(int(address) & 0xFFFFFFFF)
