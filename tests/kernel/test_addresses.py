from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invekto.kernel.addresses import AddressRefused, is_public, resolve_public

PRIVATE_4 = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
]  # fmt: skip
PUBLIC_4 = ["1.1.1.1", "31.13.72.52", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.167.1.1"]


@pytest.mark.attack("A19")
@pytest.mark.parametrize("address", PRIVATE_4)
def test_an_address_of_a_private_network_is_refused_in_every_spelling(address: str) -> None:
    v4 = ipaddress.IPv4Address(address)
    assert not is_public(v4)
    assert not is_public(ipaddress.IPv6Address(f"::ffff:{address}"))
    assert not is_public(ipaddress.IPv6Address(f"::{address}"))
    assert not is_public(ipaddress.IPv6Address(f"64:ff9b::{address}"))
    assert not is_public(ipaddress.IPv6Address(int(ipaddress.IPv6Address("2002::")) | int(v4) << 80))
    assert not is_public(ipaddress.IPv6Address(int(ipaddress.IPv6Address("2001::")) | (int(v4) ^ 0xFFFF_FFFF)))


@pytest.mark.parametrize("address", PUBLIC_4)
def test_a_public_address_is_allowed_also_through_nat64(address: str) -> None:
    assert is_public(ipaddress.IPv4Address(address))
    assert is_public(ipaddress.IPv6Address(f"::ffff:{address}"))
    assert is_public(ipaddress.IPv6Address(f"64:ff9b::{address}"))


@pytest.mark.attack("A19")
@pytest.mark.parametrize(
    "address",
    ["::", "::1", "fe80::1", "fe80::1%eth0", "2a00:1450::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "2002:1::", "100::1", "64:ff9b:1::1"],
)  # fmt: skip
def test_a_local_ipv6_address_is_refused(address: str) -> None:
    assert not is_public(ipaddress.IPv6Address(address))


def test_a_public_ipv6_address_is_allowed() -> None:
    assert is_public(ipaddress.IPv6Address("2a03:2880:f12f:83:face:b00c:0:25de"))


@pytest.mark.attack("A19")
@given(st.ip_addresses(v=4))
def test_nothing_the_standard_library_calls_private_is_allowed(address: ipaddress.IPv4Address) -> None:
    if is_public(address):
        assert not any((address.is_private, address.is_loopback, address.is_link_local, address.is_multicast))
        assert not any((address.is_reserved, address.is_unspecified))


@pytest.mark.attack("A19")
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "017700000001", "127.1", "0", "::1"]
)
async def test_every_way_to_write_loopback_resolves_to_a_refusal(host: str) -> None:
    with pytest.raises(AddressRefused):
        await resolve_public(host, 443)
