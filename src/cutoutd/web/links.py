"""Links to artifacts that are right for the caller, also behind a reverse proxy."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # For its name alone; a worker that words a webhook runs no web framework.
    from fastapi import Request

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
_PREFIX = re.compile(r"(/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Links:
    """Absolute links below one base: scheme, host and path prefix, without a final slash."""

    base: str
    url_of: Callable[[str], str | None]
    """Where the store itself serves an artifact; None where our own web side does."""

    def to_artifact(self, key: str) -> str:
        """The link an artifact has, or will have once it is written."""
        return self.url_of(key) or f"{self.base}/{key}"

    def to_path(self, path: str) -> str:
        """The link to a path of this server; `path` starts with a slash."""
        return f"{self.base}{path}"


@dataclass(frozen=True, slots=True)
class LinkPolicy:
    """How the base of links is found: a configured one, or else the request's own host.

    `X-Forwarded-Proto`, `-Host` and `-Prefix` are believed only from `trusted_proxies`.
    """

    public_url: str
    trusted_proxies: tuple[Network, ...]

    def base_for(self, request: "Request") -> str:
        """Scheme, host and path prefix under which this caller reached us."""
        if self.public_url:
            return self.public_url.rstrip("/")
        header = request.headers
        scheme, host, prefix = request.url.scheme, header.get("host", ""), ""
        if self._trusts(request):
            scheme = _first(header.get("x-forwarded-proto"), scheme)
            host = _first(header.get("x-forwarded-host"), host)
            prefix = _first(header.get("x-forwarded-prefix"), "").rstrip("/")
        if scheme not in ("http", "https"):
            scheme = request.url.scheme
        if not _HOST.fullmatch(host):
            host = _own_address(request)
        return f"{scheme}://{host}{prefix if _PREFIX.fullmatch(prefix) else ''}"

    def _trusts(self, request: "Request") -> bool:
        try:
            peer = ipaddress.ip_address(request.client.host if request.client else "")
        except ValueError:  # A Unix socket has no address.
            return False
        return any(peer in network for network in self.trusted_proxies)


def _first(header: str | None, otherwise: str) -> str:
    """The value the outermost proxy wrote: the first of a comma-separated list."""
    return header.split(",")[0].strip() if header else otherwise


def _own_address(request: "Request") -> str:
    host, port = request.scope.get("server") or ("127.0.0.1", 80)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
