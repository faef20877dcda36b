from ipaddress import ip_address, ip_network

import pytest

from cutoutd.net.addresses import carried_ipv4, parse_allowed, why_refused

REFUSED = {
    "0.0.0.0": "this network",
    "0.1.2.3": "this network",
    "10.0.0.0": "private",
    "10.255.255.255": "private",
    "100.64.0.0": "carrier NAT",
    "100.127.255.255": "carrier NAT",
    "127.0.0.1": "loopback",
    "127.255.255.255": "loopback",
    "169.254.0.1": "link-local",
    "169.254.169.253": "link-local",
    "172.16.0.0": "private",
    "172.31.255.255": "private",
    "192.0.0.1": "protocol assignments",
    "192.0.0.9": "protocol assignments",
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4 relay",
    "192.168.0.0": "private",
    "192.168.255.255": "private",
    "198.18.0.0": "benchmarking",
    "198.19.255.255": "benchmarking",
    "198.51.100.7": "documentation",
    "203.0.113.7": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.0": "reserved",
    "255.255.255.254": "reserved",
    "255.255.255.255": "broadcast",
    "169.254.169.254": "cloud metadata",
    "169.254.170.2": "cloud metadata",
    "168.63.129.16": "cloud metadata",
    "100.100.100.200": "cloud metadata",
    "192.0.0.192": "cloud metadata",
    "fd00:ec2::254": "cloud metadata",
    "fd20:ce::254": "cloud metadata",
    "::": "unspecified",
    "::1": "loopback",
    "::2": "IPv4-compatible",
    "::127.0.0.1": "IPv4-compatible",
    "::8.8.8.8": "IPv4-compatible",
    "::ffff:127.0.0.1": "IPv4-mapped",
    "::ffff:8.8.8.8": "IPv4-mapped",
    "::ffff:0:127.0.0.1": "IPv4-translated",
    "64:ff9b::7f00:1": "NAT64",
    "64:ff9b::808:808": "NAT64",
    "64:ff9b:1::a00:1": "NAT64",
    "100::1": "discard",
    "2001::1": "Teredo",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": "Teredo",
    "2001:10::1": "protocol assignments",
    "2001:20::1": "protocol assignments",
    "2001:db8::1": "documentation",
    "2002:7f00:1::1": "6to4",
    "2002:808:808::1": "6to4",
    "3fff::1": "documentation",
    "4000::1": "not global unicast",
    "5f00::1": "not global unicast",
    "fc00::1": "unique local",
    "fdff::1": "unique local",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "2606:4700::1%eth0": "zone id",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "2606:4700::5efe:7f00:1": "ISATAP",
    "2606:4700::200:5efe:a00:1": "ISATAP",
}

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.88.98.255",
    "192.88.100.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2a00:1450:4001::1",
    "2400:cb00::1",
]


@pytest.mark.parametrize(("address", "why"), REFUSED.items())
def test_an_address_that_leads_inside_is_refused_for_its_reason(address: str, why: str) -> None:
    assert why_refused(ip_address(address)) == why


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_permitted_up_to_the_edges_of_the_special_networks(
    address: str,
) -> None:
    assert why_refused(ip_address(address)) is None


def test_an_allowed_network_permits_its_addresses_and_no_others() -> None:
    allow = [ip_network("10.1.0.0/16"), ip_network("fd12::/16")]
    assert why_refused(ip_address("10.1.2.3"), allow) is None
    assert why_refused(ip_address("fd12::1"), allow) is None
    assert why_refused(ip_address("10.2.0.1"), allow) == "private"


@pytest.mark.parametrize("address", ["169.254.169.254", "100.100.100.200", "fd00:ec2::254"])
def test_a_metadata_address_needs_an_entry_of_its_own(address: str) -> None:
    everything = [ip_network("0.0.0.0/0"), ip_network("::/0")]
    assert why_refused(ip_address(address), everything) == "cloud metadata"
    assert why_refused(ip_address(address), [ip_network(address)]) is None


def test_an_allowed_translator_still_may_not_carry_a_private_address() -> None:
    nat64 = [ip_network("64:ff9b::/96")]
    assert why_refused(ip_address("64:ff9b::808:808"), nat64) is None
    assert why_refused(ip_address("64:ff9b::7f00:1"), nat64) == "loopback"
    assert why_refused(ip_address("64:ff9b::a9fe:a9fe"), nat64) == "cloud metadata"


@pytest.mark.parametrize(
    "carrier",
    [
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "::ffff:0:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "2002:a00:1::",
        "2001:0:0:0:0:0:f5ff:fffe",
        "2606:4700::5efe:a00:1",
    ],
)
def test_every_way_to_carry_ipv4_in_ipv6_is_seen_through(carrier: str) -> None:
    assert carried_ipv4(ip_address(carrier)) == ip_address("10.0.0.1")


def test_a_plain_address_carries_nothing() -> None:
    assert carried_ipv4(ip_address("10.0.0.1")) is None
    assert carried_ipv4(ip_address("2606:4700::1")) is None


def test_an_allow_list_mixes_networks_addresses_and_names() -> None:
    networks, hosts = parse_allowed("127.0.0.0/8, 10.0.0.5,fd00::/8 , MinIO, .example.internal,")
    assert networks == (
        ip_network("127.0.0.0/8"),
        ip_network("10.0.0.5/32"),
        ip_network("fd00::/8"),
    )
    assert hosts == ("minio", ".example.internal")


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "http://minio", "10.0.0", "a b", "*.example"])
def test_a_mistyped_allow_list_is_an_error_and_not_a_hole(entry: str) -> None:
    with pytest.raises(ValueError, match=r"does not appear|has host bits"):
        parse_allowed(entry)
