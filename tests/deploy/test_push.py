"""tools/push_chart, with a registry that keeps what it is given."""

import hashlib
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.deploy.chart import CHART, helm, helm_program

from cutoutd import __version__

ROOT = Path(__file__).parents[2]


class Registry(BaseHTTPRequestHandler):
    """As much of the OCI distribution specification as a push and a pull need."""

    kept: dict[str, tuple[bytes, str]]

    def log_message(self, *_: object) -> None: ...

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def find(self) -> tuple[bytes, str, str] | None:
        name = self.path.rsplit("/", 1)[-1]
        if name not in self.kept:
            return None
        body, kind = self.kept[name]
        return body, kind, f"sha256:{hashlib.sha256(body).hexdigest()}"

    def do_HEAD(self) -> None:
        if (found := self.find()) is None:
            return self.answer(404)
        body, kind, digest = found
        length = str(len(body))
        return self.answer(
            200, Content_Type=kind, Docker_Content_Digest=digest, Content_Length=length
        )

    def do_GET(self) -> None:
        if (found := self.find()) is None:
            return self.answer(404)
        body, kind, digest = found
        return self.answer(200, body, Content_Type=kind, Docker_Content_Digest=digest)

    def do_POST(self) -> None:
        self.answer(202, Location=f"{urlsplit(self.path).path}1")

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        address = urlsplit(self.path)
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        kind = self.headers.get("Content-Type", "application/octet-stream")
        asked = parse_qs(address.query).get("digest", [digest])[0]
        assert asked == digest
        for name in (digest, address.path.rsplit("/", 1)[-1]):
            self.kept[name] = (body, kind)
        self.answer(201, Location=address.path, Docker_Content_Digest=digest)


@contextmanager
def registry() -> Iterator[str]:
    kept: dict[str, tuple[bytes, str]] = {}
    handler = type("Keeping", (Registry,), {"kept": kept})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_the_chart_that_was_pushed_is_the_one_that_is_pulled(tmp_path: Path) -> None:
    packed = helm("package", CHART, "--destination", tmp_path / "build" / "chart")
    assert packed.returncode == 0, packed.stderr
    (tmp_path / "tools").mkdir()
    script = tmp_path / "tools" / "push_chart"
    script.write_text((ROOT / "tools" / "push_chart").read_text())
    path = f"{Path(helm_program()).parent}{os.pathsep}{os.environ['PATH']}"
    with registry() as host:
        address = f"oci://{host}/charts"
        pushed = subprocess.run(
            ["bash", script, address, "--plain-http"],
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert re.fullmatch(r"digest=sha256:[0-9a-f]{64}\n", pushed.stdout), pushed.stderr
        wanted = ["--version", __version__, "--plain-http", "--destination", tmp_path]
        pulled = helm("pull", f"{address}/cutoutd", *wanted)
        assert pulled.returncode == 0, pulled.stderr
    (archive,) = tmp_path.glob("*.tgz")
    (sent,) = (tmp_path / "build" / "chart").glob("*.tgz")
    assert archive.read_bytes() == sent.read_bytes()
