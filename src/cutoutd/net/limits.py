"""What an outgoing call may reach, bring and take."""

from dataclasses import dataclass

from cutoutd.net.addresses import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """The defaults suit the public internet; times are seconds."""

    max_bytes: int = 25 * 1024 * 1024
    connect_s: float = 5.0
    """Resolving the name, connecting, and each of the two TLS round trips."""
    first_byte_s: float = 15.0
    """The longest silence: before the answer begins and between any two of its pieces."""
    total_s: float = 120.0
    """From the first name look-up to the last byte, over all redirects."""
    max_redirects: int = 3
    allow_networks: tuple[Network, ...] = ()
    """Permitted although not public, on any port."""
    allow_hosts: tuple[str, ...] = ()
    """Names permitted wherever they lead, on any port; `.example` means all below it."""
    ports: tuple[int, ...] = (80, 443, 8080, 8443)
    """The ports of public addresses that may be called."""
