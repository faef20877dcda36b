"""Which URLs we are willing to call at all, judged by their spelling alone.

No name is resolved here: that happens once, when the connection is made (`dial.py`). Both
checks are needed, because a spelling that two parsers read differently is how a forbidden
address gets past the first of them.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

import httpx

from cutoutd.errors import ForbiddenAddress, SourceRejected
from cutoutd.net.addresses import Address

MAX_URL_CHARS: Final = 8192
_AUTHORITY: Final = re.compile(r"\s*(https?)://([^/?#]*)", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_STRANGE: Final = re.compile(r"[\s%\\\u3002\uff61\u00ad\u200b-\u200f\u2060\ufeff\uff01-\uff5e]")
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME: Final = re.compile(rf"(?=.{{1,254}}$){_LABEL}(?:\.{_LABEL})*\.?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


def parse_url(text: str, *, field: str | None = None) -> httpx.URL:
    """The URL that `text` unmistakably means.

    Raises ForbiddenAddress for a URL that is not http(s), carries user information or spells
    its host so that readers could disagree; SourceRejected (reason `not_an_image`) for text
    that is no URL. field: the vendor's name of the parameter, for the error.
    """
    text = text.strip()
    if len(text) > MAX_URL_CHARS:
        raise SourceRejected("The URL is too long.", reason="not_an_image", field=field)
    if _CONTROL.search(text):
        raise ForbiddenAddress("control character", field=field)
    match = _AUTHORITY.match(text)
    if match is None:
        raise ForbiddenAddress("scheme", field=field)
    if "@" in match[2]:
        raise ForbiddenAddress("user information", field=field)
    if _STRANGE.search(match[2]):
        raise ForbiddenAddress("odd spelling", field=field)
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as exc:
        raise ForbiddenAddress("odd spelling", field=field) from exc
    if url.port is not None and not 0 < url.port < 65536:
        raise ForbiddenAddress("port", field=field)
    host_address(url, field=field)
    return url


def host_address(url: httpx.URL, *, field: str | None = None) -> Address | None:
    """The IP address that a URL spells out, or None if its host is a name.

    Raises ForbiddenAddress for a host that is neither an ordinary name nor the canonical
    spelling of an address: `2130706433`, `0x7f.1`, `0177.0.0.1` and `127.1` all mean
    127.0.0.1 to the C library.
    """
    host = url.raw_host.decode("ascii").lower()
    try:
        if ":" in host:
            return IPv6Address(host)
        if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
            return IPv4Address(host)
    except AddressValueError as exc:
        raise ForbiddenAddress("odd spelling", field=field) from exc
    if not _HOST_NAME.fullmatch(host):
        raise ForbiddenAddress("odd spelling", field=field)
    return None
