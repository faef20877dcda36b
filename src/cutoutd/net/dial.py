"""Connections that only ever reach addresses we agreed to call.

Every outgoing call of the server goes through `GuardedTransport`: sources, background images
and webhooks, and each hop of a redirect anew. The name is resolved once; all its addresses are
checked; one of the checked addresses is dialled, while TLS and the Host header keep the name.
A resolver that gives another answer a moment later therefore changes nothing.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from ipaddress import ip_address, ip_network
from threading import Thread
from typing import Any, Final, TypeAlias

import httpcore
import httpx

from cutoutd.errors import ForbiddenAddress
from cutoutd.net.addresses import Address, why_refused
from cutoutd.net.limits import FetchLimits
from cutoutd.net.urls import parse_url

Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
"""(host, port) -> the addresses of a name, best first. Raises OSError if there are none."""

MAX_ADDRESSES_TRIED: Final = 4
_HEADER_BYTES: Final = 128 * 1024
_ANYWHERE: Final = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def system_resolver(host: str, port: int) -> Sequence[str]:
    """All addresses that the system has for a name, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Dials checked addresses only, each with its share of the time for connecting."""

    def __init__(self, limits: FetchLimits, resolve: Resolve = system_resolver) -> None:
        self._limits = limits
        self._resolve = resolve
        self._dialer = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - The interface of httpcore.
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers, all of them having been permitted."""
        timeout_s = self._limits.connect_s if timeout is None else timeout
        names = await _in_time(lambda: self._resolve(host, port), timeout_s)
        addresses = _checked(host, port, names, self._limits)[:MAX_ADDRESSES_TRIED]
        for tries_left, address in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
            try:
                stream = await self._dialer.connect_tcp(
                    str(address), port, timeout_s / len(addresses), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not tries_left:
                    raise
            else:
                return _BoundedStream(stream, self._limits.max_bytes + _HEADER_BYTES)
        raise httpcore.ConnectError("the name has no address")


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends each request of an httpx client over a new, guarded connection.

    Connections are not kept: a name is judged again for every request, and a connection made
    for one host never carries a request for another.
    """

    def __init__(
        self,
        limits: FetchLimits,
        *,
        resolve: Resolve = system_resolver,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(),
            max_connections=None,  # A receiver that hangs must not use up the others' turn.
            max_keepalive_connections=0,
            network_backend=GuardedBackend(limits, resolve),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises ForbiddenAddress or httpx.TransportError."""
        parse_url(str(request.url))
        assert isinstance(request.stream, httpx.AsyncByteStream)
        with _in_httpx_words(request):
            answer = await self._pool.handle_async_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer, request),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Close what is still open."""
        await self._pool.aclose()


def guarded_client(
    limits: FetchLimits, *, resolve: Resolve = system_resolver, tls: ssl.SSLContext | None = None
) -> httpx.AsyncClient:
    """An httpx client, for webhooks above all: guarded, no redirects, no proxy.

    Raises ForbiddenAddress (from cutoutd.errors) beside httpx's own exceptions. An answer with
    more than `limits.max_bytes` ends in httpx.ReadError. `limits.total_s` is the caller's to
    keep (`asyncio.timeout`), as are `limits.max_redirects`.
    """
    return httpx.AsyncClient(
        transport=GuardedTransport(limits, resolve=resolve, tls=tls),
        timeout=httpx.Timeout(limits.first_byte_s, connect=limits.connect_s),
        follow_redirects=False,
        trust_env=False,
    )


async def refuse_forbidden(
    url: str,
    limits: FetchLimits,
    *,
    field: str,
    resolve: Resolve = system_resolver,
    timeout_s: float = 2.0,
) -> None:
    """Raises ForbiddenAddress naming `field` if a call to this URL would be refused now.

    A name that does not resolve may do so by the time of the call: it passes.
    """
    target = parse_url(url, field=field)
    host = target.raw_host.decode("ascii")
    port = target.port or (443 if target.scheme == "https" else 80)
    try:
        names = await _in_time(lambda: resolve(host, port), timeout_s)
    except (httpcore.ConnectError, httpcore.ConnectTimeout):
        return
    try:
        _checked(host, port, names, limits)
    except ForbiddenAddress as exc:
        raise ForbiddenAddress(exc.why, field=field) from exc


def _checked(host: str, port: int, names: Sequence[str], limits: FetchLimits) -> list[Address]:
    """The addresses of a host. Raises ForbiddenAddress if even one is not permitted."""
    addresses = [ip_address(name) for name in names]
    named = any(_covers(entry, host) for entry in limits.allow_hosts)
    networks = (*limits.allow_networks, *(_ANYWHERE if named else ()))
    for address in addresses:
        why = why_refused(address, networks)
        listed = any(address in network for network in networks)
        if why is None and not listed and port not in limits.ports:
            why = "port"
        if why is not None:
            raise ForbiddenAddress(why)
    return addresses


class _BoundedStream(httpcore.AsyncNetworkStream):
    """A connection that breaks off after so many bytes: below HTTP, so that headers count too."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, budget: int) -> None:
        self._stream = stream
        self._budget = budget

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        data = await self._stream.read(max_bytes, timeout)
        self._budget -= len(data)
        if self._budget < 0:
            raise httpcore.ReadError("more bytes than agreed")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - The interface of httpcore.
    ) -> httpcore.AsyncNetworkStream:
        secure = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return _BoundedStream(secure, self._budget)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Body(httpx.AsyncByteStream):
    """The body of an answer, whose failures speak httpx's words."""

    def __init__(self, answer: httpcore.Response, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _in_httpx_words(self._request):
            async for piece in self._answer.aiter_stream():
                yield piece

    async def aclose(self) -> None:
        await self._answer.aclose()


@contextmanager
def _in_httpx_words(request: httpx.Request) -> Iterator[None]:
    """Httpcore names its exceptions as httpx does, but they are other classes."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
    ) as exc:
        same: type[httpx.TransportError] = getattr(httpx, type(exc).__name__)
        raise same(str(exc), request=request) from exc


async def _in_time(look_up: Callable[[], Sequence[str]], timeout_s: float) -> Sequence[str]:
    """Resolve within `timeout_s` seconds: the system's resolver knows no limit of its own.

    In a daemon thread, because a thread of an executor that hangs would be waited for.
    """
    future: Future[Sequence[str]] = Future()
    future.set_running_or_notify_cancel()  # From here on the thread may always set it.

    def run() -> None:
        try:
            future.set_result(look_up())
        except (OSError, UnicodeError) as exc:
            future.set_exception(exc)

    Thread(target=run, name="resolve", daemon=True).start()
    try:
        async with asyncio.timeout(timeout_s):
            return await asyncio.wrap_future(future)
    except TimeoutError as exc:
        raise httpcore.ConnectTimeout("the name did not resolve in time") from exc
    except (OSError, UnicodeError) as exc:
        raise httpcore.ConnectError("the name does not resolve") from exc


def _covers(entry: str, host: str) -> bool:
    name = host.lower().rstrip(".")
    return name.endswith(entry) if entry.startswith(".") else name == entry
