"""`python -m tests.fuzz.review`: the attacks of the review of 2026-11-28, and what they cost now.

`PYTHONPATH=<another tree>/src` tries another version. Each line has a server of its own.
"""

import gzip
import json
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
from tests.fuzz.costs import HEADS, MODELSLAB
from tests.fuzz.stopwatch import Reading, watched
from tests.running import Running, running_process
from tests.scenes import ball, encoded

KEY = "the-key-of-somebody-who-pays"
FORM = b'--XX\r\nContent-Disposition: form-data; name="url-"\r\n\r\n%s\r\n--XX--\r\n'
PUNYCODE = "multipart/form-data; boundary=XX; charset=punycode"
PATIENCE_S = 90


@contextmanager
def server(**settings: str) -> Iterator[Running]:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_process(Path(folder) / "data", **settings) as running,
    ):
        yield running


def said(answer: httpx.Response) -> str:
    return f"{answer.status_code} {answer.text[:70]!r}"


def weighed(running: Running, act: Callable[[], str]) -> tuple[Reading, str]:
    with watched(running.base, running.process.pid) as seen:
        try:
            words = act()
        except httpx.HTTPError as error:
            words = type(error).__name__
    return seen, words


def posted(running: Running, path: str, **body: object) -> Callable[[], str]:
    return lambda: said(httpx.post(running.base + path, timeout=PATIENCE_S, **body))  # type: ignore[arg-type]


def line_of(running: Running) -> socket.socket:
    port = int(running.base.rpartition(":")[2])
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)


def raw(running: Running, request: bytes) -> str:
    with line_of(running) as wire:
        with suppress(OSError):
            wire.sendall(request)
        with suppress(OSError):
            return wire.recv(4096)[:60].decode("latin-1").partition("\r\n")[0]
    return "cut off"


def empty_key_file() -> tuple[Reading, str]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "keys.toml"
        digest = sha256(KEY.encode()).hexdigest()
        file.write_text(f'[[keys]]\nclient = "shop"\nsha256 = "{digest}"\n')
        with server(api_keys_file=str(file)) as running:
            before = httpx.get(f"{running.base}/v1/models").status_code
            file.write_text("")
            time.sleep(5)
            after = httpx.get(f"{running.base}/v1/models").status_code
            return Reading(), f"without a key {before}, with an empty file {after}"


def punycode_form() -> tuple[Reading, str]:
    body = FORM % (b"x-" + "x€".encode("punycode").split(b"-")[1] + b"a" * 200_000)
    with server(api_keys=KEY) as running:
        headers = {"Content-Type": PUNYCODE}
        return weighed(running, posted(running, MODELSLAB, content=body, headers=headers))


