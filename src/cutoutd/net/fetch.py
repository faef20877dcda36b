"""Download a source: bounded in bytes, time and redirects, from permitted addresses only."""

import asyncio
import logging
import ssl
from contextlib import aclosing

import httpx

from cutoutd.errors import ForbiddenAddress, SourceRejected, SourceUnreachable
from cutoutd.net.dial import Resolve, guarded_client, system_resolver
from cutoutd.net.limits import FetchLimits
from cutoutd.net.unpack import (
    NOT_UNPACKED,
    UNPACKED,
    Body,
    Damaged,
    TooManyBytes,
    encodings_of,
)
from cutoutd.net.urls import parse_url

_log = logging.getLogger(__name__)
_HEADERS = {"user-agent": "cutoutd", "accept": "image/*, */*;q=0.5", "accept-encoding": "identity"}

_WHOLE = (httpx.codes.OK, httpx.codes.NON_AUTHORITATIVE_INFORMATION)
"""A proxy that changed something on the way says the latter."""


_TEXTS = ("application/json", "application/xml", "application/xhtml+xml")


class Fetcher:
    """Downloads images on behalf of strangers.

    Safe to share between threads; not to be called from one that runs an event loop.
    """

    def __init__(
        self,
        limits: FetchLimits,
        *,
        resolve: Resolve = system_resolver,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._limits = limits
        self._resolve = resolve
        self._tls = tls or httpx.create_ssl_context()

    def fetch(self, url: str) -> bytes:
        """The bytes a URL answers with, whole.

        Raises SourceRejected if they may not be had (forbidden address, too many bytes, none),
        SourceUnreachable if the other side fails: no connection, an error status, a silence or
        an end before the body was complete.
        """
        target = parse_url(url)
        try:
            return asyncio.run(self._follow(target))
        except ForbiddenAddress as exc:
            _log.warning("refused to call %s: %s", target.host, exc.why)
            raise
        except (httpx.TimeoutException, TimeoutError) as exc:
            raise SourceUnreachable(target.host, "it took too long to answer") from exc
        except httpx.ConnectError as exc:
            raise SourceUnreachable(target.host, "no connection could be made") from exc
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise SourceUnreachable(target.host, "the transfer broke off") from exc

    async def _follow(self, url: httpx.URL) -> bytes:
        client = guarded_client(self._limits, resolve=self._resolve, tls=self._tls)
        request: httpx.Request | None = client.build_request("GET", url, headers=_HEADERS)
        async with asyncio.timeout(self._limits.total_s), client:
            for _ in range(self._limits.max_redirects + 1):
                assert request is not None
                response = await client.send(request, stream=True)
                async with aclosing(response):
                    request = response.next_request
                    if request is None:
                        return await self._read(response)
        raise SourceUnreachable(url.host, "it redirects too often")

    async def _read(self, response: httpx.Response) -> bytes:
        host, limit = response.url.host, self._limits.max_bytes
        if response.status_code not in _WHOLE:
            raise SourceUnreachable(host, f"it answered with status {response.status_code}")
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > limit:
            raise _too_large(limit)
        body = Body(limit=limit, unpack=_is_packed(response))
        try:
            async for piece in response.aiter_raw():
                body.add(piece)
            data = body.whole()
        except TooManyBytes as exc:
            raise _too_large(limit) from exc
        except Damaged as exc:
            raise SourceUnreachable(host, "its compressed answer is damaged") from exc
        if not data:
            raise SourceRejected("The URL answered with nothing.", reason="empty")
        _refuse_text(response, data)
        return data


def _refuse_text(response: httpx.Response, data: bytes) -> None:
    """A log-in page and an API's complaint come with status 200, too.

    Raises SourceRejected for what calls itself text and is; images may call themselves anything.
    """
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    is_page = start.startswith((b"<!doctype html", b"<html"))
    says_text = kind.startswith("text/") or kind in _TEXTS
    if is_page or (says_text and not any(byte < 9 or byte > 126 for byte in data[:64])):
        named = kind if says_text else "text/html"
        what = "a web page" if is_page or "html" in named else "text"
        raise SourceRejected(
            f"{response.url.host}: the URL answered with {what} ({named}), not an image.",
            reason="not_an_image",
        )


def _is_packed(response: httpx.Response) -> bool:
    """Whether the body is compressed, though we asked that it be not.

    Raises SourceUnreachable for what we do not unpack. Words that are no encoding (`aws-chunked`,
    `utf-8`) were left by the upload, and are ignored.
    """
    layers = encodings_of(response.headers.get("content-encoding", ""))
    real = [layer for layer in layers if layer in UNPACKED | NOT_UNPACKED]
    if len(real) > 1 or any(layer in NOT_UNPACKED for layer in real):
        raise SourceUnreachable(
            response.url.host, f"it compressed its answer ({', '.join(real)[:60]})"
        )
    return bool(real)


def _too_large(limit: int) -> SourceRejected:
    return SourceRejected(
        f"The image has more than the {limit:,} bytes allowed.", reason="too_many_bytes"
    )
