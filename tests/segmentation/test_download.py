"""`download` against a real HTTP server that misbehaves on purpose."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from cutoutd.segmentation.download import DownloadFailed, download

CONTENT = bytes(range(256)) * 2000
CHECKSUM = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
QUICK = httpx.Timeout(5.0, read=0.3)

Answer = Callable[[BaseHTTPRequestHandler, int], None]
"""What the server does with the n-th request (from 1)."""


@contextmanager
def a_server(answer: Answer) -> Iterator[str]:
    count = 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            nonlocal count
            count += 1
            self.close_connection = True
            answer(self, count)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/weights.onnx"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def start_of(request: BaseHTTPRequestHandler) -> int:
    return int(request.headers.get("Range", "bytes=0-")[6:-1])


def send(
    request: BaseHTTPRequestHandler,
    body: bytes,
    *,
    status: int = 200,
    length: int | None = None,
    **headers: str,
) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.send_header("Connection", "close")
    request.send_header("Content-Length", str(len(body) if length is None else length))
    request.end_headers()
    request.wfile.write(body)


def honest(request: BaseHTTPRequestHandler, _: int) -> None:
    start = start_of(request)
    if start:
        span = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
        send(request, CONTENT[start:], status=206, Content_Range=span)
    else:
        send(request, CONTENT)


def cuts_off_twice(request: BaseHTTPRequestHandler, count: int) -> None:
    start = start_of(request)
    if count > 2:
        return honest(request, count)
    span = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    status = 206 if start else 200
    rest = len(CONTENT) - start
    return send(
        request, CONTENT[start : start + 9999], status=status, length=rest, Content_Range=span
    )


def stalls_once(request: BaseHTTPRequestHandler, count: int) -> None:
    if count > 1:
        return honest(request, count)
    send(request, CONTENT[:5000], length=len(CONTENT))
    request.rfile.read(1)  # Until the client gives up and closes.
    return None


def ignores_ranges(request: BaseHTTPRequestHandler, count: int) -> None:
    if count == 1:
        send(request, CONTENT[:5000], length=len(CONTENT))
    else:
        send(request, CONTENT)


@pytest.mark.parametrize("answer", [honest, cuts_off_twice, stalls_once, ignores_ranges])
def test_the_file_arrives_whole(answer: Answer, tmp_path: Path) -> None:
    with a_server(answer) as url:
        download([url], tmp_path / "w.onnx", checksum=CHECKSUM, timeout=QUICK)
    assert (tmp_path / "w.onnx").read_bytes() == CONTENT
    assert [p.name for p in tmp_path.iterdir()] == ["w.onnx"]


def stalls_always(request: BaseHTTPRequestHandler, _: int) -> None:
    request.rfile.read(1)


def cuts_off_always(request: BaseHTTPRequestHandler, _: int) -> None:
    send(request, b"", length=len(CONTENT))


def promises_less(request: BaseHTTPRequestHandler, _: int) -> None:
    send(request, CONTENT, length=len(CONTENT) - 1)


def wrong_file(request: BaseHTTPRequestHandler, _: int) -> None:
    send(request, CONTENT[::-1])


def web_page(request: BaseHTTPRequestHandler, _: int) -> None:
    send(request, b"<html>Please sign in</html>", Content_Type="text/html")


def missing(request: BaseHTTPRequestHandler, _: int) -> None:
    send(request, b"no", status=404)


def broken(request: BaseHTTPRequestHandler, _: int) -> None:
    send(request, b"no", status=500)


def another_range(request: BaseHTTPRequestHandler, count: int) -> None:
    if count == 1:
        send(request, CONTENT[:5000], length=len(CONTENT))
    else:
        send(request, CONTENT[7:], status=206, Content_Range=f"bytes 7-{len(CONTENT)}/x")


def redirects_for_ever(request: BaseHTTPRequestHandler, _: int) -> None:
    send(request, b"", status=302, Location="/again")


def speaks_no_http(request: BaseHTTPRequestHandler, _: int) -> None:
    request.wfile.write(b"\x00\x01 hello")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (stalls_always, "timed out"),
        (cuts_off_always, "closed connection"),
        (promises_less, "wrong file"),
        (wrong_file, CHECKSUM),
        (web_page, "wrong file"),
        (missing, "404"),
        (broken, "500"),
        (another_range, "another range"),
        (redirects_for_ever, "redirects"),
        (speaks_no_http, "illegal"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(answer: Answer, reason: str, tmp_path: Path) -> None:
    with a_server(answer) as url, pytest.raises(DownloadFailed, match=reason):
        download([url], tmp_path / "w.onnx", checksum=CHECKSUM, timeout=QUICK)
    assert list(tmp_path.iterdir()) == []


def test_a_refused_download_leaves_an_older_file_alone(tmp_path: Path) -> None:
    (tmp_path / "w.onnx").write_bytes(b"older")
    with a_server(wrong_file) as url, pytest.raises(DownloadFailed):
        download([url], tmp_path / "w.onnx", checksum=CHECKSUM)
    assert (tmp_path / "w.onnx").read_bytes() == b"older"


def test_a_mirror_that_fails_is_followed_by_the_next_address(tmp_path: Path) -> None:
    with a_server(wrong_file) as bad, a_server(honest) as good:
        download([bad, good], tmp_path / "w.onnx", checksum=CHECKSUM)
    assert (tmp_path / "w.onnx").read_bytes() == CONTENT


def test_what_a_killed_process_left_is_continued(tmp_path: Path) -> None:
    (tmp_path / "w.onnx.part").write_bytes(CONTENT[:123_456])
    starts: list[int] = []

    def watch(request: BaseHTTPRequestHandler, count: int) -> None:
        starts.append(start_of(request))
        honest(request, count)

    with a_server(watch) as url:
        download([url], tmp_path / "w.onnx", checksum=CHECKSUM)
    assert starts == [123_456]
    assert (tmp_path / "w.onnx").read_bytes() == CONTENT


def test_what_was_left_of_another_file_is_fetched_anew(tmp_path: Path) -> None:
    (tmp_path / "w.onnx.part").write_bytes(b"an older release")
    with a_server(honest) as url:
        download([url], tmp_path / "w.onnx", checksum=CHECKSUM)
    assert (tmp_path / "w.onnx").read_bytes() == CONTENT


def test_a_finished_part_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "w.onnx.part").write_bytes(CONTENT)
    with a_server(lambda request, _: send(request, b"", status=416)) as url:
        download([url], tmp_path / "w.onnx", checksum=CHECKSUM)
    assert (tmp_path / "w.onnx").read_bytes() == CONTENT


def test_progress_counts_to_the_length_the_server_gave(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    with a_server(honest) as url:
        download(
            [url],
            tmp_path / "w.onnx",
            checksum=CHECKSUM,
            progress=lambda done, total: seen.append((done, total)),
        )
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert sorted(seen) == seen
