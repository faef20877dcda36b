import gzip
import itertools
import socket
import ssl
import time
import tracemalloc
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_network

import pytest
import trustme
from tests.net.faulty_server import Answer, FaultyServer, ok, redirect, says, serve, silent
from tests.net.hostile import HOSTILE, resolve

from cutoutd.errors import ForbiddenAddress, SourceRejected, SourceUnreachable
from cutoutd.net.fetch import Fetcher
from cutoutd.net.limits import FetchLimits

TLS = ssl.create_default_context()
"""Shared: reading the certificates of the world takes longer than any test here."""
LOOPBACK = FetchLimits(
    allow_networks=(ip_network("127.0.0.0/8"),), connect_s=2.0, first_byte_s=0.4, total_s=2.0
)


def fetch(url: str, limits: FetchLimits = LOOPBACK) -> bytes:
    return Fetcher(limits, tls=TLS).fetch(url)


def fetch_from(answer: Answer, limits: FetchLimits = LOOPBACK) -> bytes:
    with serve(answer) as server:
        return fetch(server.url(), limits)


PAGES = {
    "text/html": b"\xef\xbb\xbf\n<!DOCTYPE html><title>Log in</title>",
    "text/html; charset=utf-8": b"<p>Log in",
    "application/xhtml+xml": b"<?xml version='1.0'?><html/>",
}