def bomb_of_a_host() -> tuple[Reading, str]:
    bomb = gzip.compress(gzip.compress(bytes(1_000_000_000), 1))

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip, gzip")
            self.send_header("Content-Length", str(len(bomb)))
            self.end_headers()
            self.wfile.write(bomb)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    host = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    Thread(target=host.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{host.server_address[1]}/g"
    with server() as running:
        found = weighed(running, posted(running, "/v1/remove-background", json={"image": url}))
    host.shutdown()
    return found


def empty_idempotency_key() -> tuple[Reading, str]:
    with server() as running:
        ids = [
            httpx.post(
                f"{running.base}/v1/jobs",
                content=encoded(ball(64, size), "PNG"),
                headers={"Idempotency-Key": ""},
            ).json()["id"]
            for size in (48, 50)
        ]
        return Reading(), f"two images are {len(set(ids))} job(s)"


def field(value: object) -> tuple[Reading, str]:
    with server() as running:
        return weighed(running, posted(running, MODELSLAB, json={"init_image": value}))


def long_head() -> tuple[Reading, str]:
    with server(api_keys=KEY) as running:
        return weighed(running, lambda: raw(running, HEADS["head: fields"](30_000_000)))


def announced_bodies() -> tuple[Reading, str]:
    picture = encoded(ball(64, 48), "PNG")
    with server(api_keys=KEY, memory_mb="1000") as running, ExitStack() as stack:
        for size in (*(34_000_000,) * 8, *(34_000_000 >> halved for halved in range(1, 20))):
            head = f"POST {MODELSLAB} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}"
            stack.enter_context(line_of(running)).sendall(f"{head}\r\n\r\nx".encode())
        time.sleep(0.5)
        headers = {"X-Api-Key": KEY}
        return weighed(running, posted(running, "/v1/jobs", content=picture, headers=headers))


def rebinding() -> tuple[Reading, str]:
    with server() as running:
        there = httpx.get(f"{running.base}/v1/operate/overview", headers={"Host": "evil.example"})
        across = httpx.post(
            f"{running.base}/v1/jobs",
            content=json.dumps({"image": "http://127.0.0.1:9/a"}),
            headers={"Origin": "https://evil.example", "Content-Type": "text/plain"},
        )
        return Reading(), f"Host {there.status_code}, Origin {across.status_code}"


def slow_bodies() -> tuple[Reading, str]:
    head = f"POST {MODELSLAB} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx"
    with server(api_keys=KEY, max_connections="30") as running, ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(line_of(running)).sendall(head.encode())
        time.sleep(0.5)
        first = httpx.get(f"{running.base}/livez").status_code
        began = time.monotonic()
        while httpx.get(f"{running.base}/v1/models").status_code == 503:
            time.sleep(0.5)
            if time.monotonic() - began > 60:
                break
        return (
            Reading(),
            f"/livez {first}; places free again after {time.monotonic() - began:.0f} s",
        )


def forged_line() -> tuple[Reading, str]:
    with server() as running:
        httpx.get(f"{running.base}/x%0aFORGED%1b[31mred")
        lines = running.log.read_text().split("\n")
        return Reading(), f"a line of its own: {any(one.startswith('FORGED') for one in lines)}"


def told_to_strangers() -> tuple[Reading, str]:
    with server(api_keys=KEY) as running:
        health = httpx.get(f"{running.base}/v1/health").json()
        ready = httpx.get(f"{running.base}/readyz").json()
        return Reading(), f"version {health['version']}, checks {sorted(ready.get('checks', {}))}"


def hosts_and_accept() -> tuple[Reading, str]:
    with server() as running:
        none = raw(running, b"GET /livez HTTP/1.1\r\n\r\n")
        two = raw(running, b"GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n")
        accept = HEADS["head: Accept"](9_000_000)
        seen, words = weighed(running, lambda: raw(running, accept))
        return seen, f"no Host: {none}; two: {two}; a million Accept items: {words}"


ROWS: dict[str, Callable[[], tuple[Reading, str]]] = {
    "1 empty key file": empty_key_file,
    "2 charset=punycode, 200 kB, no key": punycode_form,
    "3 gzip, gzip from a source host": bomb_of_a_host,
    "4 empty Idempotency-Key": empty_idempotency_key,
    "5 40 kB of space as an image": lambda: field("a" + " " * 40_000 + "b"),
    "6 1.2 MB list as an image": lambda: field([0] * 400_000),
    "7 30 MB of header fields, no key": long_head,
    "8 announced bodies, no key": announced_bodies,
    "10 Host and Origin of a foreign page": rebinding,
    "18 thirty bodies of one byte": slow_bodies,
    "24 line break in a path": forged_line,
    "28 told without a key": told_to_strangers,
    "30 Host, and Accept": hosts_and_accept,
}


def main() -> None:
    sys.stdout.write("| attack | /livez stood still | memory | answer |\n|---|---|---|---|\n")
    for name, attack in ROWS.items():
        seen, words = attack()
        still = f"{seen.still_s:.2f} s" if seen.still_s else ""
        memory = f"{seen.memory_bytes / 1e6:.0f} MB" if seen.still_s else ""
        sys.stdout.write(f"| {name} | {still} | {memory} | {words} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
