"""Which IP addresses are on the public internet, and which lead inside.

Sources: the IANA registries of special-purpose IPv4 and IPv6 addresses (RFC 6890 and its
updates), RFC 4291, 3056, 4380, 5214, 6052, 8215 for IPv4 carried inside IPv6, and the clouds'
documentation of their metadata services. Our own table instead of `ipaddress.is_global`,
because that answer has changed between Python's patch releases.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

METADATA: Final = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",  # Amazon, Google, Azure, Oracle, DigitalOcean, Hetzner, OpenStack
        "169.254.170.2",  # Amazon ECS credentials
        "169.254.170.23",  # Amazon EKS pod identity
        "169.254.0.23",  # Tencent
        "169.254.42.42",  # Scaleway
        "168.63.129.16",  # Azure wire server: a public address that every guest can reach
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle classic
        "fd00:ec2::254",  # Amazon
        "fd00:ec2::23",  # Amazon EKS pod identity
        "fd20:ce::254",  # Google
        "fd00:42::42",  # Scaleway
    )
)

# In order: the first network that holds an address says why it is refused.
_SPECIAL: Final = tuple(
    (ip_network(text), why)
    for text, why in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::/96", "IPv4-compatible"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::ffff:0:0:0/96", "IPv4-translated"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("100::/64", "discard"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
        ("fc00::/7", "unique local"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})


def why_refused(address: Address, allow: Iterable[Network] = ()) -> str | None:
    """Why we do not call this address, in a few words for the log; None if we may.

    allow: networks that are permitted although they are not public. A metadata address needs
    an entry of its own (/32 or /128), because it hands out credentials; an IPv4 address that
    an allowed IPv6 address carries (NAT64 and its like) must be permitted as well.
    """
    networks = tuple(allow)
    if address in METADATA:
        return None if ip_network(address) in networks else "cloud metadata"
    if any(address in network for network in networks):
        carried = carried_ipv4(address)
        return None if carried is None else why_refused(carried, networks)
    return next((why for network, why in _SPECIAL if address in network), None) or _unusual(address)


def carried_ipv4(address: Address) -> IPv4Address | None:
    """The IPv4 address that a transition mechanism would take this IPv6 address to mean."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if _interface_prefix(address) in _ISATAP or _ends_in_ipv4(address):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def parse_allowed(text: str) -> tuple[tuple[Network, ...], tuple[str, ...]]:
    """Split a comma-separated allow-list into networks (CIDR or one address) and host names.

    A name that starts with a dot stands for all names below it. Raises ValueError for an entry
    that is neither, such as a network with host bits set or a URL.
    """
    networks: list[Network] = []
    hosts: list[str] = []
    for entry in filter(None, (part.strip().lower() for part in text.split(","))):
        if entry.replace("-", "").replace("_", "").replace(".", "").isalnum() and not (
            entry.rsplit(".", 1)[-1].isdigit()
        ):
            hosts.append(entry)
        else:
            networks.append(ip_network(entry))
    return tuple(networks), tuple(hosts)


def _unusual(address: Address) -> str | None:
    """What is wrong with an address that no special-purpose network holds."""
    if isinstance(address, IPv4Address):
        return None
    if address.scope_id is not None:
        return "zone id"
    if _interface_prefix(address) in _ISATAP:
        return "ISATAP"
    return None if address in _GLOBAL_UNICAST else "not global unicast"


def _interface_prefix(address: IPv6Address) -> int:
    """The upper half of the interface identifier, where ISATAP leaves its mark."""
    return (int(address) >> 32) & 0xFFFF_FFFF


def _ends_in_ipv4(address: IPv6Address) -> bool:
    return any(
        address in IPv6Network(network)
        for network in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
    )
