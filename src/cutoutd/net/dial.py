"""Connections that only ever reach addresses we agreed to call.

Every outgoing call of the server goes through `GuardedTransport`: sources, background pictures
and webhooks, and each hop of a redirect anew. The name is resolved once; all its addresses are
checked; one of the checked addresses is dialled, while TLS and the Host header keep the name.
A resolver that gives another answer a moment later therefore changes nothing.

The connection also has an end: a limit on its whole life and on the bytes it may bring, below
HTTP, so that trickled headers count too.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from threading import Thread
from typing import Any, Final, TypeAlias

import httpcore
import httpx

from cutoutd.errors import ForbiddenAddress
from cutoutd.net.addresses import Address, Network, why_refused
from cutoutd.net.urls import parse_url

Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
"""(host, port) -> the addresses of a name, best first. Raises OSError if there are none."""

MAX_ADDRESSES_TRIED: Final = 4
_HEADER_BYTES: Final = 128 * 1024
_ANYWHERE: Final = (ip_network("0.0.0.0/0"), ip_network("::/0"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """What an outgoing call may reach, bring and take; seconds and bytes."""

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


def system_resolver(host: str, port: int) -> Sequence[str]:
    """All addresses that the system has for a name, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(httpcore.NetworkBackend):
    """Dials checked addresses only; every connection ends at `deadline` (monotonic seconds)."""

    def __init__(
        self, limits: FetchLimits, *, resolve: Resolve = system_resolver, deadline: float | None
    ) -> None:
        self._limits = limits
        self._resolve = resolve
        self._deadline = deadline
        self._dialer = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers, all of them having been permitted."""
        deadline = self._deadline or time.monotonic() + self._limits.total_s
        patience = min(timeout or self._limits.connect_s, _left(deadline))
        give_up = time.monotonic() + patience
        addresses = self._checked(host, port, patience)[:MAX_ADDRESSES_TRIED]
        for tries_left in range(len(addresses), 0, -1):
            try:
                stream = self._dialer.connect_tcp(
                    str(addresses[-tries_left]),
                    port,
                    timeout=_left(give_up) / tries_left,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if tries_left == 1:
                    raise
            else:
                return _BoundedStream(stream, deadline, self._limits.max_bytes + _HEADER_BYTES)
        raise httpcore.ConnectError("the name has no address")

    def _checked(self, host: str, port: int, patience: float) -> list[Address]:
        """The addresses of a host. Raises ForbiddenAddress if even one is not permitted."""
        names = _in_time(lambda: self._resolve(host, port), patience)
        addresses = [ip_address(name) for name in names]
        named = any(_covers(entry, host) for entry in self._limits.allow_hosts)
        networks = (*self._limits.allow_networks, *(_ANYWHERE if named else ()))
        for address in addresses:
            why = why_refused(address, networks)
            listed = any(address in network for network in networks)
            if why is None and not listed and port not in self._limits.ports:
                why = "port"
            if why is not None:
                raise ForbiddenAddress(why)
        return addresses


class GuardedTransport(httpx.BaseTransport):
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
        deadline: float | None = None,
    ) -> None:
        """deadline: monotonic seconds; None gives each connection `limits.total_s`."""
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(),
            max_connections=None,  # A receiver that hangs must not use up the others' turn.
            max_keepalive_connections=0,
            network_backend=GuardedBackend(limits, resolve=resolve, deadline=deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises ForbiddenAddress or httpx.TransportError."""
        parse_url(str(request.url))
        assert isinstance(request.stream, httpx.SyncByteStream)
        with _in_httpx_words(request):
            answer = self._pool.handle_request(
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

    def close(self) -> None:
        """Close what is still open."""
        self._pool.close()


def guarded_client(
    limits: FetchLimits, *, resolve: Resolve = system_resolver, tls: ssl.SSLContext | None = None
) -> httpx.Client:
    """A thread-safe httpx client for webhooks: guarded, no redirects, no proxy, no cookies kept.

    Raises ForbiddenAddress (from cutoutd.errors) beside httpx's own exceptions. An answer with
    more than `limits.max_bytes` ends in httpx.ReadError.
    """
    return httpx.Client(
        transport=GuardedTransport(limits, resolve=resolve, tls=tls),
        timeout=httpx.Timeout(limits.first_byte_s, connect=limits.connect_s),
        follow_redirects=False,
        trust_env=False,
    )


class _BoundedStream(httpcore.NetworkStream):
    """A connection that ends at a moment, and after so many bytes."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float, budget: int) -> None:
        self._stream = stream
        self._deadline = deadline
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._patience(timeout))
        self._budget -= len(data)
        if self._budget < 0:
            raise httpcore.ReadError("more bytes than agreed")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._patience(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secure = self._stream.start_tls(ssl_context, server_hostname, self._patience(timeout))
        return _BoundedStream(secure, self._deadline, self._budget)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _patience(self, timeout: float | None) -> float:
        left = _left(self._deadline)
        return left if timeout is None else min(left, timeout)


class _Body(httpx.SyncByteStream):
    """The body of an answer, whose failures speak httpx's words."""

    def __init__(self, answer: httpcore.Response, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        with _in_httpx_words(self._request):
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


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


def _in_time(look_up: Callable[[], Sequence[str]], patience: float) -> Sequence[str]:
    """Resolve within `patience` seconds: the system's resolver knows no limit of its own."""
    future: Future[Sequence[str]] = Future()

    def run() -> None:
        try:
            future.set_result(look_up())
        except (OSError, UnicodeError) as exc:
            future.set_exception(exc)

    Thread(target=run, name="resolve", daemon=True).start()
    try:
        return future.result(timeout=patience)
    except TimeoutError as exc:
        raise httpcore.ConnectTimeout("the name did not resolve in time") from exc
    except (OSError, UnicodeError) as exc:
        raise httpcore.ConnectError("the name does not resolve") from exc


def _covers(entry: str, host: str) -> bool:
    name = host.lower().rstrip(".")
    return name.endswith(entry) if entry.startswith(".") else name == entry


def _left(deadline: float) -> float:
    """Seconds until a moment; at least a little, so that a timeout of 0 is never taken as none."""
    return max(deadline - time.monotonic(), 0.001)
