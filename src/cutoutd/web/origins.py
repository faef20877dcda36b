"""Without keys, who may call is decided by where a request comes from: this machine, by its name.

A browser on this machine comes from here, too, and brings requests of whatever page its user
looks at. Such a page is told apart by the names that the browser itself writes: `Host` is the
page's own where it made its name lead here (DNS rebinding), and `Origin` is the page's where it
calls across.
"""

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.datastructures import Headers

_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginPolicy:
    """Which hosts are ours, and which pages may call. Names are in lower case."""

    public_url: str
    allowed_hosts: tuple[str, ...]
    """Names beside loopback's and the public URL's; `.example` means all below it, `*` any."""
    cors_origins: tuple[str, ...]

    def is_ours(self, host: str) -> bool:
        """Whether a `Host` header names this server."""
        name = _name_of(host)
        named = (*self.allowed_hosts, urlsplit(self.public_url).hostname or "localhost")
        return _is_loopback(name) or any(_covers(entry, name) for entry in named)

    def is_foreign(self, headers: "Headers", own: str) -> bool:
        """Whether a page sent this that is neither ours nor allowed by CORS.

        own: what our links begin with for this caller.
        """
        origins = headers.getlist("origin")
        if not origins:
            return headers.get("sec-fetch-site", "").lower() == "cross-site"
        ours = {_place(own), _place(self.public_url), _place(f"http://{headers.get('host', '')}")}
        return not all(
            self._may_call(origin) or _place(origin) in ours - {""} for origin in origins
        )

    def _may_call(self, origin: str) -> bool:
        return "*" in self.cors_origins or origin in self.cors_origins


def _name_of(host: str) -> str:
    """The name or address in a `Host` header, without its port."""
    name = host.strip().lower()
    if name.startswith("["):
        inside, end, _ = name[1:].partition("]")
        return inside if end else name
    return name.partition(":")[0].removesuffix(".")


def _is_loopback(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _covers(entry: str, name: str) -> bool:
    if entry == "*":
        return True
    return name.endswith(entry) if entry.startswith(".") else name == entry


def _place(url: str) -> str:
    """Host and port of an origin as a `Host` header has them; empty for what is none."""
    scheme, _, rest = url.lower().partition("://")
    return rest.partition("/")[0].removesuffix(_PORTS.get(scheme, ""))