@pytest.mark.parametrize("kind", PAGES)
def test_a_web_page_instead_of_a_picture_is_said_to_be_one(kind: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nConnection: close\r\n\r\n" % kind.encode()
    with pytest.raises(SourceRejected) as refusal:
        fetch_from(says(head + PAGES[kind]))
    named = kind.partition(";")[0]
    said = f"the URL answered with a web page ({named}), not an image."
    assert refusal.value.message == f"127.0.0.1: {said}"
    assert refusal.value.reason == "not_an_image"


def test_an_apis_complaint_is_said_to_be_text() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    with pytest.raises(SourceRejected, match=r"with text \(application/json\), not an image"):
        fetch_from(says(head + b'{"error": "expired"}'))


@pytest.mark.parametrize("kind", [b"text/html", b"text/plain", b"application/json"])
def test_a_picture_may_call_itself_text(kind: bytes) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(100)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nConnection: close\r\n\r\n" % kind
    assert fetch_from(says(head + picture)) == picture


@pytest.fixture(scope="module")
def strict() -> Fetcher:
    return Fetcher(FetchLimits(connect_s=0.5), resolve=resolve, tls=TLS)


def test_the_table_of_hostile_urls_is_long_enough() -> None:
    assert len(HOSTILE) >= 120


@pytest.mark.parametrize(("url", "why"), HOSTILE.items())
def test_a_hostile_url_is_refused_for_its_reason(strict: Fetcher, url: str, why: str) -> None:
    with pytest.raises(ForbiddenAddress) as refusal:
        strict.fetch(url)
    assert refusal.value.why == why
    assert refusal.value.reason == "forbidden_address"


@pytest.mark.parametrize(("url", "why"), HOSTILE.items())
def test_a_redirect_to_a_hostile_url_is_never_followed(url: str, why: str) -> None:
    limits = replace(LOOPBACK, allow_networks=(ip_network("127.0.0.9/32"),))
    location = url.encode().decode("latin-1")
    with serve(redirect(location), address="127.0.0.9") as server:
        with pytest.raises((ForbiddenAddress, SourceUnreachable)) as refusal:
            Fetcher(limits, resolve=resolve, tls=TLS).fetch(server.url())
        assert len(server.requests) <= 1 + limits.max_redirects
        if isinstance(refusal.value, ForbiddenAddress):
            assert refusal.value.reason == "forbidden_address"


def test_a_body_arrives_whole() -> None:
    body = bytes(range(256)) * 1000
    assert fetch_from(ok(body)) == body


def test_a_49_mb_body_in_slow_chunks_arrives_whole() -> None:
    pieces = [bytes([n]) * 1_000_000 for n in range(49)]

    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in pieces:
            connection.sendall(b"%x\r\n" % len(piece) + piece[:1])
            time.sleep(0.01)
            connection.sendall(piece[1:] + b"\r\n")
        connection.sendall(b"0\r\n\r\n")

    limits = replace(LOOPBACK, max_bytes=50_000_000, total_s=20.0)
    assert fetch_from(trickle, limits) == b"".join(pieces)


def test_a_redirect_is_followed_and_each_hop_sends_its_own_host() -> None:
    with serve({"/cat": ok(b"cat")}) as target:
        with serve({"/": redirect("/again"), "/again": redirect(target.url("/cat"), 307)}) as first:
            assert fetch(first.url()) == b"cat"
            assert f"Host: 127.0.0.1:{first.port}".encode() in first.requests[1]
        assert f"Host: 127.0.0.1:{target.port}".encode() in target.requests[0]


def test_three_redirects_are_followed_and_the_fourth_is_not() -> None:
    answers = {f"/{n}": redirect(f"/{n + 1}") for n in range(4)} | {"/4": ok(b"cat")}
    with serve(answers) as server:
        assert fetch(server.url("/1")) == b"cat"
        with pytest.raises(SourceUnreachable, match="redirects too often"):
            fetch(server.url("/0"))


def test_a_redirect_loop_ends() -> None:
    with pytest.raises(SourceUnreachable, match="redirects too often"):
        fetch_from(redirect("/"))


def test_the_body_of_a_redirect_is_not_read() -> None:
    endless = itertools.repeat(b"x" * 65536)

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\n\r\n")
        for piece in endless:
            connection.sendall(piece)

    with pytest.raises(ForbiddenAddress):
        fetch_from(answer)


@contextmanager
def two_servers(answer: Answer) -> Iterator[tuple[FaultyServer, FaultyServer]]:
    """One on 127.0.0.2, playing the public internet, and one on the same port of 127.0.0.1."""
    with (
        serve(answer, address="127.0.0.2") as public,
        serve(ok(b"secret"), port=public.port) as inside,
    ):
        yield public, inside


def test_a_resolver_that_changes_its_mind_does_not_change_the_address_that_was_checked() -> None:
    answers = iter([["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1"]])
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    limits = replace(LOOPBACK, allow_networks=(ip_network("127.0.0.2/32"),))
    fetcher = Fetcher(limits, resolve=rebinding, tls=TLS)
    with two_servers(ok(b"public")) as (public, inside):
        assert fetcher.fetch(public.url(host="rebind.example")) == b"public"
        assert asked == ["rebind.example"]
        with pytest.raises(ForbiddenAddress):
            fetcher.fetch(public.url(host="rebind.example"))
        assert inside.requests == []


def test_a_name_is_judged_again_at_a_redirect_to_itself() -> None:
    answers = iter([["127.0.0.2"], ["127.0.0.1"]])
    limits = replace(LOOPBACK, allow_networks=(ip_network("127.0.0.2/32"),))
    fetcher = Fetcher(limits, resolve=lambda _host, _port: next(answers), tls=TLS)
    with two_servers(redirect("/inside")) as (public, inside):
        with pytest.raises(ForbiddenAddress):
            fetcher.fetch(public.url(host="rebind.example"))
        assert inside.requests == []


def test_an_allowed_host_may_be_private_on_any_port_but_not_a_metadata_address() -> None:
    limits = FetchLimits(allow_hosts=("minio", ".svc.example"), connect_s=1.0)
    with serve(ok(b"cat")) as server:
        fetcher = Fetcher(limits, resolve=lambda _host, _port: ["127.0.0.1"], tls=TLS)
        assert fetcher.fetch(server.url(host="minio")) == b"cat"
        assert fetcher.fetch(server.url(host="a.svc.example")) == b"cat"
        with pytest.raises(ForbiddenAddress):
            fetcher.fetch(server.url(host="svc.example.org"))
    fetcher = Fetcher(limits, resolve=lambda _host, _port: ["169.254.169.254"])
    with pytest.raises(ForbiddenAddress):
        fetcher.fetch("http://minio/")


def test_the_next_address_is_dialled_when_the_first_does_not_answer() -> None:
    with serve(ok(b"cat"), address="127.0.0.1") as server:
        fetcher = Fetcher(LOOPBACK, resolve=lambda _host, _port: ["127.0.0.7", "127.0.0.1"])
        assert fetcher.fetch(server.url(host="two.example")) == b"cat"


def test_tls_and_the_host_header_keep_the_name_while_the_checked_address_is_dialled() -> None:
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("cats.example").configure_cert(server_side)
    client_side = ssl.create_default_context()
    authority.configure_trust(client_side)
    with serve(ok(b"cat"), tls=server_side) as server:
        fetcher = Fetcher(LOOPBACK, resolve=lambda _host, _port: ["127.0.0.1"], tls=client_side)
        assert fetcher.fetch(server.url(host="cats.example", scheme="https")) == b"cat"
        assert server.server_names == ["cats.example"]
        assert f"Host: cats.example:{server.port}".encode() in server.requests[0]
        with pytest.raises(SourceUnreachable, match="no connection"):
            fetcher.fetch(server.url(host="dogs.example", scheme="https"))


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert fetch_from(ok(b"cat")) == b"cat"


@pytest.mark.parametrize("status", [204, 301, 400, 401, 403, 404, 429, 500, 503])
def test_another_status_than_200_is_named(status: int) -> None:
    answer = says(f"HTTP/1.1 {status} Nope\r\nContent-Length: 0\r\n\r\n".encode())
    with pytest.raises(SourceUnreachable, match=f"answered with status {status}"):
        fetch_from(answer)


def test_an_announced_body_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(SourceRejected) as refusal:
        fetch_from(says(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"))
    assert refusal.value.reason == "too_many_bytes"


@pytest.mark.parametrize("head", [b"", b"Content-Encoding: gzip\r\n"])
def test_an_unannounced_body_ends_at_the_limit_also_when_it_is_compressed(head: bytes) -> None:
    body = gzip.compress(bytes(2_000_001)) if head else bytes(2_000_001)
    with pytest.raises(SourceRejected) as refusal:
        fetch_from(
            says(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body),
            replace(LOOPBACK, max_bytes=2_000_000),
        )
    assert refusal.value.reason == "too_many_bytes"


def test_a_body_that_a_proxy_says_it_changed_is_a_body() -> None:
    answer = b"HTTP/1.1 203 Changed\r\nContent-Length: 3\r\nConnection: close\r\n\r\ncat"
    assert fetch_from(says(answer)) == b"cat"


def test_a_compressed_body_is_unpacked() -> None:
    assert fetch_from(ok(gzip.compress(b"cat" * 1000), "Content-Encoding: gzip")) == b"cat" * 1000


BOMB = gzip.compress(gzip.compress(gzip.compress(bytes(50_000_000))))


@pytest.mark.parametrize("encoding", ["gzip, gzip, gzip", "gzip,gzip", "br", "zstd", "br, gzip"])
def test_an_answer_that_we_could_only_unpack_without_a_bound_is_refused(encoding: str) -> None:
    with pytest.raises(SourceUnreachable, match=r"compressed its answer \("):
        fetch_from(ok(BOMB, f"Content-Encoding: {encoding}"))


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_is_unpacked_to_the_limit_and_no_further(encoding: str) -> None:
    zeros = bytes(400_000_000)
    body = gzip.compress(zeros, 1) if encoding == "gzip" else zlib.compress(zeros, 1)
    del zeros
    tracemalloc.start()
    with pytest.raises(SourceRejected) as refusal:
        fetch_from(
            ok(body, f"Content-Encoding: {encoding}"), replace(LOOPBACK, max_bytes=3_000_000)
        )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refusal.value.reason == "too_many_bytes"
    assert peak < 20_000_000


@pytest.mark.parametrize("word", ["aws-chunked", "utf-8", "identity", "", "none"])
def test_a_word_that_is_no_encoding_changes_nothing(word: str) -> None:
    assert fetch_from(ok(b"cat", f"Content-Encoding: {word}")) == b"cat"


def test_a_compressed_body_that_ends_too_soon_is_the_other_side_s_fault() -> None:
    with pytest.raises(SourceUnreachable, match="compressed"):
        fetch_from(ok(gzip.compress(b"cat" * 1000)[:-9], "Content-Encoding: gzip"))


def test_a_damaged_compressed_body_is_the_other_side_s_fault() -> None:
    with pytest.raises(SourceUnreachable, match="compressed"):
        fetch_from(ok(b"not gzip at all", "Content-Encoding: gzip"))


def test_an_empty_body_is_no_picture() -> None:
    with pytest.raises(SourceRejected) as refusal:
        fetch_from(ok(b""))
    assert refusal.value.reason == "empty"


@pytest.mark.parametrize(
    "answer",
    [
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf"),
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"),
        says(b""),
        says(b"SSH-2.0-OpenSSH_9.9\r\n"),
        says(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 1_000_000),
    ],
    ids=["short", "short chunk", "bad chunk", "nothing", "not HTTP", "endless header"],
)
def test_a_broken_answer_is_the_other_side_s_fault(answer: Answer) -> None:
    with pytest.raises(SourceUnreachable, match=r"127\.0\.0\.1"):
        fetch_from(answer)


def test_nobody_listening_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(SourceUnreachable, match="no connection"):
        fetch(f"http://127.0.0.1:{port}/")


def test_an_unknown_name_is_said() -> None:
    with pytest.raises(SourceUnreachable, match="no connection"):
        Fetcher(LOOPBACK, resolve=resolve, tls=TLS).fetch("http://nowhere.example/")


def took(limits: FetchLimits, answer: Answer) -> float:
    with serve(answer) as server:
        began = time.monotonic()
        with pytest.raises(SourceUnreachable, match="took too long"):
            fetch(server.url(), limits)
        return time.monotonic() - began


def test_a_silent_server_is_left_after_the_first_byte_limit() -> None:
    assert took(LOOPBACK, silent) < 1.5


def drip(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"X")
        time.sleep(0.05)


def test_headers_that_trickle_are_left_at_the_total_limit() -> None:
    assert took(replace(LOOPBACK, total_s=0.6), drip) < 1.5


def test_a_body_that_trickles_is_left_at_the_total_limit() -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        drip(connection)

    assert took(replace(LOOPBACK, total_s=0.6), answer) < 1.5


def test_a_resolver_that_hangs_is_left_at_the_connect_limit() -> None:
    def hang(host: str, port: int) -> Sequence[str]:
        time.sleep(1.5)
        return ["127.0.0.1"]

    began = time.monotonic()
    with pytest.raises(SourceUnreachable, match="took too long"):
        Fetcher(replace(LOOPBACK, connect_s=0.2), resolve=hang).fetch("http://slow.example/")
    assert time.monotonic() - began < 1.0
