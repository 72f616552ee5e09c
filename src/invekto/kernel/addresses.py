"""Which network addresses our own calls may reach. Decides on the resolved address, never on a name.

A name proves nothing: it may resolve to 127.0.0.1, answer differently the second time, or spell an address in octal.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Final, TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6- (checked 2026-11): spelled out, because
# `is_global` of the standard library has changed between patch releases.
_REFUSED: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # a cloud's management address, public by number only
        # Below ::/8 lie unspecified, loopback and both ways of writing an IPv4 address; 64:ff9b:1:: is local NAT64.
        "::/8", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
        "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """The name leads to an address that only our own network can reach."""


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could reach it. IPv4 inside IPv6 is judged as IPv4; 6to4 and Teredo are refused."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return not any(address.version == network.version and address in network for network in _REFUSED)


async def resolve(host: str, port: int) -> list[Address]:
    """Every address of a host, in the order to try them. OSError when there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(sockaddr[0]) for _, _, _, _, sockaddr in found]
    return list(dict.fromkeys(addresses))


async def resolve_public(host: str, port: int) -> list[Address]:
    """As resolve, once; the caller connects to what was checked. AddressRefused when any of them is not public."""
    addresses = await resolve(host, port)
    for address in addresses:
        if not is_public(address):
            raise AddressRefused(f"{host} leads to {address}")
    return addresses
